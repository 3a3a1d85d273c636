import Diagnostics
import Foundation
import Recipes
import Reporting
import RunStore
import Runtime

/// `filterscope report`: makes a finished run's page anew and prints its figures.
enum ReportCommand {
    static let description = CommandDescription(
        name: "report", summary: "make a finished run's report.html anew, and print its accuracy, layer figures and verdicts",
        options: [SharedOptions.run, CommandFlag("json", "only print the run's summary, as JSON")],
        example: "filterscope report --run runs/fashion-demo-20260101-120000",
        notes: ["Without --run: the latest run under runs/."]
    ) { arguments in
        let directory = try RunDirectory.open(path: arguments.value(SharedOptions.run))
        let summary = try RunSummary.load(path: directory.result("summary.json"))
        if arguments.has(SharedOptions.json) {
            StandardOutput.write(try jsonText(summary))
            return .done
        }
        let recipe = try Recipe(json: try directory.readRecipe(), file: directory.recipePath)
        let input = try ReportInput.load(from: directory, filtersPerLayer: recipe.report.chosenFilters)
        try ReportDocument.write(input, to: directory.reportPath)
        StandardOutput.write(text(summary, directory))
        return .done
    }

    private static func text(_ summary: RunSummary, _ directory: RunDirectory) -> String {
        var lines = [
            "Run        \(directory.path) (\(summary.recipe))",
            "Network    \(summary.model) on \(summary.dataset), \(summary.labels) labels",
            "Accuracy   " + (summary.testAccuracy.map { "\(percent($0)) of the test split" } ?? "not given")
                + (summary.testTop5Accuracy.map { ", top-5 \(percent($0))" } ?? ""),
            "Weights    sha256 \(summary.weightsSHA256)",
            "Duration   \(String(format: "%.0f", summary.wallSeconds)) s",
        ]
        if let headPool = summary.headPool { lines.append("Heads      over maps average-pooled to \(headPool)x\(headPool)") }
        lines.append("Report     \(directory.reportPath)")
        return lines.map { $0 + "\n" }.joined() + "\n" + LayerTable.text(summary.layers) + "\n"
            + ClaimTable.text(summary.claims, colored: StandardOutput.style.colored)
    }

    private static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
}
