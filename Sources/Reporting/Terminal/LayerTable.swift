import Mechanism

/// The figures of every layer as plain text for 80 columns.
public enum LayerTable {
    /// - Returns: a heading line and one line per layer, each ended by a line feed.
    public static func text(_ rows: [LayerRow]) -> String {
        var cells = [["layer", "accuracy", "N_c", "C_s", "noise", "internal", "external", "SNR", "silent"]]
        for row in rows {
            cells.append([
                TextColumns.truncated(TextColumns.printable(row.layer), to: 14), NumberText.percent(row.accuracy),
                NumberText.fixed(row.meanClustersPerFilter, 2), NumberText.fixed(row.meanClusterSize, 2),
                NumberText.short(row.meanNoise), NumberText.short(row.meanInternalNoise), NumberText.short(row.meanExternalNoise),
                NumberText.ratio(row.signalToNoise), "\(row.silentFilters)/\(row.filters)",
            ])
        }
        let alignment: [TextColumns.Alignment] = [.left] + Array(repeating: .right, count: 8)
        return TextColumns.lines(cells, alignment: alignment).map { $0 + "\n" }.joined()
    }
}

/// The verdicts as plain text for 80 columns.
public enum ClaimTable {
    /// - Parameter colored: whether verdicts carry terminal colours.
    public static func text(_ claims: [Claim], colored: Bool = false) -> String {
        var lines: [String] = []
        for claim in claims {
            var verdict = claim.verdict.name
            if colored {
                let code = switch claim.verdict { case .upheld: "32"; case .notUpheld: "31"; case .notTested: "33" }
                verdict = "\u{1B}[\(code)m\(verdict)\u{1B}[0m"
            }
            lines.append("Claim \(claim.number), \(claim.name): \(verdict)")
            lines += TextColumns.wrapped(claim.statement, width: 78).map { "  " + $0 }
            if case .notTested(let missing) = claim.verdict {
                lines += TextColumns.wrapped("missing: " + missing, width: 78).map { "  " + $0 }
            }
            for figure in claim.figures {
                let bound = figure.threshold.map { " (at least \(NumberText.bound($0)) asked)" } ?? ""
                lines.append("  \(figure.name): \(NumberText.fixed(figure.value, 3))\(bound)")
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
