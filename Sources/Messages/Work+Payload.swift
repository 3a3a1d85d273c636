import Foundation

extension WorkUnit: MessagePayload {
    static var kind: MessageKind { .unit }
    var wrapped: Message { .unit(self) }
    var carriedUnit: UInt64? { id }
    var carriedTensors: [WireTensor] { tensors }

    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) {
        id = try Self.required(unit)
        self.tensors = tensors
    }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        for reference in needs { try check.name(reference.set, "needs.set") }
        try work.check(check)
    }
}

extension UnitResult: MessagePayload {
    static var kind: MessageKind { .result }
    var wrapped: Message { .result(self) }
    var carriedUnit: UInt64? { unit }
    var carriedTensors: [WireTensor] { tensors }

    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) {
        self.unit = try Self.required(unit)
        self.tensors = tensors
    }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.amount(seconds, "seconds")
        if let waitedSeconds { try check.amount(waitedSeconds, "waitedSeconds") }
        for name in figures.keys { try check.name(name, "figures") }
        try check.require(
            damaged?.count ?? 0 <= DamagedSample.largestCount, "damaged", "names more than \(DamagedSample.largestCount) samples")
        for sample in damaged ?? [] { try sample.check(check) }
    }
}

extension UnitFailure: MessagePayload {
    static var kind: MessageKind { .failure }
    var wrapped: Message { .failure(self) }
    var carriedUnit: UInt64? { unit }
    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) { self.unit = try Self.required(unit) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.text(what, "what")
        if let sample { try check.count(sample, "sample") }
    }
}

extension UnitCancellation: MessagePayload {
    static var kind: MessageKind { .cancel }
    var wrapped: Message { .cancel(self) }
    var carriedUnit: UInt64? { unit }
    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) { self.unit = try Self.required(unit) }
    func check(_ check: FieldCheck) throws(ProtocolError) {}
}
