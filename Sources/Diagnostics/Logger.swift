import Foundation
import Synchronization

/// Where log records go. Only executables choose one; libraries are handed a `Logger`.
public protocol LogSink: Sendable {
    func write(_ record: LogRecord)
}

/// Writes records of at least one level, under one source name, to a sink.
public struct Logger: Sendable {
    public let source: String
    public let level: LogLevel
    private let sink: any LogSink

    public init(source: String, level: LogLevel = .info, sink: any LogSink) {
        self.source = source
        self.level = level
        self.sink = sink
    }

    public func log(_ level: LogLevel, _ message: String, unit: UInt64? = nil, _ fields: [String: String] = [:]) {
        guard level >= self.level else { return }
        sink.write(LogRecord(
            time: Date().timeIntervalSince1970, level: level, source: source, unit: unit, message: message, fields: fields))
    }

    public func debug(_ message: String, unit: UInt64? = nil, _ fields: [String: String] = [:]) { log(.debug, message, unit: unit, fields) }
    public func info(_ message: String, unit: UInt64? = nil, _ fields: [String: String] = [:]) { log(.info, message, unit: unit, fields) }
    public func warning(_ message: String, unit: UInt64? = nil, _ fields: [String: String] = [:]) { log(.warning, message, unit: unit, fields) }
    public func error(_ message: String, unit: UInt64? = nil, _ fields: [String: String] = [:]) { log(.error, message, unit: unit, fields) }
}

/// Keeps records in memory until somebody takes them.
public final class InMemoryLogSink: LogSink {
    private let stored = Mutex<[LogRecord]>([])
    private let threshold: Int
    private let filled: @Sendable () -> Void

    /// - Parameter filled: called, by whoever writes, when there are as many as `threshold`.
    public init(threshold: Int = .max, filled: @escaping @Sendable () -> Void = {}) {
        self.threshold = threshold
        self.filled = filled
    }

    public func write(_ record: LogRecord) {
        let isFull = stored.withLock { records in
            records.append(record)
            return records.count == threshold
        }
        if isFull { filled() }
    }

    public func write(_ records: [LogRecord]) { stored.withLock { $0 += records } }
    public var records: [LogRecord] { stored.withLock { $0 } }

    /// Takes out what has been written so far.
    public func drain() -> [LogRecord] {
        stored.withLock { records in
            defer { records = [] }
            return records
        }
    }
}
