import Mechanism

/// A filter whose field the report draws, and why it was chosen.
public struct FieldExample: Hashable, Sendable {
    public var layer: String
    public var result: FilterResult
    public var field: LabelField
    /// `least noise of 64 filters with clusters`.
    public var reason: String

    public init(layer: String, result: FilterResult, field: LabelField, reason: String) {
        self.layer = layer
        self.result = result
        self.field = field
        self.reason = reason
    }
}

/// The rule by which the report chooses filters to draw; it knows only their noise, so it cannot flatter.
public struct ExampleRule: Hashable, Sendable {
    public struct Choice: Hashable, Sendable {
        public let filter: Int
        public let reason: String
    }

    /// In words, as the report states it.
    public static let statement = "Drawn are filters of the first, the middle and the last layer. In each, the filters with at "
        + "least one cluster are ranked by noise (equal noise by number); drawn are the one with the least noise and others further up the "
        + "ranking, as stands with each."

    /// Indices of the first, the middle and the last of `count` layers, each once.
    public static func layers(of count: Int) -> [Int] {
        guard count > 0 else { return [] }
        return Array(Set([0, (count - 1) / 2, count - 1])).sorted()
    }

    /// At most `count` filters, at evenly spaced ranks; with one, the median.
    public static func choose(_ filters: [FilterResult], count: Int) -> [Choice] {
        let ranked = filters.filter(\.isActive).sorted { ($0.noise, $0.filter) < ($1.noise, $1.filter) }
        let wanted = min(count, ranked.count)
        guard wanted > 0 else { return [] }
        return (0..<wanted).map { place in
            let share = wanted == 1 ? 0.5 : wanted == 2 ? Double(place) / 2 : Double(place) / Double(wanted - 1)
            let rank = Int((share * Double(ranked.count - 1)).rounded())
            let words =
                switch share {
                case 0: "least noise"
                case 0.5: "median noise"
                case 1: "most noise"
                default: "noise at rank \(rank + 1)"
                }
            return Choice(filter: ranked[rank].filter, reason: "\(words) of \(ranked.count) filters with clusters")
        }
    }
}
