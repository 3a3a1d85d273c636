import Foundation

// Dealing units and taking their results.

/// coordinator → worker: one unit of work.
public struct WorkUnit: Hashable, Codable, Sendable {
    /// Unique in the run. A unit dealt twice keeps its number, so a late duplicate of its result is known for one.
    public var id: UInt64
    /// The parameter sets it is computed with; sent to this worker before the unit.
    public var needs: [ParameterReference]
    public var work: UnitDescription
    /// `samples` (U8) and `labels` (I64), unless they came before it or the worker has data of its own.
    public var tensors: [WireTensor]

    public init(id: UInt64, needs: [ParameterReference], work: UnitDescription, tensors: [WireTensor] = []) {
        self.id = id
        self.needs = needs
        self.work = work
        self.tensors = tensors
    }

    enum CodingKeys: String, CodingKey { case needs, work }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = 0
        needs = try container.decode([ParameterReference].self, forKey: .needs)
        work = try container.decode(UnitDescription.self, forKey: .work)
        tensors = []
    }
}

/// worker → coordinator: what a unit yielded.
public struct UnitResult: Hashable, Codable, Sendable {
    public var unit: UInt64
    /// Time that the lanes spent on it.
    public var seconds: Double
    /// How much of it lanes waited for samples to be read and decoded; nil where the unit has none.
    public var waitedSeconds: Double?
    /// Scalars by name: a loss sum, a correct count. They may be NaN or infinite, as a diverged loss is.
    public var figures: [String: Double]
    public var tensors: [WireTensor]
    /// Samples that were left out because they could not be decoded; nil where there are none.
    public var damaged: [DamagedSample]?

    public init(
        unit: UInt64, seconds: Double, figures: [String: Double] = [:], tensors: [WireTensor] = [], damaged: [DamagedSample]? = nil,
        waitedSeconds: Double? = nil
    ) {
        self.unit = unit
        self.seconds = seconds
        self.figures = figures
        self.tensors = tensors
        self.damaged = damaged
        self.waitedSeconds = waitedSeconds
    }

    enum CodingKeys: String, CodingKey { case seconds, figures, damaged, waitedSeconds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        unit = 0
        seconds = try container.decode(Double.self, forKey: .seconds)
        figures = try container.decode([String: Double].self, forKey: .figures)
        damaged = try container.decodeIfPresent([DamagedSample].self, forKey: .damaged)
        waitedSeconds = try container.decodeIfPresent(Double.self, forKey: .waitedSeconds)
        tensors = []
    }
}

/// worker → coordinator: a unit could not be computed.
public struct UnitFailure: Hashable, Codable, Sendable {
    public var unit: UInt64
    public var what: String
    /// Whether another worker, or a later try, may succeed.
    public var retryable: Bool
    /// The sample that could not be decoded, where that was the cause: its place in the split.
    public var sample: Int?
    /// Whether the worker lacked what should have come before the unit, weights or samples: the unit is not to blame.
    public var lacking: Bool?

    public init(unit: UInt64, what: String, retryable: Bool, sample: Int? = nil, lacking: Bool? = nil) {
        self.unit = unit
        self.what = what
        self.retryable = retryable
        self.sample = sample
        self.lacking = lacking
    }

    enum CodingKeys: String, CodingKey { case what, retryable, sample, lacking }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        unit = 0
        what = try container.decode(String.self, forKey: .what)
        retryable = try container.decode(Bool.self, forKey: .retryable)
        sample = try container.decodeIfPresent(Int.self, forKey: .sample)
        lacking = try container.decodeIfPresent(Bool.self, forKey: .lacking)
    }
}

/// coordinator → worker: a unit is no longer wanted. No answer; a result on its way is harmless.
public struct UnitCancellation: Hashable, Codable, Sendable {
    public var unit: UInt64
    public init(unit: UInt64) { self.unit = unit }

    enum CodingKeys: CodingKey {}
    public init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: CodingKeys.self)
        unit = 0
    }

    public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: CodingKeys.self) }
}
