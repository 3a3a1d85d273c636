/// Sixteen sums of 16 lanes each, half of the registers of AVX-512: the heart of the direct convolution. Written out,
/// because an array of sums would live in memory and not in registers.
struct AccumulatorTile {
    private var a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15: Vector

    @inline(__always)
    init(repeating start: Vector) {
        (a0, a1, a2, a3, a4, a5, a6, a7) = (start, start, start, start, start, start, start, start)
        (a8, a9, a10, a11, a12, a13, a14, a15) = (start, start, start, start, start, start, start, start)
    }

    /// sum[i] += values[i · step] · factor. A `step` that is known when compiling becomes part of the instructions.
    @inline(__always)
    mutating func add(_ values: UnsafePointer<Float>, step: Int, _ factor: Vector) {
        a0.addProduct(Vector(repeating: values[0]), factor)
        a1.addProduct(Vector(repeating: values[step]), factor)
        a2.addProduct(Vector(repeating: values[2 &* step]), factor)
        a3.addProduct(Vector(repeating: values[3 &* step]), factor)
        a4.addProduct(Vector(repeating: values[4 &* step]), factor)
        a5.addProduct(Vector(repeating: values[5 &* step]), factor)
        a6.addProduct(Vector(repeating: values[6 &* step]), factor)
        a7.addProduct(Vector(repeating: values[7 &* step]), factor)
        a8.addProduct(Vector(repeating: values[8 &* step]), factor)
        a9.addProduct(Vector(repeating: values[9 &* step]), factor)
        a10.addProduct(Vector(repeating: values[10 &* step]), factor)
        a11.addProduct(Vector(repeating: values[11 &* step]), factor)
        a12.addProduct(Vector(repeating: values[12 &* step]), factor)
        a13.addProduct(Vector(repeating: values[13 &* step]), factor)
        a14.addProduct(Vector(repeating: values[14 &* step]), factor)
        a15.addProduct(Vector(repeating: values[15 &* step]), factor)
    }

    /// target[i · step] = sum[i], 16 lanes each.
    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, step: Int) {
        forEach { index, sum in target.store(sum, at: index &* step) }
    }

    /// target[i · step] += sum[i] for the first `count` sums.
    @inline(__always)
    func addTo(_ target: UnsafeMutablePointer<Float>, step: Int, count: Int) {
        forEach { index, sum in
            if index < count { target.store(target.vector(at: index &* step) + sum, at: index &* step) }
        }
    }

    @inline(__always)
    private func forEach(_ body: (_ index: Int, _ sum: Vector) -> Void) {
        body(0, a0); body(1, a1); body(2, a2); body(3, a3); body(4, a4); body(5, a5); body(6, a6); body(7, a7)
        body(8, a8); body(9, a9); body(10, a10); body(11, a11); body(12, a12); body(13, a13); body(14, a14); body(15, a15)
    }
}

/// The same with four sums, for kernels over a single channel.
struct NarrowAccumulatorTile {
    private var a0, a1, a2, a3: Vector

    @inline(__always)
    init(repeating start: Vector) { (a0, a1, a2, a3) = (start, start, start, start) }

    @inline(__always)
    mutating func add(_ values: UnsafePointer<Float>, _ factor: Vector) {
        a0.addProduct(Vector(repeating: values[0]), factor)
        a1.addProduct(Vector(repeating: values[1]), factor)
        a2.addProduct(Vector(repeating: values[2]), factor)
        a3.addProduct(Vector(repeating: values[3]), factor)
    }

    @inline(__always)
    func addTo(_ target: UnsafeMutablePointer<Float>, step: Int, count: Int) {
        for (index, sum) in [a0, a1, a2, a3].enumerated() where index < count {
            target.store(target.vector(at: index &* step) + sum, at: index &* step)
        }
    }
}
