import Diagnostics
import Foundation
import Synchronization

/// Computes shards 0 ..< count on threads of their own, each with a context (its buffers) that it keeps from shard to
/// shard, and returns the results in the shards' order. Which lane computes a shard never shows in the results.
///
/// - Parameters:
///   - makeContext: called once on each lane's thread, with the lane's number.
///   - progress: called on the calling thread, with the number of shards done, now and then and at the end.
/// - Throws: the `Problem` of the first shard, by number, that failed; shards not begun by then are left out.
func forEachShard<Context, Value: Sendable>(
    count: Int, lanes: Int, makeContext: @escaping @Sendable (Int) -> Context,
    progress: (Int) -> Void = { _ in }, body: @escaping @Sendable (Context, Int) throws(Problem) -> Value
) throws(Problem) -> [Value] {
    let board = ShardBoard<Value>(count: count)
    let group = DispatchGroup()
    for lane in 0..<max(1, min(lanes, count)) {
        group.enter()
        let thread = Thread {
            let context = makeContext(lane)
            while let shard = board.take() {
                do throws(Problem) { board.put(.success(try body(context, shard)), at: shard) } catch { board.put(.failure(error), at: shard) }
            }
            group.leave()
        }
        thread.name = "lane-\(lane)"
        thread.stackSize = 4 << 20
        thread.start()
    }
    while group.wait(timeout: .now() + 0.1) == .timedOut { progress(board.doneCount) }
    let outcomes = board.outcomes
    progress(outcomes.count)
    var results: [Value] = []
    for outcome in outcomes { results.append(try outcome.get()) }
    return results
}

/// Which shards are dealt, and what came of them.
private final class ShardBoard<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, Problem>

    private struct State {
        var next = 0
        var done = 0
        var outcomes: [Outcome?]
    }

    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(outcomes: Array(repeating: nil, count: count))) }

    func take() -> Int? {
        state.withLock { state in
            guard state.next < state.outcomes.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// After a failure nothing more is dealt. Shards are dealt in order, so every one before the failed one was.
    func put(_ outcome: Outcome, at shard: Int) {
        state.withLock { state in
            state.outcomes[shard] = outcome
            state.done += 1
            if case .failure = outcome { state.next = state.outcomes.count }
        }
    }

    var doneCount: Int { state.withLock { $0.done } }
    /// In the order of the shards.
    var outcomes: [Outcome] { state.withLock { $0.outcomes.compactMap(\.self) } }
}
