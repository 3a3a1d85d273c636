extension PixelBuffer {
    /// Writes the picture, moved and then mirrored, as `size` x `size` x `channels` floats; what it does not cover is left.
    ///
    /// - Parameters:
    ///   - table: 256 values for each channel, one channel after the other.
    ///   - down: rows that it moves, and `right` columns; negative for up and left.
    /// - Precondition: the picture is `size` pixels a side; `channels` is 1 (red alone) or 3; `output` has room.
    public func write(
        _ table: UnsafePointer<Float>, channels: Int, size: Int, down: Int, right: Int, mirrored: Bool,
        to output: UnsafeMutablePointer<Float>
    ) {
        precondition(width == size && height == size && (channels == 1 || channels == 3))
        let columns = max(0, -right)..<max(max(0, -right), min(size, size &- right))
        for row in max(0, -down)..<max(max(0, -down), min(size, size &- down)) {
            var source = UnsafePointer(pixels) + (row &* size &+ columns.lowerBound) &* 4
            let first = columns.lowerBound &+ right
            var target = output + ((row &+ down) &* size &+ (mirrored ? size &- 1 &- first : first)) &* channels
            let step = mirrored ? -channels : channels
            if channels == 3 {
                for _ in columns {
                    target[0] = table[Int(source[0])]
                    target[1] = table[256 &+ Int(source[1])]
                    target[2] = table[512 &+ Int(source[2])]
                    source += 4
                    target += step
                }
            } else {
                for _ in columns {
                    target[0] = table[Int(source[0])]
                    source += 4
                    target += step
                }
            }
        }
    }

    /// Turns ink (cyan, magenta, yellow, black, stored as 255 − ink, as Adobe's programs do) into red, green and blue, as
    /// Pillow does: each colour is what the black leaves, less the ink's share of it.
    public func convertFromInk() {
        for pixel in 0..<width &* height {
            let place = 4 &* pixel
            let left = UInt32(pixels[place &+ 3])
            for channel in 0..<3 {
                let product = UInt32(255 &- pixels[place &+ channel]) &* left &+ 128
                let taken = (product &+ product >> 8) >> 8
                pixels[place &+ channel] = UInt8(truncatingIfNeeded: left &- min(left, taken))
            }
        }
    }
}
