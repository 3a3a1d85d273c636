import Foundation
import RunStore

/// What a run ends with, as plain text for 80 columns: accuracy, the table of layers, the verdicts, and where to look.
public enum SummaryText {
    /// - Parameter colored: whether verdicts carry terminal colours.
    public static func text(_ summary: RunSummary, directory: RunDirectory, colored: Bool = false) -> String {
        var lines = [
            "Run        \(directory.path) (\(summary.recipe))",
            "Network    \(summary.model)",
            "Data set   \(summary.dataset)",
            "Accuracy   " + (summary.testAccuracy.map { "\(percent($0)) of the test split" } ?? "not given")
                + (summary.testTop5Accuracy.map { ", top-5 \(percent($0))" } ?? ""),
            "Weights    sha256 \(summary.weightsSHA256)",
            "Duration   \(String(format: "%.0f", summary.wallSeconds)) s",
        ]
        if let damaged = summary.damagedSamples, damaged > 0 {
            lines.append("Damaged    \(damaged) \(damaged == 1 ? "sample" : "samples") left out; the log names them")
        }
        if let others = summary.otherKernels, !others.isEmpty {
            lines.append("Kernels    mixed: last bits are not reproducible; also took part: \(others.joined(separator: "; "))")
        }
        if let headPool = summary.headPool { lines.append("Heads      over maps average-pooled to \(headPool)x\(headPool)") }
        lines.append("Report     \(directory.reportPath)")
        return lines.map { $0 + "\n" }.joined() + "\n"
            + (summary.layers.isEmpty ? "The network has no filters: there is nothing to say layer by layer.\n" : LayerTable.text(summary.layers)) + "\n"
            + ClaimTable.text(summary.claims, colored: colored)
    }

    private static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
}
