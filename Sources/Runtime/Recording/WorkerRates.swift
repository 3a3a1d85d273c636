/// Samples per second of each worker over the last while, by name.
struct WorkerRates {
    private var recent: [String: [(time: Double, samples: Int)]] = [:]
    private static let window = 10.0
    /// More workers than can be present at once.
    private static let most = 1024

    mutating func note(_ worker: String, samples: Int, at now: Double) {
        if recent.count >= Self.most, recent[worker] == nil {
            recent = recent.filter { now - ($0.value.last?.time ?? 0) < Self.window }
        }
        recent[worker, default: []].append((now, samples))
        recent[worker]?.removeAll { $0.time < now - Self.window }
    }

    /// Nil before it has answered twice.
    func rate(of worker: String, at now: Double) -> Double? {
        guard let answers = recent[worker]?.filter({ $0.time >= now - Self.window }), let first = answers.first, answers.count > 1,
            now > first.time
        else { return nil }
        return Double(answers.dropFirst().reduce(0) { $0 + $1.samples }) / (now - first.time)
    }
}
