/// Sixteen floats: one AVX-512 register, or two of AVX2. All kernels that run over channels or elements use it. A lane
/// does what a scalar would do, so the instruction set does not change bits; only `addingProduct` rounds once where
/// a product and a sum would round twice, and it does so on every machine.
typealias Vector = SIMD16<Float>

/// The number of floats in a `Vector`.
let vectorWidth = 16

/// Eight floats: what is left of 24 or 40 channels.
typealias HalfVector = SIMD8<Float>

extension UnsafeMutablePointer where Pointee == Float {
    /// The 16 floats from `offset` on; no alignment is needed.
    @inline(__always)
    func vector(at offset: Int) -> Vector {
        UnsafeRawPointer(self + offset).loadUnaligned(as: Vector.self)
    }

    @inline(__always)
    func store(_ vector: Vector, at offset: Int) {
        UnsafeMutableRawPointer(self + offset).storeBytes(of: vector, as: Vector.self)
    }

    @inline(__always)
    func halfVector(at offset: Int) -> HalfVector {
        UnsafeRawPointer(self + offset).loadUnaligned(as: HalfVector.self)
    }

    @inline(__always)
    func store(_ vector: HalfVector, at offset: Int) {
        UnsafeMutableRawPointer(self + offset).storeBytes(of: vector, as: HalfVector.self)
    }

    /// The first `count` of 16 floats, 1...16; the other lanes are zero and their memory is not read.
    @inline(__always)
    func vector(at offset: Int, count: Int) -> Vector {
        if count == vectorWidth { return vector(at: offset) }
        if count == vectorWidth / 2 { return Vector(lowHalf: halfVector(at: offset), highHalf: HalfVector()) }
        var result = Vector(repeating: 0)
        for lane in 0..<count { result[lane] = self[offset &+ lane] }
        return result
    }

    /// Writes the first `count` lanes, 1...16.
    @inline(__always)
    func store(_ vector: Vector, at offset: Int, count: Int) {
        if count == vectorWidth { return store(vector, at: offset) }
        if count == vectorWidth / 2 { return store(vector.lowHalf, at: offset) }
        for lane in 0..<count { self[offset &+ lane] = vector[lane] }
    }
}

extension UnsafePointer where Pointee == Float {
    @inline(__always)
    func vector(at offset: Int) -> Vector { UnsafeMutablePointer(mutating: self).vector(at: offset) }

    @inline(__always)
    func halfVector(at offset: Int) -> HalfVector { UnsafeMutablePointer(mutating: self).halfVector(at: offset) }

    @inline(__always)
    func vector(at offset: Int, count: Int) -> Vector { UnsafeMutablePointer(mutating: self).vector(at: offset, count: count) }
}

/// Calls `body` with every 16th place and 16 lanes, then with what is left over. Always inlined, so the full vectors run
/// without a branch.
@inline(__always)
func forEachVector(_ count: Int, _ body: (_ place: Int, _ lanes: Int) -> Void) {
    var place = 0
    while place &+ vectorWidth <= count {
        body(place, vectorWidth)
        place &+= vectorWidth
    }
    if place < count { body(place, count &- place) }
}
