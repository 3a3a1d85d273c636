/// The comparison on a terminal.
public enum ComparisonText {
    public static func text(_ runs: [ComparedRun], page: String) -> String {
        var lines = runs.map { run in
            "\(run.letter)  \(run.path): \(NumberText.percent(run.summary.testAccuracy)), \(run.summary.model), weights \(run.summary.weightsSHA256.prefix(12))"
        }
        let comparability = Comparability(runs)
        lines.append("")
        lines.append(comparability.isComparable ? "comparable: same data, same labels" : "NOT comparable")
        lines += (comparability.obstacles + comparability.cautions).map { "  - " + $0 }
        let differences = RecipeDifferences(runs)
        lines.append("")
        lines.append("recipes: \(differences.rows.count) fields differ, \(differences.agreeing) are the same")
        for row in differences.rows { lines.append("  \(row.name): " + row.values.map { $0 ?? "–" }.joined(separator: " | ")) }
        return (lines + ["", "page: \(page)"]).map(TextColumns.printable).joined(separator: "\n") + "\n"
    }
}
