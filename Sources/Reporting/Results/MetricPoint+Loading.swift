import Diagnostics
import Foundation

extension MetricPoint {
    /// Reads a `metrics.csv` that `ResultFiles` wrote.
    public static func load(path: String) throws(Problem) -> [MetricPoint] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem("cannot be read", at: path, remedy: "name a run directory whose analysis is finished")
        }
        var points: [MetricPoint] = []
        for (line, fields) in CSV.records(String(decoding: data, as: UTF8.self)).enumerated().dropFirst() {
            guard fields.count == 6, let step = Int(fields[3]), let epoch = Double(fields[4]), let value = Double(fields[5]) else {
                throw Problem("is not a line of metrics", at: "\(path), line \(line + 1)", remedy: "analyse the run again")
            }
            points.append(MetricPoint(
                phase: fields[0], name: fields[1], layer: fields[2].isEmpty ? nil : fields[2], step: step, epoch: epoch, value: value))
        }
        return points
    }
}

extension CSV {
    /// The records of a text, quoted fields undone; a quoted field may hold line breaks.
    static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = String.UnicodeScalarView()
        var quoted = false
        var justClosed = false
        for scalar in text.unicodeScalars {
            if quoted {
                if scalar == "\"" { (quoted, justClosed) = (false, true) } else { field.append(scalar) }
                continue
            }
            switch scalar {
            case "\"":
                // A quote right after a closing one is a quote in the field.
                if justClosed { field.append(scalar) }
                quoted = true
            case ",":
                record.append(String(field))
                field = .init()
            case "\n":
                record.append(String(field))
                records.append(record)
                (record, field) = ([], .init())
            default: field.append(scalar)
            }
            justClosed = false
        }
        if !record.isEmpty || !field.isEmpty { records.append(record + [String(field)]) }
        return records
    }
}
