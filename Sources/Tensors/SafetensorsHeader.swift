import Diagnostics

/// A parsed, not yet checked safetensors header.
struct SafetensorsHeader {
    struct RawEntry {
        var name: String
        /// Where the entry begins in the file, for error messages.
        var position: Int
        var type = ""
        var shape: [Int] = []
        var begin = 0
        var end = 0
    }

    var metadata: [String: String] = [:]
    var entries: [RawEntry] = []

    /// Checks what each entry says against the file, as the reference implementation does: known type, possible shape, as
    /// many bytes as type and shape ask for, and tensors that follow each other without gap or overlap to the file's end.
    func checkedEntries(dataByteCount: Int, path: String) throws(Problem) -> [SafetensorsFile.Entry] {
        var checked: [SafetensorsFile.Entry] = []
        checked.reserveCapacity(entries.count)
        // Names break ties between empty tensors, which share an offset.
        let ordered = entries.sorted { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
        var expected = 0
        for entry in ordered {
            func problem(_ what: String, _ remedy: String = damagedRemedy) -> Problem {
                Problem("tensor \"\(entry.name)\" \(what)", at: "\(path), offset \(entry.position)", remedy: remedy)
            }
            guard let type = ElementType(rawValue: entry.type) else {
                let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
                throw problem("has type \"\(entry.type)\"", "types that can be read: \(known)")
            }
            guard let shape = Shape(checking: entry.shape) else { throw problem("has the impossible shape \(entry.shape)") }
            let (byteCount, overflow) = shape.count.multipliedReportingOverflow(by: type.byteCount)
            guard !overflow else { throw problem("has the impossible shape \(shape)") }
            guard entry.begin <= entry.end, entry.end <= dataByteCount else {
                throw problem("lies at bytes \(entry.begin) to \(entry.end), outside the \(dataByteCount) bytes of data")
            }
            guard entry.end - entry.begin == byteCount else {
                throw problem("has \(entry.end - entry.begin) bytes, and \(type.rawValue) \(shape) takes \(byteCount)")
            }
            guard entry.begin >= expected else { throw problem("overlaps the tensor before it at byte \(entry.begin)") }
            guard entry.begin == expected else { throw problem("leaves a gap: it begins at byte \(entry.begin), not \(expected)") }
            expected = entry.end
            checked.append(SafetensorsFile.Entry(name: entry.name, type: type, shape: shape, offset: entry.begin))
        }
        guard expected == dataByteCount else {
            throw Problem("has \(dataByteCount - expected) bytes that belong to no tensor at its end", at: path, remedy: damagedRemedy)
        }
        return checked
    }
}
