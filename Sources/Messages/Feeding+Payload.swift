import Foundation

extension SampleShipment: MessagePayload {
    static var kind: MessageKind { .samples }
    var wrapped: Message { .samples(self) }
    var carriedUnit: UInt64? { unit }
    var carriedTensors: [WireTensor] { tensors }

    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) {
        self.unit = try Self.required(unit)
        self.tensors = tensors
    }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try work.check(check)
        try check.require(work.split != nil, "work", "takes no samples")
    }
}

extension DataDeclaration: MessagePayload {
    static var kind: MessageKind { .data }
    var wrapped: Message { .data(self) }
    func check(_ check: FieldCheck) throws(ProtocolError) { for split in splits { try split.check(check) } }
}

extension SplitFacts {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(split, "splits.split")
        for (name, value) in facts {
            try check.name(name, "splits.facts")
            try check.name(value, "splits.facts.\(name)", mayBeEmpty: true)
        }
    }
}

extension DataSummary {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.text(dataset, "data.dataset")
        for split in splits { try split.check(check) }
    }
}

extension DamagedSample {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.count(sample, "damaged.sample")
        try check.require(what.utf8.count <= Self.largestText, "damaged.what", "is longer than \(Self.largestText) bytes")
    }
}
