import Mechanism
import RunStore

/// A sweep's results for a terminal.
public enum SweepText {
    /// One point on a line.
    public static func line(_ point: SweepDocument.Point) -> String {
        "\(point.labels) labels, seed \(point.seed): accuracy \(NumberText.fixed(point.testAccuracy, 4)), "
            + "\(NumberText.fixed(point.wallSeconds, 0)) s"
    }

    public static func text(_ document: SweepDocument, directory: RunDirectory, colored: Bool) -> String {
        var rows = [["labels", "seed", "accuracy", "N_c", "C_s", "noise", "SNR"]]
        for point in document.points {
            rows.append([
                "\(point.labels)", "\(point.seed)", NumberText.fixed(point.testAccuracy, 4), number(point.meanClustersPerFilter),
                number(point.meanClusterSize), number(point.meanNoise), ratio(point.signalToNoise),
            ])
        }
        let table = TextColumns.lines(rows, alignment: [TextColumns.Alignment](repeating: .right, count: 7)).joined(separator: "\n")
        var text = "\(document.model) on \(document.dataset), filters of \(document.layer)\n\n\(table)\n"
        if let error = document.fits?.error {
            text += "\nerror = \(NumberText.fixed(error.intercept, 4)) + \(NumberText.fixed(error.slope, 5)) K"
                + " (slope's 95 % interval \(NumberText.fixed(error.slopeInterval.lower, 5)) to \(NumberText.fixed(error.slopeInterval.upper, 5));"
                + " R2 \(NumberText.fixed(error.rSquared, 3)))\n"
        }
        return text + "\n" + ClaimTable.text(document.claims, colored: colored) + "\nreport: \(directory.reportPath)\n"
    }

    static func number(_ value: Double?) -> String { value.map { NumberText.fixed($0, 2) } ?? "-" }

    static func ratio(_ value: SignalToNoise) -> String {
        switch value {
        case .ratio(let ratio): NumberText.fixed(ratio, 2)
        case .noNoise: "no noise"
        case .undefined: "undefined"
        }
    }
}
