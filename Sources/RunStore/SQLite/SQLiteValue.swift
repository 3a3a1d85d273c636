import Diagnostics

/// A value in a cell. Numbers that are not a number (NaN) become NULL: SQLite has none.
public enum SQLiteValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}

/// What may stand for a question mark in a statement.
public protocol SQLiteConvertible {
    var sqliteValue: SQLiteValue { get }
}

extension SQLiteValue: SQLiteConvertible {
    public var sqliteValue: SQLiteValue { self }
}

extension Int: SQLiteConvertible {
    public var sqliteValue: SQLiteValue { .integer(Int64(self)) }
}

extension UInt64: SQLiteConvertible {
    /// Numbers from 2⁶³ up are stored as negative ones.
    public var sqliteValue: SQLiteValue { .integer(Int64(bitPattern: self)) }
}

extension Bool: SQLiteConvertible {
    public var sqliteValue: SQLiteValue { .integer(self ? 1 : 0) }
}

extension Double: SQLiteConvertible {
    public var sqliteValue: SQLiteValue { isNaN ? .null : .real(self) }
}

extension String: SQLiteConvertible {
    public var sqliteValue: SQLiteValue { .text(self) }
}

extension Optional: SQLiteConvertible where Wrapped: SQLiteConvertible {
    public var sqliteValue: SQLiteValue { self?.sqliteValue ?? .null }
}

/// One row of an answer. Columns count from 0. A value of another type than asked for means that the file was changed by
/// somebody else, and throws.
public struct Row: Sendable {
    public let values: [SQLiteValue]
    let path: String

    public func integer(_ column: Int) throws(Problem) -> Int {
        guard let value = try optionalInteger(column) else { throw unexpected(column, "a whole number") }
        return value
    }

    public func optionalInteger(_ column: Int) throws(Problem) -> Int? {
        switch values[column] {
        case .integer(let value): return Int(value)
        case .null: return nil
        default: throw unexpected(column, "a whole number")
        }
    }

    public func double(_ column: Int) throws(Problem) -> Double {
        guard let value = try optionalDouble(column) else { throw unexpected(column, "a number") }
        return value
    }

    public func optionalDouble(_ column: Int) throws(Problem) -> Double? {
        switch values[column] {
        case .real(let value): return value
        case .integer(let value): return Double(value)
        case .null: return nil
        case .text: throw unexpected(column, "a number")
        }
    }

    public func string(_ column: Int) throws(Problem) -> String {
        guard let value = try optionalString(column) else { throw unexpected(column, "text") }
        return value
    }

    public func optionalString(_ column: Int) throws(Problem) -> String? {
        switch values[column] {
        case .text(let value): return value
        case .null: return nil
        default: throw unexpected(column, "text")
        }
    }

    public func bool(_ column: Int) throws(Problem) -> Bool { try integer(column) != 0 }

    func unexpected(_ column: Int, _ wanted: String) -> Problem {
        Problem(
            "a row holds \(values[column]) where \(wanted) belongs", at: path,
            remedy: "the journal was changed by another program: put a copy of it back")
    }
}
