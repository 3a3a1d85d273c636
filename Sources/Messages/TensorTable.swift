import Foundation
import Tensors

/// Matches the header's tensor table with the frames that follow.
struct TensorTable {
    let entries: [TensorTableEntry]
    let limits: Limits

    /// A tensor takes as many frames as it needs to be complete, at least one; none is shared, none may be left over.
    func tensors(from frames: ArraySlice<Data>) throws(ProtocolError) -> [WireTensor] {
        guard entries.count <= frames.count else {
            throw .frameCount(announced: "at least \(entries.count) frames", arrived: frames.count)
        }
        var rest = frames
        var seen = Set<String>()
        var tensors: [WireTensor] = []
        for entry in entries {
            let (type, shape) = try check(entry, seen: &seen)
            let data = try take(entry, from: &rest)
            tensors.append(WireTensor(entry.name, checked: type, shape, data))
        }
        guard rest.isEmpty else {
            throw .frameCount(announced: "\(frames.count - rest.count) frames", arrived: frames.count)
        }
        return tensors
    }

    private func check(_ entry: TensorTableEntry, seen: inout Set<String>) throws(ProtocolError) -> (ElementType, Shape) {
        try checkTensorName(entry.name, limits: limits, seen: &seen)
        guard let type = ElementType(rawValue: entry.type) else {
            throw .badTensor(name: entry.name, reason: "unknown element type \"\(entry.type.prefix(16))\"")
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

    private func take(_ entry: TensorTableEntry, from rest: inout ArraySlice<Data>) throws(ProtocolError) -> Data {
        guard var data = rest.popFirst() else {
            throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes announced, no frame is left")
        }
        guard data.count < entry.bytes else {
            if data.count == entry.bytes { return data }
            throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes announced, a frame of \(data.count) arrived")
        }
        // Announced bytes are memory only once the frames have turned out to hold them.
        guard rest.reduce(data.count, { $0 + $1.count }) >= entry.bytes else {
            throw .badTensor(name: entry.name, reason: "\(entry.bytes) bytes announced, the frames hold fewer")
        }
        data.reserveCapacity(entry.bytes)
        while data.count < entry.bytes, let next = rest.popFirst() {
            guard !next.isEmpty, data.count + next.count <= entry.bytes else {
                throw .badTensor(name: entry.name, reason: "its frames do not add up to the \(entry.bytes) bytes announced")
            }
            data.append(next)
        }
        return data
    }
}

func checkTensorName(_ name: String, limits: Limits, seen: inout Set<String>) throws(ProtocolError) {
    guard !name.isEmpty, name.utf8.count <= limits.nameBytes else {
        throw .badTensor(name: String(name.prefix(32)), reason: "a name has 1 to \(limits.nameBytes) bytes")
    }
    guard seen.insert(name).inserted else { throw .badTensor(name: name, reason: "stands twice in the table") }
}
