import Coordination
import Diagnostics
import Foundation
import Messages
import Synchronization

/// A unit whose shards are with the lanes. The lane that brings the last shard hands the unit's sum on.
final class UnitInProgress: Sendable {
    enum Outcome: Sendable {
        case sum(PartialSum, seconds: Double)
        case failed(Problem, seconds: Double)
    }

    private struct State {
        var reducer: TreeReducer
        var remaining: Int
        var busySeconds = 0.0
        var over = false
    }

    let id: UInt64
    private let state: Mutex<State>
    private let finish: @Sendable (Outcome) -> Void

    /// - Parameters:
    ///   - nodes: how many nodes of the tree make up the unit.
    ///   - finish: called once, on the lane that ends the unit.
    init(id: UInt64, reducer: TreeReducer, nodes: Int, finish: @escaping @Sendable (Outcome) -> Void) {
        self.id = id
        self.finish = finish
        state = Mutex(State(reducer: reducer, remaining: nodes))
    }

    /// Nobody wants it any more: what no lane has begun is not computed.
    func cancel() { state.withLock { $0.over = true } }

    /// Runs one node on the calling lane and adds what it yields.
    func run(_ node: TreeNode, _ compute: () throws(Problem) -> PartialSum) {
        guard !state.withLock({ $0.over }) else { return }
        let start = ContinuousClock.now
        let result = Result { () throws(Problem) in try compute() }
        let elapsed = start.duration(to: .now) / .seconds(1)
        let outcome: Outcome? = state.withLock { state in
            guard !state.over else { return nil }
            state.busySeconds += elapsed
            switch result {
            case .success(let sum):
                state.reducer.add(sum, at: node)
                state.remaining -= 1
                guard state.remaining == 0, let total = state.reducer.takeTotal() else { return nil }
                state.over = true
                return .sum(total, seconds: state.busySeconds)
            case .failure(let problem):
                state.over = true
                return .failed(problem, seconds: state.busySeconds)
            }
        }
        if let outcome { finish(outcome) }
    }
}
