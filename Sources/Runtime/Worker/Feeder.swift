import Datasets
import Diagnostics
import Foundation
import Messages
import Tensors

/// Reads and decodes shards on threads of its own, so that lanes find their input ready. Shards of units in hand come first, then
/// those of units that will follow. Of either kind at most `limit` wait decoded: memory is bounded whatever arrives. A lane
/// that comes for a shard which nobody has begun decodes it itself.
final class Feeder: @unchecked Sendable {
    private let preprocessing: Preprocessing
    private let skips: Bool
    private let limit: Int
    private let pool: StoragePool

    // `condition` guards all that follows, and what can change in every ShardFeed.
    private let condition = NSCondition()
    private var due: [ShardFeed] = []
    private var ahead: [ShardFeed] = []
    /// Shards that are decoded, or being decoded.
    private var dueHeld = 0
    private var aheadHeld = 0
    private var closed = false

    /// - Parameter lanes: how many lanes take from it. One thread of the feeder's feeds four of them.
    init(_ preprocessing: Preprocessing, lanes: Int) {
        self.preprocessing = Self.skipping(preprocessing)
        skips = preprocessing.damaged == .skip
        limit = Self.heldShards(lanes: lanes)
        pool = StoragePool(kept: 2 * limit)
        for number in 0..<(lanes + 3) / 4 {
            let thread = Thread { [self] in work() }
            thread.name = "feeder-\(number)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Decoded shards of each kind that wait for lanes at most.
    static func heldShards(lanes: Int) -> Int { lanes + 2 }

    /// What decodes on a lane, when it comes to that.
    static func preparer(_ preprocessing: Preprocessing) -> SamplePreparer { SamplePreparer(skipping(preprocessing)) }

    /// Damaged samples are told one by one; whether they end the run is settled afterwards.
    private static func skipping(_ preprocessing: Preprocessing) -> Preprocessing {
        var copy = preprocessing
        copy.damaged = .skip
        return copy
    }

    // MARK: Units

    /// Begins with shards that nobody comes for yet, in the order in which lanes will want them.
    func add(_ feeds: [ShardFeed]) {
        condition.withLock {
            ahead += feeds
            condition.broadcast()
        }
    }

    /// From now on lanes come for them.
    func makeDue(_ feeds: [ShardFeed]) {
        condition.withLock {
            let moved = Set(feeds.map(ObjectIdentifier.init))
            ahead.removeAll { moved.contains(ObjectIdentifier($0)) }
            for feed in feeds where !feed.isDue {
                feed.isDue = true
                switch feed.state {
                case .waiting: due.append(feed)
                case .underWay, .ready:
                    aheadHeld -= 1
                    dueHeld += 1
                case .failed, .gone: break
                }
            }
            condition.broadcast()
        }
    }

    /// Nobody will come for them.
    func drop(_ feeds: [ShardFeed]) {
        condition.withLock {
            let dropped = Set(feeds.map(ObjectIdentifier.init))
            ahead.removeAll { dropped.contains(ObjectIdentifier($0)) }
            due.removeAll { dropped.contains(ObjectIdentifier($0)) }
            for feed in feeds {
                switch feed.state {
                case .ready: release(feed)
                // Whoever decodes it gives up its place.
                case .underWay, .waiting, .failed, .gone: break
                }
                feed.state = .gone
            }
            condition.broadcast()
        }
    }

    /// Drops everything; the threads end after what they have in hand.
    func close() {
        condition.withLock {
            closed = true
            (due, ahead) = ([], [])
            condition.broadcast()
        }
    }

    // MARK: Lanes

    /// Fills a network's input with a shard. Called on a lane, once for each shard.
    func take(_ feed: ShardFeed, into input: FloatBuffer, with preparer: SamplePreparer) throws(Problem) -> ShardFeed.Contents {
        let start = ContinuousClock.now
        let state = settled(feed)
        do throws(ShardFeed.Fault) {
            let contents: ShardFeed.Contents
            let waited: Duration
            switch state {
            case .ready(let ready, let made):
                waited = start.duration(to: .now)
                let count = made.labels.count * preprocessing.outputCount
                ready.withBuffer { input.slice(0, count).copy(from: $0.slice(0, count)) }
                contents = made
            case .waiting(let source):
                contents = try feed.decode(source, into: input, with: preparer, skips: skips)
                waited = start.duration(to: .now)
            case .failed(let fault): throw fault
            case .underWay, .gone: throw ShardFeed.Fault(problem: Problem("the unit was given up"), isOwn: false)
            }
            condition.withLock {
                feed.damaged = contents.damaged
                feed.waitedSeconds = waited / .seconds(1)
            }
            return contents
        } catch {
            condition.withLock { feed.fault = error }
            throw error.problem
        }
    }

    /// Takes a shard out of the feeder's hands, after waiting for it if somebody has begun it.
    private func settled(_ feed: ShardFeed) -> ShardFeed.State {
        condition.withLock {
            while case .underWay = feed.state, !closed { condition.wait() }
            let state = feed.state
            switch state {
            case .waiting: due.removeAll { $0 === feed }
            case .ready:
                release(feed)
                condition.broadcast()
            case .underWay, .failed, .gone: break
            }
            feed.state = .gone
            return state
        }
    }

    /// What could not be decoded of shards that lanes took.
    func damaged(_ feeds: [ShardFeed]) -> [DamagedSample] { condition.withLock { feeds.flatMap(\.damaged) } }

    /// How long lanes waited for shards that they took.
    func waitedSeconds(_ feeds: [ShardFeed]) -> Double { condition.withLock { feeds.reduce(0) { $0 + $1.waitedSeconds } } }

    /// Why a lane got nothing.
    func fault(_ feeds: [ShardFeed]) -> ShardFeed.Fault? { condition.withLock { feeds.lazy.compactMap(\.fault).first } }

    // MARK: Threads

    private func work() {
        let preparer = SamplePreparer(preprocessing)
        while let (feed, source) = next() {
            var input = Tensor([feed.sampleIndices.count * preprocessing.outputCount], from: pool)
            let result = Result { () throws(ShardFeed.Fault) in
                try input.withMutableBuffer { (buffer) throws(ShardFeed.Fault) in
                    try feed.decode(source, into: buffer, with: preparer, skips: skips)
                }
            }
            condition.withLock {
                defer { condition.broadcast() }
                guard case .underWay = feed.state else { return release(feed) }
                switch result {
                case .success(let contents): feed.state = .ready(input, contents)
                case .failure(let fault):
                    feed.state = .failed(fault)
                    release(feed)
                }
            }
        }
    }

    private func next() -> (ShardFeed, ShardFeed.Source)? {
        condition.withLock {
            while !closed {
                if dueHeld < limit, let next = begin(&due) {
                    dueHeld += 1
                    return next
                }
                if aheadHeld < limit, let next = begin(&ahead) {
                    aheadHeld += 1
                    return next
                }
                condition.wait()
            }
            return nil
        }
    }

    private func begin(_ line: inout [ShardFeed]) -> (ShardFeed, ShardFeed.Source)? {
        while !line.isEmpty {
            let feed = line.removeFirst()
            guard case .waiting(let source) = feed.state else { continue }
            feed.state = .underWay
            return (feed, source)
        }
        return nil
    }

    /// Its place among the decoded is free. Called with the lock held.
    private func release(_ feed: ShardFeed) {
        if feed.isDue { dueHeld -= 1 } else { aheadHeld -= 1 }
    }
}
