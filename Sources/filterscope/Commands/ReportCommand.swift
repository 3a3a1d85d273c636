import Foundation
import Reporting
import RunStore
import Runtime

/// `filterscope report`: the figures of a finished run.
enum ReportCommand {
    static let description = CommandDescription(
        name: "report", summary: "print a finished run's accuracy, layer figures and verdicts",
        options: [SharedOptions.run, CommandFlag("json", "the run's summary as JSON")],
        example: "filterscope report --run runs/fashion-demo-20260101-120000",
        notes: ["Without --run: the latest run under runs/."]
    ) { arguments in
        let directory = try RunDirectory.open(path: arguments.value(SharedOptions.run))
        let summary = try RunSummary.load(path: directory.result("summary.json"))
        if arguments.has(SharedOptions.json) {
            StandardOutput.write(try jsonText(summary))
            return .done
        }
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
        if FileManager.default.fileExists(atPath: directory.reportPath) { lines.append("Report     \(directory.reportPath)") }
        return lines.map { $0 + "\n" }.joined() + "\n" + LayerTable.text(summary.layers) + "\n"
            + ClaimTable.text(summary.claims, colored: StandardOutput.style.colored)
    }

    private static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
}
