/// How long something took, by classes of duration. It takes the same room however much is counted.
public struct DurationHistogram: Sendable, Hashable {
    /// Upper bounds of the classes in seconds, ascending; the last class has none.
    public static let bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]

    /// One for each class.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// Of all of them, in seconds.
    public private(set) var sum = 0.0
    public var count: Int { counts.reduce(0, +) }

    public init() {}

    /// Negative times and those that are no number count as 0.
    public mutating func note(seconds: Double) {
        let seconds = seconds > 0 ? seconds : 0
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
