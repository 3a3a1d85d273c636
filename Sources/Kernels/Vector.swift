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
        return firstLanes(self + offset, count)
    }

    /// Writes the first `count` lanes, 1...16.
    @inline(__always)
    func store(_ vector: Vector, at offset: Int, count: Int) {
        if count == vectorWidth { return store(vector, at: offset) }
        if count == vectorWidth / 2 { return store(vector.lowHalf, at: offset) }
        storeFirstLanes(self + offset, vector, count)
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

/// The same values in Double. Lane by lane, which becomes a few instructions, where the initialiser for it becomes a call.
@inline(always)
func doubles(_ vector: Vector) -> SIMD16<Double> {
    var result = SIMD16<Double>()
    for lane in 0..<vectorWidth { result[lane] = Double(vector[lane]) }
    return result
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

// Tails of fewer than 16 lanes, in pieces of 8, 4, 2 and 1 that stay in registers; one place for all kernels.

@inline(never)
private func firstLanes(_ source: UnsafeMutablePointer<Float>, _ count: Int) -> Vector {
    if count < vectorWidth / 2 { return Vector(lowHalf: firstHalf(source, count), highHalf: HalfVector()) }
    return Vector(lowHalf: source.halfVector(at: 0), highHalf: firstHalf(source + vectorWidth / 2, count &- vectorWidth / 2))
}

/// 0...7 lanes.
@inline(__always)
private func firstHalf(_ source: UnsafeMutablePointer<Float>, _ count: Int) -> HalfVector {
    if count < 4 { return HalfVector(lowHalf: firstQuarter(source, count), highHalf: SIMD4()) }
    return HalfVector(
        lowHalf: UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self), highHalf: firstQuarter(source + 4, count &- 4))
}

/// 0...3 lanes.
@inline(__always)
private func firstQuarter(_ source: UnsafeMutablePointer<Float>, _ count: Int) -> SIMD4<Float> {
    switch count {
    case 0: SIMD4()
    case 1: SIMD4(source[0], 0, 0, 0)
    case 2: SIMD4(source[0], source[1], 0, 0)
    default: SIMD4(source[0], source[1], source[2], 0)
    }
}

@inline(never)
private func storeFirstLanes(_ target: UnsafeMutablePointer<Float>, _ vector: Vector, _ count: Int) {
    var (half, place) = (vector.lowHalf, 0)
    if count >= vectorWidth / 2 {
        target.store(half, at: 0)
        (half, place) = (vector.highHalf, vectorWidth / 2)
    }
    var quarter = half.lowHalf
    if count &- place >= 4 {
        UnsafeMutableRawPointer(target + place).storeBytes(of: quarter, as: SIMD4<Float>.self)
        quarter = half.highHalf
        place &+= 4
    }
    if count &- place > 0 { target[place] = quarter[0] }
    if count &- place > 1 { target[place &+ 1] = quarter[1] }
    if count &- place > 2 { target[place &+ 2] = quarter[2] }
}
