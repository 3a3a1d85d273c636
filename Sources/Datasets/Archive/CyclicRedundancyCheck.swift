/// The CRC-32 of gzip (RFC 1952, section 8), and the number of bytes that went in.
struct CyclicRedundancyCheck {
    private var state: UInt32 = .max
    private(set) var byteCount = 0

    var value: UInt32 { ~state }

    mutating func update(_ bytes: UnsafeRawBufferPointer.SubSequence) {
        let table = Self.table.span
        var state = state
        for byte in bytes { state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8) }
        self.state = state
        byteCount += bytes.count
    }

    /// The remainder of each byte by the reflected polynomial.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in remainder & 1 == 1 ? 0xEDB8_8320 ^ (remainder >> 1) : remainder >> 1 }
    }
}
