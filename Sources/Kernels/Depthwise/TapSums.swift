/// The gradients of a few neighbouring taps of 16 channels over a row, in registers.
protocol TapSums {
    static var taps: Int { get }

    init()
    /// sum[t] += source[t] · upper
    mutating func add(_ source: UnsafePointer<Float>, _ upper: Vector)
    /// target[t] += sum[t]
    func addTo(_ target: UnsafeMutablePointer<Float>)
}

struct TapStrip<let count: Int>: TapSums {
    private var sums = InlineArray<count, Vector>(repeating: Vector())

    static var taps: Int { @inline(__always) get { count } }

    @inline(__always)
    init() {}

    @inline(__always)
    mutating func add(_ source: UnsafePointer<Float>, _ upper: Vector) {
        for tap in 0..<count { sums[tap].addProduct(source.vector(at: tap &* vectorWidth), upper) }
    }

    @inline(__always)
    func addTo(_ target: UnsafeMutablePointer<Float>) {
        for tap in 0..<count {
            target.store(target.vector(at: tap &* vectorWidth) + sums[tap], at: tap &* vectorWidth)
        }
    }
}

/// What a row of the output's gradient adds to the gradient of 16 channels' taps:
///
///     target[row, tap] += Σ over x of gradient[x] · source[row, x · stride + tap]
///
/// The sum is one chain of fused multiply-adds from zero over x.
struct TapGradient {
    /// Those of the first tap row.
    var target: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    /// What the first pixel's first tap reads in the first tap row.
    var source: RingPosition
    let pixels: Int
    let stride: Int
    let tapRows: Int
    /// Taps of a row.
    let taps: Int

    /// As many tap rows or taps at a time as the registers hold sums.
    func run() {
        var rest = self
        var rows = tapRows
        switch taps {
        case 3:
            while hasWideRegisters && rows >= 3 {
                rest.sums(TapStrip<3>.self, TapStrip<3>.self, TapStrip<3>.self)
                rows &-= 3
            }
            while rows >= 2 {
                rest.sums(TapStrip<3>.self, TapStrip<3>.self, TapStrip<0>.self)
                rows &-= 2
            }
            if rows == 1 { rest.sums(TapStrip<3>.self, TapStrip<0>.self, TapStrip<0>.self) }
        case 5:
            while hasWideRegisters && rows >= 3 {
                rest.sums(TapStrip<5>.self, TapStrip<5>.self, TapStrip<5>.self)
                rows &-= 3
            }
            while hasWideRegisters && rows >= 2 {
                rest.sums(TapStrip<5>.self, TapStrip<5>.self, TapStrip<0>.self)
                rows &-= 2
            }
            while rows >= 1 {
                rest.sums(TapStrip<5>.self, TapStrip<0>.self, TapStrip<0>.self)
                rows &-= 1
            }
        default:
            for _ in 0..<rows { rest.oneRow() }
        }
    }

    /// A tap row of any length.
    private mutating func oneRow() {
        let next = source
        for first in Swift.stride(from: 0, to: taps, by: 5) {
            var part = self
            part.target += first &* vectorWidth
            part.source.shift(first &* vectorWidth)
            switch taps &- first {
            case 1: part.sums(TapStrip<1>.self, TapStrip<0>.self, TapStrip<0>.self)
            case 2: part.sums(TapStrip<2>.self, TapStrip<0>.self, TapStrip<0>.self)
            case 3: part.sums(TapStrip<3>.self, TapStrip<0>.self, TapStrip<0>.self)
            case 4: part.sums(TapStrip<4>.self, TapStrip<0>.self, TapStrip<0>.self)
            default: part.sums(TapStrip<5>.self, TapStrip<0>.self, TapStrip<0>.self)
            }
        }
        source = next
        source.advance()
        target += taps &* vectorWidth
    }

    /// Up to three tap rows, behind which source and target then stand.
    @inline(never)
    private mutating func sums<A: TapSums, B: TapSums, C: TapSums>(_: A.Type, _: B.Type, _: C.Type) {
        let (step, rowFloats) = (stride &* vectorWidth, taps &* vectorWidth)
        var (top, middle, bottom) = (A(), B(), C())
        var values = (source.row, source.row, source.row)
        source.advance()
        if B.taps > 0 {
            values.1 = source.row
            source.advance()
        }
        if C.taps > 0 {
            values.2 = source.row
            source.advance()
        }
        var upper = gradient
        for _ in 0..<pixels {
            let vector = upper.vector(at: 0)
            top.add(values.0, vector)
            middle.add(values.1, vector)
            bottom.add(values.2, vector)
            values.0 += step
            values.1 += step
            values.2 += step
            upper += vectorWidth
        }
        top.addTo(target)
        target += rowFloats
        if B.taps > 0 {
            middle.addTo(target)
            target += rowFloats
        }
        if C.taps > 0 {
            bottom.addTo(target)
            target += rowFloats
        }
    }
}
