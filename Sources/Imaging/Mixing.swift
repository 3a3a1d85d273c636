import Tensors

/// weight · a + (1 − weight) · b, element by element, into a.
public func blend(_ a: FloatBuffer, with b: FloatBuffer, weight: Float) {
    precondition(a.count == b.count)
    let rest = 1 - weight
    var place = 0
    while place &+ 16 <= a.count {
        let own = UnsafeRawPointer(a.pointer + place).loadUnaligned(as: SIMD16<Float>.self)
        let other = UnsafeRawPointer(b.pointer + place).loadUnaligned(as: SIMD16<Float>.self)
        UnsafeMutableRawPointer(a.pointer + place).storeBytes(of: weight * own + rest * other, as: SIMD16<Float>.self)
        place &+= 16
    }
    while place < a.count {
        a.pointer[place] = weight * a.pointer[place] + rest * b.pointer[place]
        place &+= 1
    }
}

/// Copies a rectangle of `b` over that of `a`, both [size, size, channels].
public func paste(_ b: FloatBuffer, over a: FloatBuffer, rows: Range<Int>, columns: Range<Int>, size: Int, channels: Int) {
    precondition(a.count == size * size * channels && b.count == a.count)
    precondition(rows.lowerBound >= 0 && rows.upperBound <= size && columns.lowerBound >= 0 && columns.upperBound <= size)
    for row in rows {
        let start = (row &* size &+ columns.lowerBound) &* channels
        (a.pointer + start).update(from: b.pointer + start, count: columns.count &* channels)
    }
}
