/// The course of one figure over a phase in few values, evenly spaced: when there are too many, neighbours are averaged.
struct ProgressCurve {
    private static let most = 128
    private(set) var values: [Double?] = []
    /// Steps that one value stands for.
    private var every = 1
    private var (sum, count) = (0.0, 0)

    mutating func add(_ value: Double) {
        sum += value
        count += 1
        guard count == every else { return }
        values.append(Self.finite(sum / Double(count)))
        (sum, count) = (0, 0)
        guard values.count == Self.most else { return }
        values = stride(from: 0, to: Self.most, by: 2).map { place in
            guard let a = values[place], let b = values[place + 1] else { return nil }
            return Self.finite(a / 2 + b / 2)
        }
        every *= 2
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
