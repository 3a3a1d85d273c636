/// A row of sums over a kernel's taps for 16 channels: the convolution itself, and the gradient of its input, which gathers in
/// the same way.
///
///     target[x] = Σ over tap rows and taps of source[row, x · stride + tap] · weight[row, tap]
///
/// Each sum is one chain of fused multiply-adds from zero over the tap rows and in them the taps, whatever the tiles and the
/// instruction set.
struct TapProduct {
    var target: UnsafeMutablePointer<Float>
    /// Floats from one pixel to the next.
    var targetStep: Int
    /// What the first pixel takes from the row of the first tap row.
    var source: RingPosition
    /// Floats from one tap's source to the next one's.
    var tapStep: Int
    var weights: UnsafePointer<Float>
    /// Floats from one tap to the next.
    var weightStep: Int
    /// Floats from one tap row to the next.
    var weightRowStep: Int
    var tapRows: Int
    var taps: Int

    /// The most pixels of a tile: as many sums as fit in the registers beside a weight. 7 divides the maps that 224 pixels
    /// lead to.
    private static var largestTile: Int { @inline(__always) get { hasWideRegisters ? 14 : 7 } }

    /// The sums of `pixels` pixels, in tiles of nearly equal width.
    /// - Parameter stride: 1 or 2, pixels of the source from one sum to the next.
    @inline(never)
    func run(pixels: Int, stride: Int) {
        let tiles = (pixels &+ Self.largestTile &- 1) / Self.largestTile
        guard tiles > 0 else { return }
        let (width, wider) = pixels.quotientAndRemainder(dividingBy: tiles)
        if wider > 0 { runTiles(width: width &+ 1, stride: stride, first: 0, tiles: wider) }
        runTiles(width: width, stride: stride, first: wider &* (width &+ 1), tiles: tiles &- wider)
    }

    @inline(__always)
    private func runTiles(width: Int, stride: Int, first: Int, tiles: Int) {
        var rest = self
        rest.target += first &* targetStep
        rest.source.shift(first &* stride &* vectorWidth)
        if stride == 1 { rest.unitTiles(width: width, tiles: tiles) } else { rest.doubleTiles(width: width, tiles: tiles) }
    }

    private func unitTiles(width: Int, tiles: Int) {
        switch width {
        case 1: sums(PixelStrip<1, 1>.self, PixelStrip<0, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 2: sums(PixelStrip<2, 1>.self, PixelStrip<0, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 3: sums(PixelStrip<3, 1>.self, PixelStrip<0, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 4: sums(PixelStrip<4, 1>.self, PixelStrip<0, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 5: sums(PixelStrip<5, 1>.self, PixelStrip<0, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 6: sums(PixelStrip<3, 1>.self, PixelStrip<3, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 7: sums(PixelStrip<4, 1>.self, PixelStrip<3, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 8: sums(PixelStrip<4, 1>.self, PixelStrip<4, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 9: sums(PixelStrip<5, 1>.self, PixelStrip<4, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 10: sums(PixelStrip<5, 1>.self, PixelStrip<5, 1>.self, PixelStrip<0, 1>.self, tiles)
        case 11: sums(PixelStrip<4, 1>.self, PixelStrip<4, 1>.self, PixelStrip<3, 1>.self, tiles)
        case 12: sums(PixelStrip<4, 1>.self, PixelStrip<4, 1>.self, PixelStrip<4, 1>.self, tiles)
        case 13: sums(PixelStrip<5, 1>.self, PixelStrip<4, 1>.self, PixelStrip<4, 1>.self, tiles)
        default: sums(PixelStrip<5, 1>.self, PixelStrip<5, 1>.self, PixelStrip<4, 1>.self, tiles)
        }
    }

    private func doubleTiles(width: Int, tiles: Int) {
        switch width {
        case 1: sums(PixelStrip<1, 2>.self, PixelStrip<0, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 2: sums(PixelStrip<2, 2>.self, PixelStrip<0, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 3: sums(PixelStrip<3, 2>.self, PixelStrip<0, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 4: sums(PixelStrip<4, 2>.self, PixelStrip<0, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 5: sums(PixelStrip<5, 2>.self, PixelStrip<0, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 6: sums(PixelStrip<3, 2>.self, PixelStrip<3, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 7: sums(PixelStrip<4, 2>.self, PixelStrip<3, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 8: sums(PixelStrip<4, 2>.self, PixelStrip<4, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 9: sums(PixelStrip<5, 2>.self, PixelStrip<4, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 10: sums(PixelStrip<5, 2>.self, PixelStrip<5, 2>.self, PixelStrip<0, 2>.self, tiles)
        case 11: sums(PixelStrip<4, 2>.self, PixelStrip<4, 2>.self, PixelStrip<3, 2>.self, tiles)
        case 12: sums(PixelStrip<4, 2>.self, PixelStrip<4, 2>.self, PixelStrip<4, 2>.self, tiles)
        case 13: sums(PixelStrip<5, 2>.self, PixelStrip<4, 2>.self, PixelStrip<4, 2>.self, tiles)
        default: sums(PixelStrip<5, 2>.self, PixelStrip<5, 2>.self, PixelStrip<4, 2>.self, tiles)
        }
    }

    @inline(never)
    private func sums<A: PixelSums, B: PixelSums, C: PixelSums>(_: A.Type, _: B.Type, _: C.Type, _ tiles: Int) {
        let (targetStep, tapStep, weightStep, weightRowStep) = (targetStep, tapStep, weightStep, weightRowStep)
        let (second, third) = (A.pixels &* A.step &* vectorWidth, (A.pixels &+ B.pixels) &* A.step &* vectorWidth)
        let width = A.pixels &+ B.pixels &+ C.pixels
        var target = target
        var source = source
        for _ in 0..<tiles {
            var (left, middle, right) = (A(), B(), C())
            var position = source
            var weightRow = weights
            for _ in 0..<tapRows {
                var (values, weight) = (position.row, weightRow)
                for _ in 0..<taps {
                    let factor = weight.vector(at: 0)
                    left.add(values, factor)
                    middle.add(values + second, factor)
                    right.add(values + third, factor)
                    values += tapStep
                    weight += weightStep
                }
                position.advance()
                weightRow += weightRowStep
            }
            left.store(target, step: targetStep)
            middle.store(target + A.pixels &* targetStep, step: targetStep)
            right.store(target + (A.pixels &+ B.pixels) &* targetStep, step: targetStep)
            target += width &* targetStep
            source.shift(width &* A.step &* vectorWidth)
        }
    }
}
