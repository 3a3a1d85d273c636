import Foundation
import Reporting
import RunStore

/// What a run says on standard output when it is done: accuracy, the table of layers, the verdicts, and where to look.
enum RunOutcomeText {
    static func show(_ summary: RunSummary, directory: RunDirectory) {
        let style = TerminalStyle.of(descriptor: 1)
        var text = ""
        if let accuracy = summary.testAccuracy {
            text += "Test accuracy \(String(format: "%.4f", accuracy))"
            if let top5 = summary.testTop5Accuracy { text += ", top-5 \(String(format: "%.4f", top5))" }
            text += ": \(summary.model) on \(summary.dataset), \(Int(summary.wallSeconds.rounded())) s\n\n"
        }
        text += LayerTable.text(summary.layers) + "\n"
        text += ClaimTable.text(summary.claims, colored: style.colored) + "\n"
        text += """
            weights sha256  \(summary.weightsSHA256)
            report          \(directory.reportPath)
            figures         \(directory.resultsPath)/summary.json, layers.csv, filters.csv, clusters.csv, metrics.csv
            everything      \(directory.journalPath) (SQLite)

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
