import Foundation

/// A PNG picture in true colour (W3C PNG, third edition), its pixels stored without compression.
struct Picture {
    let width: Int
    let height: Int
    /// Red, green and blue, row by row.
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 255, count: width * height * 3)
    }

    /// Puts network input of [size, size, channels] at a column; one channel is shown as grey.
    mutating func place(_ values: UnsafeBufferPointer<Float>, _ preprocessing: Preprocessing, column: Int) {
        let (size, channels) = (preprocessing.outputSize, preprocessing.channels)
        for row in 0..<min(size, height) {
            for pixel in 0..<min(size, width - column) {
                for channel in 0..<3 {
                    let source = channels >= 3 ? channel : 0
                    let value = values[(row * size + pixel) * channels + source]
                    pixels[(row * width + column + pixel) * 3 + channel] = preprocessing.pixel(of: value, channel: source)
                }
            }
        }
    }

    var png: Data {
        var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // 8 bits a channel, true colour, deflate, filters per row, not interlaced.
        file += chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0])
        var rows: [UInt8] = []
        rows.reserveCapacity((3 * width + 1) * height)
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * width * 3..<(row + 1) * width * 3]
        }
        file += chunk("IDAT", stored(rows))
        file += chunk("IEND", [])
        return file
    }

    private func chunk(_ type: String, _ body: [UInt8]) -> Data {
        let named = Array(type.utf8) + body
        var checksum = CyclicRedundancyCheck()
        named.withUnsafeBytes { checksum.update($0[...]) }
        return Data(bigEndian(UInt32(body.count)) + named + bigEndian(checksum.value))
    }

    /// A zlib stream of stored blocks (RFC 1950 and 1951).
    private func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: bytes.count, by: 65_535) {
            let end = min(start + 65_535, bytes.count)
            let count = UInt16(end - start)
            stream.append(end == bytes.count ? 1 : 0)
            for value in [count, ~count] { stream += [UInt8(value & 255), UInt8(value >> 8)] }
            stream += bytes[start..<end]
        }
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return stream + bigEndian(high << 16 | low)
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) } }
}

extension Preprocessing {
    /// The pixel value that became `value`; samples that are network input already are shown as if from −1 to 1.
    fileprivate func pixel(of value: Float, channel: Int) -> UInt8 {
        let share = normalization.map { value * $0.deviation[channel] + $0.mean[channel] } ?? (value + 1) / 2
        return UInt8(max(0, min(255, (share * 255).rounded())))
    }
}
