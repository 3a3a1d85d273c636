import Messages

/// When a dealt unit counts as late, so that a second worker may try.
public struct LateUnitSettings: Sendable, Equatable {
    /// A unit is late when it has been out for this many times what units of its kind and size usually take; 0: none ever is.
    public var factor: Double
    /// Seconds before which no unit is late.
    public var floorSeconds: Double
    /// What counts where nothing of the kind has come back yet.
    public var unknownSeconds: Double

    public init(factor: Double = 4, floorSeconds: Double = 1, unknownSeconds: Double = 30) {
        self.factor = factor
        self.floorSeconds = floorSeconds
        self.unknownSeconds = unknownSeconds
    }
}

/// What units usually take from being dealt to their result, by kind and size. "Usually" is the lower quartile of the last
/// results: with it three of four workers may be slow and still do not pass for usual.
package struct LateUnits: Sendable {
    private struct Kind: Hashable {
        let name: String
        let size: Int
    }

    let settings: LateUnitSettings
    private var took: [Kind: [Double]] = [:]
    private var limits: [Kind: Double] = [:]
    /// Results of one kind that are remembered, and kinds. A new kind takes the place of all others.
    private static let memory = 32
    private static let kindLimit = 64

    package init(_ settings: LateUnitSettings) { self.settings = settings }

    package var kindCount: Int { took.count }

    package mutating func note(_ unit: UnitDescription, seconds: Double) {
        let kind = Kind(name: unit.kind, size: unit.size)
        if took[kind] == nil, took.count >= Self.kindLimit { (took, limits) = ([:], [:]) }
        let all = Array(((took[kind] ?? []) + [max(0, seconds)]).suffix(Self.memory))
        took[kind] = all
        limits[kind] = max(settings.floorSeconds, settings.factor * all.sorted()[(all.count - 1) / 4])
    }

    /// Seconds after which a unit is late.
    package func limit(of unit: UnitDescription) -> Double {
        let unknown = max(settings.unknownSeconds, settings.floorSeconds)
        return settings.factor > 0 ? limits[Kind(name: unit.kind, size: unit.size)] ?? unknown : unknown
    }

    /// Whether a second worker may try it.
    package func isLate(_ unit: UnitDescription, outFor seconds: Double) -> Bool { settings.factor > 0 && seconds >= limit(of: unit) }
}

extension UnitDescription {
    /// How much work it is, to compare with others of its kind: shards, or filters.
    var size: Int {
        switch self {
        case .train(let unit), .heads(let unit): unit.part.shards.count
        case .survey(let unit): unit.part.shards.count
        case .filters(let unit): unit.filterCount
        }
    }
}
