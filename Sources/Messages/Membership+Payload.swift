import Foundation

extension Hello: MessagePayload {
    static var kind: MessageKind { .hello }
    var wrapped: Message { .hello(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(name, "name")
        try check.require(UUID(uuidString: incarnation) != nil, "incarnation", "is not a UUID")
        try check.name(host, "host")
        try check.count(pid, "pid")
        try check.count(threads, "threads")
        try check.require(threads >= 1 && threads <= 65_536, "threads", "is \(threads), outside 1…65536")
        try check.name(fingerprint, "fingerprint")
        try check.require(memory?.isPlausible ?? true, "memory", "is no possible memory")
        try check.clock(clock, "clock")
        try check.require(
            protocolRange.lowest >= 1 && protocolRange.lowest <= protocolRange.highest, "protocolRange",
            "is \(protocolRange.lowest)…\(protocolRange.highest)")
    }
}

extension Welcome: MessagePayload {
    static var kind: MessageKind { .welcome }
    var wrapped: Message { .welcome(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(run, "run")
        try check.name(name, "name")
        try data?.check(check)
        try check.require(memory?.isPlausible ?? true, "memory", "is no possible memory")
        try check.amount(heartbeatSeconds, "heartbeatSeconds")
        try check.amount(timeoutSeconds, "timeoutSeconds")
        try check.require(
            heartbeatSeconds >= 0.001 && heartbeatSeconds <= 86_400, "heartbeatSeconds", "is outside 0.001…86400")
        try check.require(timeoutSeconds > heartbeatSeconds, "timeoutSeconds", "is not longer than heartbeatSeconds")
        try check.require(timeoutSeconds <= 864_000, "timeoutSeconds", "is more than ten days")
    }
}

extension Refusal: MessagePayload {
    static var kind: MessageKind { .refused }
    var wrapped: Message { .refused(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(code.rawValue, "code")
        try check.text(reason, "reason")
        if let remedy { try check.text(remedy, "remedy") }
    }
}

extension Goodbye: MessagePayload {
    static var kind: MessageKind { .goodbye }
    var wrapped: Message { .goodbye(self) }
    func check(_ check: FieldCheck) throws(ProtocolError) { try check.text(reason, "reason") }
}

extension Heartbeat: MessagePayload {
    static var kind: MessageKind { .heartbeat }
    var wrapped: Message { .heartbeat(self) }
    var carriedUnit: UInt64? { unit }
    mutating func attach(unit: UInt64?, tensors: [WireTensor]) throws(ProtocolError) { self.unit = unit }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.count(sequence, "sequence")
        try check.count(lanesBusy, "lanesBusy")
        try check.count(residentBytes, "residentBytes")
        try check.count(unitsDone, "unitsDone")
        try check.clock(clock, "clock")
        guard let answered else { return }
        try check.count(answered.sequence, "answered.sequence")
        try check.clock(answered.sent, "answered.sent")
        try check.clock(answered.received, "answered.received")
    }
}

extension RunEnd: MessagePayload {
    static var kind: MessageKind { .ended }
    var wrapped: Message { .ended(self) }
    func check(_ check: FieldCheck) throws(ProtocolError) { try check.text(message, "message") }
}
