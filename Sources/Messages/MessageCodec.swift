import Foundation
import Tensors

/// Turns messages into frames and back. Frame 1 is a JSON header, the frames after it are raw tensor bytes.
///
///     let frames = try MessageCodec().encode(Envelope(run: "", sender: "anna", message: .hello(hello)))
///     let envelope = try MessageCodec().decode(frames)
///
/// Encoding is a function of the message alone: compact JSON, keys sorted, numbers in their shortest exact form.
public struct MessageCodec: Sendable {
    public var limits: Limits

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// - Throws: what the receiver would throw, if the message breaks the limits or holds a senseless value.
    public func encode(_ envelope: Envelope) throws(ProtocolError) -> [Data] {
        let payload = envelope.message.payload
        try check(payload, run: envelope.run, sender: envelope.sender)
        if let header = Self.logHeader(envelope) {
            try limits.check([header])
            return [header]
        }
        let tensors = payload.carriedTensors
        try checkNames(of: tensors)
        let writer = HeaderWriter(envelope: envelope, payload: payload, tensors: tensors)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        let header: Data
        do { header = try encoder.encode(writer) } catch { throw .malformedHeader(reason: "\(error)") }
        var frames = [header]
        for tensor in tensors {
            for piece in tensor.pieces { appendChunks(of: piece, to: &frames) }
        }
        try limits.check(frames)
        return frames
    }

    /// - Throws: `.unknownKind` and `.unknownUnitKind` for what a newer peer may send, other cases for what none should.
    public func decode(_ frames: [Data]) throws(ProtocolError) -> Envelope {
        try limits.check(frames)
        try checkJSON(frames[0], limits: limits)
        if let envelope = Self.logEnvelope(frames) {
            try check(envelope.message.payload, run: envelope.run, sender: envelope.sender)
            return envelope
        }
        let header = try readHeader(frames[0])
        let tensors = try TensorTable(entries: header.tensors, limits: limits).tensors(from: frames.dropFirst())
        var payload = header.payload
        try payload.attach(unit: header.unit, tensors: tensors)
        try check(payload, run: header.run, sender: header.sender)
        return Envelope(run: header.run, sender: header.sender, message: payload.wrapped)
    }

    private func readHeader(_ frame: Data) throws(ProtocolError) -> HeaderReader {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        do {
            return try decoder.decode(HeaderReader.self, from: frame)
        } catch let error as ProtocolError {
            throw error
        } catch let error as DecodingError {
            throw .malformedHeader(reason: error.shortDescription.shortened(to: reasonBytes))
        } catch {
            throw .malformedHeader(reason: "\(error)".shortened(to: reasonBytes))
        }
    }

    /// What a refusal says of a header at most: it names the field, and a field's name is the peer's to choose.
    private var reasonBytes: Int { 512 }

    private func check(_ payload: any MessagePayload, run: String, sender: String) throws(ProtocolError) {
        let check = FieldCheck(kind: type(of: payload).kind.rawValue, limits: limits)
        try check.name(run, "run", mayBeEmpty: true)
        try check.name(sender, "sender")
        try payload.check(check)
    }

    private func checkNames(of tensors: [WireTensor]) throws(ProtocolError) {
        var seen = Set<String>()
        for tensor in tensors { try checkTensorName(tensor.name, limits: limits, seen: &seen) }
    }

    /// An empty tensor still takes one frame, an empty one.
    private func appendChunks(of data: Data, to frames: inout [Data]) {
        var start = data.startIndex
        repeat {
            let end = min(start + limits.chunkBytes, data.endIndex)
            frames.append(data[start..<end])
            start = end
        } while start < data.endIndex
    }
}

extension DecodingError {
    /// The field and what is wrong with it, without the decoder's internals.
    fileprivate var shortDescription: String {
        func place(_ context: Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            return path.isEmpty ? "" : "\(path): "
        }
        switch self {
        case .keyNotFound(let key, let context): return place(context) + "field \"\(key.stringValue)\" is missing"
        case .valueNotFound(_, let context): return place(context) + "is null"
        case .typeMismatch(let type, let context): return place(context) + "is not a \(type)"
        case .dataCorrupted(let context): return place(context) + context.debugDescription
        @unknown default: return "\(self)"
        }
    }
}
