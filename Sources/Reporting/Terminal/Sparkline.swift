/// A curve as one line of text: eight heights of blocks.
public enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// At most `width` characters; more values than that are averaged. A value that is none (nil) leaves a blank.
    public static func text(_ values: [Double?], width: Int) -> String {
        guard width > 0, !values.isEmpty else { return "" }
        let count = min(width, values.count)
        let means = (0..<count).map { place -> Double? in
            let part = values[place * values.count / count..<(place + 1) * values.count / count].compactMap { $0 }.filter(\.isFinite)
            return part.isEmpty ? nil : part.reduce(0) { $0 + $1 / Double(part.count) }
        }
        let known = means.compactMap { $0 }
        guard let lowest = known.min(), let highest = known.max() else { return String(repeating: " ", count: count) }
        let range = highest - lowest
        return String(means.map { mean -> Character in
            guard let mean else { return " " }
            guard range > 0, range.isFinite else { return blocks[0] }
            return blocks[min(7, max(0, Int((mean - lowest) / range * 8)))]
        })
    }
}
