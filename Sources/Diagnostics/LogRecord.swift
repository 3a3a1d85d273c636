/// How much a log record matters. Raw values order them.
public enum LogLevel: Int, Codable, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

    /// The word users type and read: `debug`, `info`, `warning`, `error`.
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    public init?(name: String) {
        switch name {
        case "debug": self = .debug
        case "info": self = .info
        case "warning": self = .warning
        case "error": self = .error
        default:
            guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
            self = level
        }
    }
}

/// One structured log line: a fixed message plus dotted keys; values are not baked into the text.
public struct LogRecord: Codable, Hashable, Sendable {
    /// Seconds since 1970: by the clock of the machine that wrote it, and in a run's log by the coordinator's.
    public var time: Double
    /// The time by the writer's clock, where that is another than the coordinator's and `time` was put on the latter; else nil.
    public var writtenTime: Double?
    public var level: LogLevel
    /// Who wrote it: `coordinator` or a worker's name.
    public var source: String
    /// The unit of work it concerns, if any.
    public var unit: UInt64?
    public var message: String
    /// Details under dotted keys, `worker.name`, `step`, `unit.id`.
    public var fields: [String: String]

    public init(
        time: Double, level: LogLevel, source: String, unit: UInt64? = nil, message: String, fields: [String: String] = [:],
        writtenTime: Double? = nil
    ) {
        self.time = time
        self.level = level
        self.source = source
        self.unit = unit
        self.message = message
        self.fields = fields
        self.writtenTime = writtenTime
    }
}

extension LogRecord {
    /// Bytes of its text, and roughly of what stands between; characters that JSON escapes take up to six times as many.
    public var byteCount: Int {
        fields.reduce(128 + source.utf8.count + message.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count + 8 }
    }
}
