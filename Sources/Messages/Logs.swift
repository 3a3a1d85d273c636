import Diagnostics
import Foundation

// A worker's log on its way to the coordinator.

/// worker → coordinator: log records, numbered without gaps, kept by the worker until they are acknowledged.
public struct LogBatch: Hashable, Codable, Sendable {
    /// The number of the first record; counts from 1 in each incarnation.
    public var firstSequence: Int
    public var records: [LogRecord]
    /// Records that the worker had to throw away so far, for want of room.
    public var dropped: Int

    public init(firstSequence: Int, records: [LogRecord], dropped: Int = 0) {
        self.firstSequence = firstSequence
        self.records = records
        self.dropped = dropped
    }
}

/// coordinator → worker: everything up to a sequence number has been taken and stored; or, of a result that names memory, the
/// content of that sequence number has been read and the memory is the worker's to write again.
public struct Acknowledgement: Hashable, Codable, Sendable {
    /// The kind of message that is acknowledged: `log`, `heartbeat` or `result`.
    public var of: MessageKind
    public var sequence: Int

    public init(of: MessageKind, sequence: Int) {
        self.of = of
        self.sequence = sequence
    }
}

extension LogBatch: MessagePayload {
    static var kind: MessageKind { .log }
    var wrapped: Message { .log(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.count(firstSequence, "firstSequence")
        try check.require(firstSequence >= 1, "firstSequence", "is 0; records count from 1")
        try check.count(dropped, "dropped")
        for record in records { try record.check(check) }
    }
}

extension Acknowledgement: MessagePayload {
    static var kind: MessageKind { .acknowledgement }
    var wrapped: Message { .acknowledgement(self) }
    func check(_ check: FieldCheck) throws(ProtocolError) { try check.count(sequence, "sequence") }
}

extension LogRecord {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.require(time.isFinite && abs(time) <= Double(Limits.largestInteger), "time", "is \(time)")
        if let writtenTime {
            try check.require(writtenTime.isFinite && abs(writtenTime) <= Double(Limits.largestInteger), "writtenTime", "is \(writtenTime)")
        }
        try check.name(source, "source", mayBeEmpty: true)
        try check.text(message, "message")
        for (key, value) in fields {
            try check.name(key, "fields")
            try check.text(value, "fields.\(key)")
        }
    }
}
