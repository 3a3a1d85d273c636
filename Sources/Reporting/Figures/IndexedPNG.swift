import CZlib
import Foundation

/// A PNG picture of up to 256 colours (W3C PNG, third edition), compressed by zlib, with half a byte a pixel where 16 colours
/// are enough: the matrices of the report, where a thousand labels would be a million SVG rectangles.
struct IndexedPNG {
    let width: Int
    let height: Int
    /// Indices into the palette, row by row.
    let pixels: [UInt8]
    /// Red, green and blue of each colour.
    let palette: [(UInt8, UInt8, UInt8)]

    var data: Data {
        let isPacked = palette.count <= 16
        var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        header += [isPacked ? 4 : 8, 3, 0, 0, 0]  // bits per pixel, indexed colours, deflate, filters per row, not interlaced
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for row in 0..<height {
            rows.append(0)  // no filter
            let line = pixels[row * width..<(row + 1) * width]
            if isPacked { rows += Self.packed(line) } else { rows += line }
        }
        var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        file += chunk("IHDR", header)
        file += chunk("PLTE", palette.flatMap { [$0.0, $0.1, $0.2] })
        file += chunk("IDAT", Self.compressed(rows))
        file += chunk("IEND", [])
        return file
    }

    /// As an address that stands for the picture itself.
    var dataURL: String { "data:image/png;base64," + data.base64EncodedString() }

    private func chunk(_ type: String, _ body: [UInt8]) -> Data {
        let named = Array(type.utf8) + body
        return Data(bigEndian(UInt32(body.count)) + named + bigEndian(Self.crc32(named)))
    }

    /// Two pixels a byte, the left one in the high half.
    private static func packed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        stride(from: line.startIndex, to: line.endIndex, by: 2).map { place in
            line[place] << 4 | (place + 1 < line.endIndex ? line[place + 1] : 0)
        }
    }

    /// A zlib stream (RFC 1950 and 1951).
    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var stream = [UInt8](repeating: 0, count: Int(count))
        let status = compress2(&stream, &count, bytes, uLong(bytes.count), 9)
        // The room is what zlib asks for, so that only memory can fail it.
        precondition(status == Z_OK, "zlib: status \(status)")
        return Array(stream[..<Int(count)])
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
