/// A picture of one byte each for red, green, blue and padding, row after row; its memory grows to the largest picture that
/// it held and is then used again. Not for two threads at once.
public final class PixelBuffer {
    public private(set) var width = 0
    public private(set) var height = 0
    /// Red, green, blue, padding of the first pixel, and on; rows follow each other at `bytesPerRow`.
    public private(set) var pixels: UnsafeMutablePointer<UInt8>
    private var capacity: Int

    /// Bytes behind the last pixel, so that loops of 16 bytes may read and write past the end of a row.
    private static let slack = 64

    public init() {
        capacity = Self.slack
        pixels = .allocate(capacity: capacity)
        pixels.initialize(repeating: 0, count: capacity)
    }

    deinit { pixels.deallocate() }

    public var bytesPerRow: Int { width &* 4 }
    public var byteCount: Int { width &* height &* 4 }

    /// Makes room for a picture; what was in the buffer is lost.
    /// - Precondition: the sides are at least 0.
    public func reshape(width: Int, height: Int) {
        precondition(width >= 0 && height >= 0)
        self.width = width
        self.height = height
        let needed = byteCount &+ Self.slack
        guard needed > capacity else { return }
        pixels.deallocate()
        capacity = needed
        pixels = .allocate(capacity: needed)
        pixels.initialize(repeating: 0, count: needed)
    }

    /// Says that rows are shorter than `reshape` made room for, and follow each other at the shorter distance.
    /// - Precondition: 0 ≤ width ≤ the present width.
    public func narrow(to width: Int) {
        precondition(width >= 0 && width <= self.width)
        self.width = width
    }

    /// Takes pixels of 1 or 3 channels; one channel counts as grey.
    /// - Precondition: `values` has width · height · channels bytes.
    public func load(_ values: UnsafeBufferPointer<UInt8>, width: Int, height: Int, channels: Int) {
        precondition((channels == 1 || channels == 3) && values.count == width &* height &* channels)
        reshape(width: width, height: height)
        for pixel in 0..<width &* height {
            for channel in 0..<3 { pixels[4 &* pixel &+ channel] = values[channels == 1 ? pixel : 3 &* pixel &+ channel] }
        }
    }

    /// Takes a picture into the middle of black, one pixel nearer to the top left where the margin is odd.
    /// - Precondition: the picture has at most `size` pixels a side.
    public func center(_ picture: PixelBuffer, size: Int) {
        precondition(picture.width <= size && picture.height <= size)
        reshape(width: size, height: size)
        pixels.update(repeating: 0, count: byteCount)
        let (top, left) = ((size &- picture.height) / 2, (size &- picture.width) / 2)
        for row in 0..<picture.height {
            let target = pixels + ((top &+ row) &* bytesPerRow &+ left &* 4)
            target.update(from: picture.pixels + row &* picture.bytesPerRow, count: picture.bytesPerRow)
        }
    }
}

/// Sixteen bytes as numbers.
typealias Bytes = SIMD16<UInt8>
typealias Words = SIMD16<Int32>

extension UnsafePointer where Pointee == UInt8 {
    @inline(__always)
    func bytes(at offset: Int) -> Bytes { UnsafeRawPointer(self + offset).loadUnaligned(as: Bytes.self) }

    @inline(__always)
    func pixel(at offset: Int) -> UInt32 { UnsafeRawPointer(self + offset).loadUnaligned(as: UInt32.self) }
}

extension UnsafeMutablePointer where Pointee == UInt8 {
    @inline(__always)
    func store(_ bytes: Bytes, at offset: Int) { UnsafeMutableRawPointer(self + offset).storeBytes(of: bytes, as: Bytes.self) }

    @inline(__always)
    func store(_ pixel: UInt32, at offset: Int) { UnsafeMutableRawPointer(self + offset).storeBytes(of: pixel, as: UInt32.self) }
}
