import Diagnostics
import Reporting

/// Writes lines of the log to standard output, many at once.
struct LogOutput {
    let asJSON: Bool
    let colored: Bool

    func show(_ lines: [LogLine]) {
        var start = 0
        while start < lines.count {
            let part = lines[start..<min(start + 1000, lines.count)]
            start += part.count
            if asJSON {
                var writer = JSONTextWriter(capacity: part.count * 256)
                for line in part {
                    line.appendJSON(to: &writer)
                    writer.raw("\n")
                }
                StandardOutput.write(writer.bytes)
            } else {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(part.count * 192)
                for line in part {
                    LogText.append(line.record, to: &bytes, colored: colored)
                    bytes.append(UInt8(ascii: "\n"))
                }
                StandardOutput.write(bytes)
            }
        }
    }

    /// Stands where records are missing.
    func showGap(_ count: Int) {
        guard count > 0 else { return }
        StandardOutput.writeLine(asJSON ? "{\"missing\":\(count)}" : "… \(count) records that are not kept any more …")
    }
}
