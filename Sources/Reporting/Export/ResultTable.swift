import Diagnostics
import Foundation
import RunStore

/// Rows under named columns, on their way to a file.
struct ResultTable: Sendable {
    /// Of the file, without its ending.
    let name: String
    let columns: [String]
    let rows: [[SQLiteValue]]

    /// As the result files have it: numbers in full, undefined ones empty.
    var csv: String {
        var csv = CSV(header: columns)
        for row in rows {
            csv.append(row.map { value in
                switch value {
                case .null: ""
                case .integer(let number): "\(number)"
                case .real(let number): CSV.number(number)
                case .text(let text): text
                }
            })
        }
        return csv.text
    }

    /// A list of objects, one a line, keys in the columns' order, undefined values null.
    func json() throws(Problem) -> Data {
        let keys = try columns.map { (column) throws(Problem) in try Self.quoted(column) }
        var lines: [String] = []
        for row in rows {
            var fields: [String] = []
            for (key, value) in zip(keys, row) { fields.append("\(key): \(try Self.text(value))") }
            lines.append("  {" + fields.joined(separator: ", ") + "}")
        }
        return Data(("[\n" + lines.joined(separator: ",\n") + "\n]\n").utf8)
    }

    private static func text(_ value: SQLiteValue) throws(Problem) -> String {
        switch value {
        case .null: "null"
        case .integer(let number): "\(number)"
        // JSON has no infinity, and SQLite keeps no NaN.
        case .real(let number): number.isFinite ? "\(number)" : "null"
        case .text(let text): try quoted(text)
        }
    }

    private static func quoted(_ text: String) throws(Problem) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        do { return String(decoding: try encoder.encode(text), as: UTF8.self) } catch {
            throw Problem("a text cannot be written as JSON: \(error)")
        }
    }
}
