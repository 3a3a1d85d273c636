import Recipes
import Reporting
import RunStore
import Runtime

/// `filterscope report`: makes a finished run's page anew and prints its figures; with several runs, a page that compares them.
enum ReportCommand {
    private static let page = CommandOption.text("page", "FILE.html", "with several runs: where their comparison goes; comparison.html unless given")

    static let description = CommandDescription(
        name: "report", summary: "make a finished run's report.html and pages of filters anew, or one page that compares several runs",
        positionals: [Positional("RUN", "a run's directory; several are compared", isOptional: true, isRepeatable: true)],
        options: [SharedOptions.run, page, CommandFlag("json", "only print the run's summary or the comparison, as JSON")],
        example: "filterscope report runs/fashion-demo-20260101-120000",
        notes: [
            "Prints accuracy, layer figures and verdicts, too. Without RUN and --run: the latest run under runs/.",
            "Several runs: filterscope report runs/one runs/other --page comparison.html. It says so where they cannot be compared.",
        ]
    ) { arguments in
        var paths = arguments.positionals
        if let run = arguments.value(SharedOptions.run) {
            guard paths.isEmpty else { throw arguments.usageError("RUN and --run exclude each other", remedy: "name all runs without --run") }
            paths = [run]
        }
        guard paths.count < 2 else { return try compare(paths, arguments) }
        guard !arguments.hasValue(page.name) else {
            throw arguments.usageError("--page is for several runs", remedy: "a single run's page is report.html in its directory")
        }
        let directory = try RunDirectory.open(path: paths.first)
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

    private static func compare(_ paths: [String], _ arguments: ParsedArguments) throws -> ExitCode {
        guard paths.count <= ComparedRun.most else {
            throw arguments.usageError("\(paths.count) runs are too many for one page", remedy: "name at most \(ComparedRun.most)")
        }
        let runs = try paths.enumerated().map { try ComparedRun(place: $0, from: RunDirectory.open(path: $1)) }
        if arguments.has(SharedOptions.json) {
            StandardOutput.write(try jsonText(ComparisonDocument(runs)))
            return .done
        }
        let path = arguments.value(page) ?? "comparison.html"
        try ComparisonPage.write(runs, to: path)
        StandardOutput.write(ComparisonText.text(runs, page: path))
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
