import CZlib

/// The CRC-32 of gzip (RFC 1952, section 8), and the number of bytes that went in.
struct CyclicRedundancyCheck {
    private var state: uLong = 0
    private(set) var byteCount = 0

    var value: UInt32 { UInt32(state) }

    mutating func update(_ bytes: UnsafeRawBufferPointer.SubSequence) {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        state = crc32_z(state, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        byteCount += bytes.count
    }
}
