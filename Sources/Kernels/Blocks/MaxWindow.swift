/// A 2×2 max-pool's window of normalised values: which of the four wins, the first of equals in reading order.
struct MaxWindow {
    let largest: Vector
    private let right: SIMDMask<SIMD16<Int32>>
    private let rightBelow: SIMDMask<SIMD16<Int32>>
    private let below: SIMDMask<SIMD16<Int32>>

    @inline(__always)
    init(_ topLeft: Vector, _ topRight: Vector, _ bottomLeft: Vector, _ bottomRight: Vector) {
        right = topRight .> topLeft
        rightBelow = bottomRight .> bottomLeft
        let top = topLeft.replacing(with: topRight, where: right)
        let bottom = bottomLeft.replacing(with: bottomRight, where: rightBelow)
        below = bottom .> top
        largest = top.replacing(with: bottom, where: below)
    }

    /// The winner's of four values.
    @inline(__always)
    func choose(_ topLeft: Vector, _ topRight: Vector, _ bottomLeft: Vector, _ bottomRight: Vector) -> Vector {
        let top = topLeft.replacing(with: topRight, where: right)
        let bottom = bottomLeft.replacing(with: bottomRight, where: rightBelow)
        return top.replacing(with: bottom, where: below)
    }

    /// `value` at the winner, 0 at the others.
    @inline(__always)
    func spread(_ value: Vector) -> (topLeft: Vector, topRight: Vector, bottomLeft: Vector, bottomRight: Vector) {
        let top = value.replacing(with: 0, where: below)
        let bottom = value.replacing(with: 0, where: .!below)
        return (
            top.replacing(with: 0, where: right), top.replacing(with: 0, where: .!right),
            bottom.replacing(with: 0, where: rightBelow), bottom.replacing(with: 0, where: .!rightBelow))
    }
}
