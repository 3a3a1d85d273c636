import Foundation
import Tensors

/// Matches the header's tensor table with the frames that follow.
struct TensorTable {
    let entries: [TensorTableEntry]
    let limits: Limits

    /// A tensor takes as many frames as it needs to be complete, at least one; none is shared, none may be left over.
    func tensors(from frames: ArraySlice<Data>) throws(ProtocolError) -> [WireTensor] {
        let carried = entries.count { $0.memory == nil }
        guard carried <= frames.count else {
            throw .frameCount(announced: "at least \(carried) frames", arrived: frames.count)
        }
        var rest = frames
        var seen = Set<String>()
        var tensors: [WireTensor] = []
        for entry in entries {
            let (type, shape) = try check(entry, seen: &seen)
            if let memory = entry.memory {
                try check(memory, of: entry, type)
                tensors.append(WireTensor(entry.name, checked: type, shape, .memory(memory)))
            } else {
                tensors.append(WireTensor(entry.name, checked: type, shape, .bytes(try take(entry, from: &rest))))
            }
        }
        guard rest.isEmpty else {
            throw .frameCount(announced: "\(frames.count - rest.count) frames", arrived: frames.count)
        }
        return tensors
    }

    private func check(_ entry: TensorTableEntry, seen: inout Set<String>) throws(ProtocolError) -> (ElementType, Shape) {
        try checkTensorName(entry.name, limits: limits, seen: &seen)
        guard let type = ElementType(rawValue: entry.type) else {
            throw .badTensor(name: entry.name, reason: "unknown element type \"\(entry.type.shortened(to: 16))\"")
        }
        guard entry.shape.count <= limits.rank else {
            throw .badTensor(name: entry.name, reason: "\(entry.shape.count) dimensions, more than \(limits.rank)")
        }
        guard let shape = Shape(checking: entry.shape) else {
            throw .badTensor(name: entry.name, reason: "impossible shape \(entry.shape)")
        }
        let expected = try WireTensor.byteCount(name: entry.name, type: type, shape: shape)
        guard entry.bytes == expected else {
            throw .badTensor(name: entry.name, reason: "\(type.rawValue) \(shape) takes \(expected) bytes, \(entry.bytes) announced")
        }
        return (type, shape)
    }

    private func check(_ memory: SegmentReference, of entry: TensorTableEntry, _ type: ElementType) throws(ProtocolError) {
        guard type == .float32 else { throw .badTensor(name: entry.name, reason: "\(type.rawValue) elements lie in memory, only F32 may") }
        guard entry.bytes <= limits.memoryBytes else {
            throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes of memory, more than \(limits.memoryBytes)")
        }
        guard memory.isPlausible else { throw .badTensor(name: entry.name, reason: "it lies in no possible memory") }
    }

    /// The frames of one tensor, as they are.
    private func take(_ entry: TensorTableEntry, from rest: inout ArraySlice<Data>) throws(ProtocolError) -> [Data] {
        guard let first = rest.popFirst() else {
            throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes announced, no frame is left")
        }
        guard first.count < entry.bytes else {
            if first.count == entry.bytes { return [first] }
            throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes announced, a frame of \(first.count) arrived")
        }
        var pieces = [first]
        var count = first.count
        while count < entry.bytes {
            guard let next = rest.popFirst() else {
                throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes announced, the frames hold fewer")
            }
            guard !next.isEmpty, count + next.count <= entry.bytes else {
                throw .badTensor(name: entry.name, reason: "its frames do not add up to the \(entry.bytes) bytes announced")
            }
            pieces.append(next)
            count += next.count
        }
        return pieces
    }
}

extension SegmentReference {
    /// Whether a process of Linux can have it; what it leads to is checked by whoever maps it.
    var isPlausible: Bool {
        (1...Int(Int32.max)).contains(process) && (0...Int(Int32.max)).contains(descriptor)
            && (1...Limits.largestInteger).contains(sequence) && identifier.utf8.count == 32
            && identifier.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }
}

func checkTensorName(_ name: String, limits: Limits, seen: inout Set<String>) throws(ProtocolError) {
    guard !name.isEmpty, name.utf8.count <= limits.nameBytes else {
        throw .badTensor(name: name.shortened(to: 32), reason: "a name has 1 to \(limits.nameBytes) bytes")
    }
    guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
        throw .badTensor(name: "…", reason: "its name has control characters")
    }
    guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
        throw .badTensor(name: String(name.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init).prefix(32)), reason: "its name has control characters")
    }
    guard seen.insert(name).inserted else { throw .badTensor(name: name, reason: "stands twice in the table") }
}
