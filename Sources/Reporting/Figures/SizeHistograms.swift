/// Small histograms of cluster sizes, one per layer, on common axes.
struct SizeHistograms: Drawable {
    let layers: [LayerRow]
    let title = "Histograms of cluster sizes"
    private let columns = 5

    var data: String {
        var csv = CSV(header: ["layer", "size", "clusters"])
        for layer in layers {
            for (index, count) in layer.clusterSizeCounts.enumerated() { csv.append([layer.layer, "\(index + 1)", "\(count)"]) }
        }
        return csv.text
    }

    func script(_ format: PictureFormat) -> String {
        // Sizes above the one that covers 99 % of every layer's clusters go into the last bar.
        let cap = max(4, layers.map { Self.coveringSize($0.clusterSizeCounts, share: 0.99) }.max() ?? 1)
        let shares = layers.map { Self.shares($0.clusterSizeCounts, cap: cap) }
        let highest = shares.flatMap { $0 }.max() ?? 1
        let rows = (layers.count + columns - 1) / columns
        let step = max(1, (cap + 5) / 6)
        let marks = stride(from: 1, through: cap, by: step).map { size -> String in
            let last = size == cap && layers.contains { $0.clusterSizeCounts.count > cap }
            return "'\(size)\(last ? "+" : "")' \(size)"
        }
        var lines = [
            format.terminal(width: 1060, height: rows * 170 + 10, fontSize: 11),
            "set encoding utf8",
            "set multiplot layout \(rows),\(columns) margins 0.035,0.995,\(0.18 / Double(rows)),\(1 - 0.14 / Double(rows)) spacing 0.03,\(0.4 / Double(rows))",
            "set border 1 lc rgb '#9aa5b1' lw 1",
            "set tics nomirror out scale 0.4 textcolor rgb '#52606d'",
            "set grid ytics lc rgb '#e4e7eb' lw 1 dt 1",
            "set style fill solid 1 noborder",
            "set boxwidth 0.8",
            "set xrange [0.4:\(Double(cap) + 0.6)]",
            "set yrange [0:\(highest * 1.08)]",
            "set ytics \(Self.tickStep(highest)) scale 0",
            "set xtics (\(marks.joined(separator: ", ")))",
            "unset key",
        ]
        for (index, layer) in layers.enumerated() {
            let count = layer.clusterSizeCounts.reduce(0, +)
            let title = TextColumns.printable("\(layer.layer)  (\(NumberText.grouped(count)))").replacing("'", with: "''")
            lines.append("$sizes\(index) << END_OF_DATA")
            lines += shares[index].enumerated().map { "\($0 + 1) \($1)" }
            lines.append("END_OF_DATA")
            lines.append("set title '\(title)' offset 0,-0.6 textcolor rgb '#1f2933'")
            lines.append("plot $sizes\(index) using 1:2 with boxes lc rgb '\(Palette.blue)'")
        }
        lines.append("unset multiplot")
        return lines.joined(separator: "\n") + "\n"
    }

    /// In percent; element s is for size s + 1, the last one for all larger ones too.
    static func shares(_ counts: [Int], cap: Int) -> [Double] {
        let total = Double(max(1, counts.reduce(0, +)))
        var shares = [Double](repeating: 0, count: cap)
        for (index, count) in counts.enumerated() { shares[min(index, cap - 1)] += 100 * Double(count) / total }
        return shares
    }

    static func coveringSize(_ counts: [Int], share: Double) -> Int {
        let total = Double(counts.reduce(0, +))
        var sum = 0.0
        for (index, count) in counts.enumerated() {
            sum += Double(count)
            if sum >= share * total { return index + 1 }
        }
        return max(1, counts.count)
    }

    private static func tickStep(_ highest: Double) -> Int { [5, 10, 20, 25, 50].first { highest / Double($0) <= 4 } ?? 50 }
}
