/// How a sweep's workers are shared out among the networks that are trained at a time.
struct WorkerShares {
    let workers: Int
    let sideBySide: Int

    init(workers: Int, sideBySide: Int) {
        self.workers = max(1, workers)
        self.sideBySide = min(max(1, sideBySide), self.workers)
    }

    /// The workers of the next network: those that are free, in equal parts for the networks that can begin now, so that the last
    /// networks of a sweep take the workers that no other needs.
    /// - Parameters:
    ///   - running: the workers of each network under way.
    ///   - waiting: networks that have not begun.
    /// - Returns: nil where none can begin.
    func next(running: [Int], waiting: Int) -> Int? {
        let places = min(sideBySide - running.count, waiting)
        let free = workers - running.reduce(0, +)
        guard places > 0, free > 0 else { return nil }
        return (free + places - 1) / places
    }
}
