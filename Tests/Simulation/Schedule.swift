/// What a simulated cluster is and what befalls it; all of it follows from the seed.
public struct Schedule: Sendable {
    /// Something that happens at a time.
    public enum Fault: Sendable {
        case kill(slot: Int, restartAfter: Double)
        case freeze(slot: Int, seconds: Double)
        case slow(slot: Int, factor: Double, seconds: Double)
        case breakConnection(slot: Int)
        case cut(slot: Int, seconds: Double)
        case leave(slot: Int, returnAfter: Double)
        case join(slot: Int)
        case killCoordinator(downSeconds: Double)
    }

    /// What becomes of messages, as shares of those sent.
    public struct Losses: Sendable {
        public var drop = 0.0
        public var delay = 0.0
        public var duplicate = 0.0
        public var reorder = 0.0
        public var garble = 0.0
        public var breakConnection = 0.0
    }

    /// One fault at the n-th message sent.
    public enum PointFault: Sendable, CaseIterable {
        case drop, delay, duplicate, garble, breakConnection, killWorker, freezeWorker, killCoordinator
    }

    public struct UnitTrouble: Sendable {
        public enum Kind: Sendable {
            /// Kills every worker that computes it.
            case poison
            /// Fails so many times.
            case fails(times: Int)
            /// Fails for good.
            case final
        }

        public var step: Int
        public var shard: Int
        public var kind: Kind

        public init(step: Int, shard: Int, kind: Kind) {
            self.step = step
            self.shard = shard
            self.kind = kind
        }
    }

    public var seed: UInt64
    /// Workers that are there from the start; faults may add others.
    public var workers = 2
    public var threads = [1, 1]
    public var shards = 4
    public var steps = 3
    public var unitsPerWorker = 1
    public var sendsAhead = true
    public var hasFixedSet = false
    /// Slots that read weights in the coordinator's memory.
    public var neighbours: Set<Int> = []
    public var shardSeconds = 0.2
    public var checkpointEvery = 2
    public var lateFactor = 4.0
    public var unitAttempts = 5
    public var losses = Losses()
    public var faults: [(time: Double, fault: Fault)] = []
    /// When faults cease.
    public var quietFrom = 0.0
    public var point: (message: Int, fault: PointFault)?
    public var trouble: UnitTrouble?
    /// A worker that fails at everything.
    public var uselessSlot: Int?
    /// A worker that flips a bit of every result; then every unit is audited.
    public var flippingSlot: Int?
    public var auditShare = 0.0

    public static let heartbeatSeconds = 1.0
    public static let timeoutSeconds = 10.0

    public init(seed: UInt64) { self.seed = seed }

    /// A schedule drawn from a seed.
    public static func drawn(_ seed: UInt64) -> Schedule {
        var dice = Dice(seed: seed)
        var schedule = Schedule(seed: seed)
        // Most are small, since small ones are quick and find most; some have 64 workers.
        schedule.workers = [1, 2, 2, 2, 3, 3, 4, 4, 5, 8, 8, 13, 21, 64][dice.int(0...13)]
        if schedule.workers == 64, dice.chance(0.7) { schedule.workers = 3 }
        let most = schedule.workers + dice.int(0...2)
        schedule.threads = (0..<most).map { _ in dice.pick([1, 1, 2, 4]) }
        schedule.shards = dice.pick([1, 2, 3, 4, 4, 5, 7, 8, 8, 16])
        if schedule.workers > 8 { schedule.shards = dice.int(schedule.workers / 2...schedule.workers * 2) }
        schedule.steps = dice.int(2...8)
        schedule.unitsPerWorker = dice.pick([1, 1, 1, 2, 4])
        schedule.sendsAhead = dice.chance(0.7)
        schedule.hasFixedSet = dice.chance(0.4)
        schedule.neighbours = Set((0..<most).filter { _ in dice.chance(0.5) })
        schedule.shardSeconds = dice.pick([0.02, 0.1, 0.3, 1, 1, 3])
        schedule.checkpointEvery = dice.int(1...3)
        schedule.lateFactor = dice.pick([0, 2, 4, 4])
        let rough = dice.pick([0.0, 0.0, 0.3, 1.0])
        schedule.losses = Losses(
            drop: dice.pick([0, 0.02, 0.1, 0.3]) * rough, delay: dice.pick([0, 0.02, 0.1]) * rough,
            duplicate: dice.pick([0, 0.02, 0.1]) * rough, reorder: dice.pick([0, 0.05]) * rough,
            garble: dice.pick([0, 0, 0.02]) * rough, breakConnection: dice.pick([0, 0, 0.01]) * rough)
        schedule.quietFrom = dice.uniform(5...40)
        // About as long as the run takes undisturbed, and longer: most faults should hit it.
        let lanes = schedule.threads.prefix(schedule.workers).reduce(0, +)
        let least = max(Double(schedule.shards) / Double(lanes), 1) * schedule.shardSeconds + 0.02
        let span = min(schedule.quietFrom, dice.pick([1.0, 2, 10]) * (0.3 + Double(schedule.steps) * least))
        for _ in 0..<dice.int(0...(3 + schedule.workers / 4)) {
            let slot = dice.int(0...(most - 1))
            let fault: Fault
            switch dice.int(0...9) {
            case 0, 1: fault = .kill(slot: slot, restartAfter: dice.uniform(0.1...15))
            case 2: fault = .freeze(slot: slot, seconds: dice.uniform(0.5...25))
            case 3: fault = .slow(slot: slot, factor: 10, seconds: dice.uniform(1...30))
            case 4: fault = .breakConnection(slot: slot)
            case 5: fault = .cut(slot: slot, seconds: dice.uniform(0.5...25))
            case 6: fault = .leave(slot: slot, returnAfter: dice.uniform(1...20))
            case 7, 8: fault = .join(slot: slot)
            default: fault = .killCoordinator(downSeconds: dice.uniform(0.2...20))
            }
            schedule.faults.append((dice.uniform(0...span), fault))
        }
        switch dice.int(0...19) {
        case 0:
            let kind = dice.pick([UnitTrouble.Kind.poison, .poison, .fails(times: dice.int(1...4)), .final])
            schedule.trouble = UnitTrouble(step: dice.int(0...(schedule.steps - 1)), shard: dice.int(0...(schedule.shards - 1)), kind: kind)
        case 1 where schedule.workers > 1: schedule.uselessSlot = dice.int(0...(schedule.workers - 1))
        case 2: schedule.auditShare = dice.pick([0.1, 0.5, 1])
        case 3:
            // Enough workers that stay for a third to decide.
            schedule.workers = max(4, schedule.workers)
            schedule.threads += Array(repeating: 1, count: max(0, schedule.workers - schedule.threads.count))
            schedule.auditShare = 1
            schedule.flippingSlot = dice.int(0...(schedule.workers - 1))
            schedule.faults.removeAll { fault in
                switch fault.fault {
                case .kill, .leave, .killCoordinator: true
                default: false
                }
            }
        default: break
        }
        return schedule
    }
}
