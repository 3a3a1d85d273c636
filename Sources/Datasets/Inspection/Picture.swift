import Imaging

/// A picture in true colour, white at first.
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

    var png: PNG { PNG(width: width, height: height, pixels: .trueColour(pixels)) }
}

extension Preprocessing {
    /// The pixel value that became `value`; samples that are network input already are shown as if from −1 to 1.
    fileprivate func pixel(of value: Float, channel: Int) -> UInt8 {
        let share = normalization.map { value * $0.deviation[channel] + $0.mean[channel] } ?? (value + 1) / 2
        return UInt8(max(0, min(255, (share * 255).rounded())))
    }
}
