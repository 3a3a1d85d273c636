/// The sums of a few neighbouring pixels of 16 channels, which stay in registers: the parts of which a depthwise tile is put
/// together. As with `RegisterStrip`, up to five are what the compiler unrolls wholly.
protocol PixelSums {
    static var pixels: Int { get }
    /// Pixels of the source from one sum's to the next: the stride of the convolution.
    static var step: Int { get }

    init()
    /// sum[p] += source[p · step] · weight
    mutating func add(_ source: UnsafePointer<Float>, _ weight: Vector)
    func store(_ target: UnsafeMutablePointer<Float>, step: Int)
}

struct PixelStrip<let count: Int, let stride: Int>: PixelSums {
    private var sums = InlineArray<count, Vector>(repeating: Vector())

    static var pixels: Int { @inline(__always) get { count } }
    static var step: Int { @inline(__always) get { stride } }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ source: UnsafePointer<Float>, _ weight: Vector) {
        for pixel in 0..<count { sums[pixel].addProduct(source.vector(at: pixel &* stride &* vectorWidth), weight) }
    }

    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, step: Int) {
        for pixel in 0..<count { target.store(sums[pixel], at: pixel &* step) }
    }
}
