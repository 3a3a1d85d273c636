import Messages
import Tensors

/// The share of units that two workers compute, to find one that computes wrongly and does not know it.
public struct AuditSettings: Sendable, Equatable {
    /// From 0 to 1.
    public var share: Double
    /// What the draw depends on, beside the unit's number.
    public var seed: UInt64
    /// How long a disagreement waits for a third worker before the run pauses.
    public var patienceSeconds: Double

    public init(share: Double = 0, seed: UInt64 = 0, patienceSeconds: Double = 120) {
        self.share = share
        self.seed = seed
        self.patienceSeconds = patienceSeconds
    }

    /// Whether a unit is audited: a draw from its number, so that nobody can know beforehand and a restart changes nothing.
    public func includes(_ unit: UInt64) -> Bool {
        guard share > 0 else { return false }
        var stream = RandomStream(
            seed: seed ^ 0x6175_6469_74, purpose: .synthetic, major: Int(unit >> 32 & 0xFFFF_FFFF), minor: Int(unit & 0xFFFF_FFFF))
        return Double(stream.nextUniform()) < share
    }
}

/// What audits came to.
public struct AuditTally: Sendable, Equatable {
    /// Units on which two workers agreed.
    public internal(set) var agreed = 0
    /// Units that were to be audited when no second worker was there.
    public internal(set) var lapsed = 0
    /// Units on which they did not agree.
    public internal(set) var mismatches = 0
}

/// The audited units that are open: who answered what. A unit counts when two workers gave the same bits.
struct AuditDesk: Sendable {
    struct Answer: Sendable {
        let worker: RosterWorker
        let digest: Digest
        let result: UnitResult
    }

    enum Verdict {
        /// Another answer is needed.
        case open
        /// The newest answer differs from all before it.
        case differs
        /// Two agree; the others are wrong.
        case agreed(Answer, odd: [Answer])
    }

    let settings: AuditSettings
    private var answers: [UInt64: [Answer]] = [:]
    /// Since when a unit stands open with answers that differ.
    private(set) var disputedSince: [UInt64: Double] = [:]
    var tally = AuditTally()

    init(_ settings: AuditSettings) { self.settings = settings }

    var openCount: Int { answers.count }

    func includes(_ unit: UInt64) -> Bool { settings.includes(unit) }
    func answers(to unit: UInt64) -> [Answer] { answers[unit] ?? [] }

    /// How many more workers have to compute a unit, those that hold it included.
    func missing(_ unit: UInt64) -> Int {
        guard includes(unit) else { return 1 }
        // Where none agree so far, one more may decide.
        return max(1, 2 - (answers[unit]?.count ?? 0))
    }

    mutating func add(_ answer: Answer, to unit: UInt64, at now: Double) -> Verdict {
        let earlier = answers[unit] ?? []
        if let twin = earlier.first(where: { $0.digest == answer.digest }) {
            return .agreed(twin, odd: earlier.filter { $0.digest != answer.digest })
        }
        answers[unit] = earlier + [answer]
        guard !earlier.isEmpty else { return .open }
        if disputedSince[unit] == nil { tally.mismatches += 1 }
        disputedSince[unit] = disputedSince[unit] ?? now
        return .differs
    }

    /// Forgets what a worker that is set aside has answered.
    mutating func dropAnswers(of incarnation: String) {
        for unit in Array(answers.keys) {
            answers[unit]?.removeAll { $0.worker.incarnation == incarnation }
            if answers[unit]?.count ?? 0 < 2 { disputedSince[unit] = nil }
            if answers[unit]?.isEmpty == true { answers[unit] = nil }
        }
    }

    mutating func close(_ unit: UInt64) {
        answers[unit] = nil
        disputedSince[unit] = nil
    }

    mutating func removeAll() {
        answers = [:]
        disputedSince = [:]
    }
}

/// Who a worker is beyond one process: it is set aside for good, whatever it calls its next process.
struct WorkerIdentity: Hashable, Sendable {
    let host: String
    let name: String

    /// Names that a worker makes up from its process number are all the same machine's.
    init(host: String, name: String, pid: Int) {
        self.host = host
        self.name = name.hasSuffix("-\(pid)") ? String(name.dropLast("-\(pid)".count)) : name
    }
}

extension UnitResult {
    /// A digest of everything in a result that depends on the unit alone: tensors, figures and damaged samples, and no times.
    public var digest: Digest {
        var stream = DigestStream()
        func update(_ text: String) { Array("\(text)\n".utf8).withUnsafeBytes { stream.update($0) } }
        for (name, value) in figures.sorted(by: { $0.key < $1.key }) where !name.hasPrefix("seconds") {
            update("\(name) \(String(value.bitPattern, radix: 16))")
        }
        for sample in damaged ?? [] { update("damaged \(sample.sample)") }
        for tensor in tensors.sorted(by: { $0.name < $1.name }) {
            update("\(tensor.name) \(tensor.type.rawValue) \(tensor.shape)")
            for piece in tensor.pieces { piece.withUnsafeBytes { stream.update($0) } }
        }
        return stream.finish()
    }
}
