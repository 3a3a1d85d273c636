import Foundation

/// A worker's compute threads. Each lane owns one `Context` (its buffers) for as long as the pool lives and takes jobs from
/// one queue in the order they were added, so a lane never waits while work is there.
final class LanePool<Context: AnyObject>: @unchecked Sendable {
    typealias Job = @Sendable (Context) -> Void

    // `condition` guards all that follows.
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var head = 0
    private var busy = 0
    private var closed = false

    /// - Parameter makeContext: called once on each lane's own thread.
    init(lanes: Int, makeContext: @escaping @Sendable () -> Context) {
        for lane in 0..<lanes {
            let thread = Thread { [self] in
                let context = makeContext()
                while let job = next() {
                    job(context)
                    condition.withLock { busy -= 1 }
                }
            }
            thread.name = "lane-\(lane)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    func add(_ job: @escaping Job) {
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    /// Drops the jobs that no lane has begun.
    func discardWaiting() {
        condition.withLock { clear() }
    }

    /// Drops the jobs that no lane has begun; lanes end after the job in hand.
    func close() {
        condition.withLock {
            closed = true
            clear()
            condition.broadcast()
        }
    }

    var busyLanes: Int { condition.withLock { busy } }

    private func clear() {
        jobs = []
        head = 0
    }

    private func next() -> Job? {
        condition.withLock {
            while !closed, head == jobs.count { condition.wait() }
            guard !closed else { return nil }
            let job = jobs[head]
            head += 1
            if head == jobs.count { clear() }
            busy += 1
            return job
        }
    }
}
