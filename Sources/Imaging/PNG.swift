import CZlib
import Foundation

/// A PNG picture (W3C PNG, third edition), compressed by zlib.
public struct PNG {
    /// Row by row.
    public enum Pixels {
        /// Places in a palette of up to 256 colours, each red, green and blue; half a byte a pixel where 16 are enough.
        case indexed([UInt8], palette: [(UInt8, UInt8, UInt8)])
        /// Red, green and blue of each pixel.
        case trueColour([UInt8])
    }

    public let width: Int
    public let height: Int
    public let pixels: Pixels

    public init(width: Int, height: Int, pixels: Pixels) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    public var data: Data {
        let (bits, colourType): (UInt8, UInt8) =
            switch pixels {
            case .indexed(_, let palette): (palette.count <= 16 ? 4 : 8, 3)
            case .trueColour: (8, 2)
            }
        var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // Then deflate, filters per row, not interlaced.
        file += Self.chunk("IHDR", Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height)) + [bits, colourType, 0, 0, 0])
        if case .indexed(_, let palette) = pixels { file += Self.chunk("PLTE", palette.flatMap { [$0.0, $0.1, $0.2] }) }
        file += Self.chunk("IDAT", Self.compressed(rows(packed: bits == 4)))
        file += Self.chunk("IEND", [])
        return file
    }

    /// As an address that stands for the picture itself.
    public var dataURL: String { "data:image/png;base64," + data.base64EncodedString() }

    /// Every row behind the number of its filter, which is none.
    private func rows(packed isPacked: Bool) -> [UInt8] {
        let (bytes, perRow) =
            switch pixels {
            case .indexed(let places, _): (places, width)
            case .trueColour(let colours): (colours, 3 * width)
            }
        var rows: [UInt8] = []
        rows.reserveCapacity((perRow + 1) * height)
        for row in 0..<height {
            rows.append(0)
            let line = bytes[row * perRow..<(row + 1) * perRow]
            if isPacked { rows += Self.packed(line) } else { rows += line }
        }
        return rows
    }

    /// Two pixels a byte, the left one in the high half.
    private static func packed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        stride(from: line.startIndex, to: line.endIndex, by: 2).map { place in
            line[place] << 4 | (place + 1 < line.endIndex ? line[place + 1] : 0)
        }
    }

    private static func chunk(_ type: String, _ body: [UInt8]) -> Data {
        let named = Array(type.utf8) + body
        return Data(bigEndian(UInt32(body.count)) + named + bigEndian(UInt32(crc32(0, named, uInt(named.count)))))
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var stream = [UInt8](repeating: 0, count: Int(count))
        let status = compress2(&stream, &count, bytes, uLong(bytes.count), 9)
        // The room is what zlib asks for, so that only memory can fail it.
        precondition(status == Z_OK, "zlib: status \(status)")
        return Array(stream[..<Int(count)])
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
}
