import Foundation

/// A unit's kind that this version does not know, on its way out of the decoder; the codec adds the unit's number.
struct UnknownUnitKind: Error {
    let kind: String
}

extension UnitDescription: Codable {
    enum CodingKeys: String, CodingKey { case kind, details }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        switch kind {
        case "train": self = .train(try container.decode(TrainUnit.self, forKey: .details))
        case "heads": self = .heads(try container.decode(TrainUnit.self, forKey: .details))
        case "survey": self = .survey(try container.decode(SurveyUnit.self, forKey: .details))
        case "filters": self = .filters(try container.decode(FilterUnit.self, forKey: .details))
        default: throw UnknownUnitKind(kind: kind)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        switch self {
        case .train(let unit), .heads(let unit): try container.encode(unit, forKey: .details)
        case .survey(let unit): try container.encode(unit, forKey: .details)
        case .filters(let unit): try container.encode(unit, forKey: .details)
        }
    }
}

extension UnitDescription {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        switch self {
        case .train(let unit), .heads(let unit): try unit.check(check)
        case .survey(let unit): try unit.check(check)
        case .filters(let unit): try unit.check(check)
        }
    }
}

extension TrainUnit {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.count(step, "step")
        try check.count(epoch, "epoch")
        try check.count(batchCount, "batchCount")
        try check.require(batchCount > 0, "batchCount", "is 0")
        try part.check(check)
    }
}

extension SurveyUnit {
    func check(_ check: FieldCheck) throws(ProtocolError) { try part.check(check) }
}

extension TreePart {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.require(node.level >= 0 && node.level < 53, "node.level", "is \(node.level), outside 0…52")
        try check.count(node.index, "node.index")
        try check.count(shardCount, "shardCount")
        try check.require(!shards.isEmpty, "shards", "is empty")
        var previous = -1
        for shard in shards {
            try check.count(shard.index, "shards.index")
            try check.require(shard.index > previous, "shards.index", "does not ascend")
            previous = shard.index
            try check.counts(shard.sampleIndices, "shards.sampleIndices")
        }
    }
}

extension FilterUnit {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(layer, "layer")
        try check.count(firstFilter, "firstFilter")
        try check.count(filterCount, "filterCount")
        try check.amount(threshold, "threshold")
        for threshold in thresholds ?? [] { try check.amount(threshold, "thresholds") }
        try check.count(labels, "labels")
        try check.count(positions, "positions")
    }
}
