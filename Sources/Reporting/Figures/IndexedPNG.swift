import Foundation

/// A PNG picture of up to 256 colours (W3C PNG, third edition), its pixels stored without compression: the matrices of the
/// report, where a thousand labels would be a million SVG rectangles.
struct IndexedPNG {
    let width: Int
    let height: Int
    /// Indices into the palette, row by row.
    let pixels: [UInt8]
    /// Red, green and blue of each colour.
    let palette: [(UInt8, UInt8, UInt8)]

    var data: Data {
        var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        header += [8, 3, 0, 0, 0]  // bits per pixel, indexed colours, deflate, filters per row, not interlaced
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for row in 0..<height {
            rows.append(0)  // no filter
            rows += pixels[row * width..<(row + 1) * width]
        }
        var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        file += chunk("IHDR", header)
        file += chunk("PLTE", palette.flatMap { [$0.0, $0.1, $0.2] })
        file += chunk("IDAT", stored(rows))
        file += chunk("IEND", [])
        return file
    }

    /// As an address that stands for the picture itself.
    var dataURL: String { "data:image/png;base64," + data.base64EncodedString() }

    private func chunk(_ type: String, _ body: [UInt8]) -> Data {
        let named = Array(type.utf8) + body
        return Data(bigEndian(UInt32(body.count)) + named + bigEndian(Self.crc32(named)))
    }

    /// A zlib stream of stored blocks (RFC 1950 and 1951), at most 65,535 bytes each.
    private func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(start + 65_535, bytes.count)
            let count = UInt16(end - start)
            stream.append(end == bytes.count ? 1 : 0)
            for value in [count, ~count] { stream += [UInt8(value & 255), UInt8(value >> 8)] }
            stream += bytes[start..<end]
            start = end
        } while start < bytes.count
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return stream + bigEndian(high << 16 | low)
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
}
