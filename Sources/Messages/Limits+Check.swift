import Foundation

extension Limits {
    /// Counts and sizes of a message's frames.
    public func check(_ parts: [Data]) throws(ProtocolError) {
        guard let header = parts.first else { throw .noFrames }
        guard parts.count <= frames else { throw .tooManyFrames(count: parts.count, limit: frames) }
        guard header.count <= headerBytes else { throw .headerTooLarge(bytes: header.count, limit: headerBytes) }
        var total = 0
        for (index, part) in parts.enumerated() {
            guard part.count <= frameBytes else { throw .frameTooLarge(frame: index + 1, bytes: part.count, limit: frameBytes) }
            total += part.count
        }
        guard total <= messageBytes else { throw .messageTooLarge(bytes: total, limit: messageBytes) }
    }
}

/// What must hold before a JSON parser sees the header: an object, in UTF-8, nested no deeper than allowed. A parser
/// recurses with the nesting, and takes text with zero bytes for UTF-16.
func checkJSON(_ frame: Data, limits: Limits) throws(ProtocolError) {
    // An array is gone through several times as fast.
    let header = Array(frame)
    guard header.first == UInt8(ascii: "{") else { throw .malformedHeader(reason: "it does not begin with {") }
    var depth = 0
    var inString = false
    var escaped = false
    for byte in header {
        switch byte {
        case 0: throw .malformedHeader(reason: "it has zero bytes")
        case _ where escaped: escaped = false
        case UInt8(ascii: "\\") where inString: escaped = true
        case UInt8(ascii: "\""): inString.toggle()
        case _ where inString: break
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            guard depth <= limits.nesting else { throw .nestedTooDeeply(limit: limits.nesting) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }
    guard String(validating: header, as: UTF8.self) != nil else { throw .malformedHeader(reason: "it is not UTF-8") }
}
