import Foundation
import Reporting

/// Numbers and tables of the bench's results for people.
enum BenchText {
    static func milliseconds(_ value: Double) -> String { String(format: "%.3f", value) }
    static func rate(_ value: Double) -> String { String(format: "%.1f", value) }
    static func factor(_ value: Double) -> String { String(format: "%.2f", value) }
    static func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) * 1e-6) }
    static func mebibytes(_ bytes: Int) -> String { String(format: "%.1f MiB", Double(bytes) / 1_048_576) }
    static func percent(_ share: Double) -> String { String(format: "%.1f", share * 100) }
    static func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

    static func table(_ rows: [[String]], _ alignment: [TextColumns.Alignment]) -> String {
        TextColumns.lines(rows, alignment: alignment).map { $0 + "\n" }.joined()
    }
}
