import Recipes
import Reporting
import RunStore
import Runtime

/// `filterscope report`: makes a finished run's page anew and prints its figures.
enum ReportCommand {
    static let description = CommandDescription(
        name: "report", summary: "make a finished run's report.html and pages of filters anew, and print its accuracy, layer figures and verdicts",
        options: [SharedOptions.run, CommandFlag("json", "only print the run's summary, as JSON")],
        example: "filterscope report --run runs/fashion-demo-20260101-120000",
        notes: ["Without --run: the latest run under runs/."]
    ) { arguments in
        let directory = try RunDirectory.open(path: arguments.value(SharedOptions.run))
        if let document = try finishedSweep(in: directory) { return try sweep(document, directory, arguments) }
        let summary = try RunSummary.load(path: directory.result("summary.json"))
        if arguments.has(SharedOptions.json) {
            StandardOutput.write(try jsonText(summary))
            return .done
        }
        let recipe = try Recipe(json: try directory.readRecipe(), file: directory.recipePath)
        try RunReport.write(in: directory, filtersPerLayer: recipe.report.chosenFilters)
        StandardOutput.write(SummaryText.text(summary, directory: directory, colored: StandardOutput.style.colored))
        return .done
    }

    private static func sweep(_ document: SweepDocument, _ directory: RunDirectory, _ arguments: ParsedArguments) throws -> ExitCode {
        if arguments.has(SharedOptions.json) {
            StandardOutput.write(try jsonText(document))
            return .done
        }
        try SweepReport.write(document, to: directory.reportPath)
        StandardOutput.write(SweepText.text(document, directory: directory, colored: StandardOutput.style.colored))
        return .done
    }
}
