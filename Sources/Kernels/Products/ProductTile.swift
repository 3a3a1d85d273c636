import CProcessor

/// One product of a block's row tiles with a panel, as the micro kernel takes it: output[r, c] (+)= Σ_k left[r, k] · right[k, c].
///
/// Every element is one chain of fused multiply-adds over k ascending, whatever the number of rows, their grouping into
/// tiles, or the instruction set. So, unlike OpenBLAS's, a row's bits depend on nothing but its own values and the right
/// side; and a sum that is continued later (`partialSums`) has the bits of one that was made at once.
struct ProductTile {
    var output: UnsafeMutablePointer<Float>
    /// Floats from one row of the output to the next.
    var outputStride: Int
    var left: UnsafePointer<Float>
    /// Floats from one row to the next.
    var leftRowStep: Int
    /// Floats from one k to the next.
    var leftInnerStep: Int
    var right: UnsafePointer<Float>
    /// Floats from one k to the next.
    var rightStep: Int
    var inner: Int
    var start: Start
    /// Tiles of the same height, each below the one before: one call makes them all.
    var repeats = 1

    /// What the output holds beforehand.
    enum Start {
        /// Nothing; it is overwritten.
        case none
        /// The beginning of the sums, which go on from there.
        case partialSums
        /// Something that the finished sums are added to.
        case addend
    }
}

/// The most rows of a tile: those whose sums fit in the registers beside what is being multiplied. AVX-512 has 32 of 512 bits, for 14
/// rows of two vectors; AVX2 has 16 of 256 bits, for six rows of one. It changes no bit.
var largestTileRows: Int { @inline(__always) get { hasWideRegisters ? 14 : 6 } }

var hasWideRegisters: Bool { @inline(__always) get { FILTERSCOPE_WIDE_REGISTERS == 1 } }

/// The tile's product for any number of rows, a panel of `width` columns: 16, 24 or 32.
@inline(__always)
func multiplyRows(_ tile: ProductTile, rows: Int, width: Int) {
    let largest = width == mediumWidth ? largestMediumRows : largestTileRows
    let tiles = (rows &+ largest &- 1) / largest
    guard tiles > 0 else { return }
    let (height, larger) = rows.quotientAndRemainder(dividingBy: tiles)
    var tile = tile
    if larger > 0 {
        tile.repeats = larger
        oneHeight(tile, rows: height &+ 1, width: width)
        tile.output += larger &* (height &+ 1) &* tile.outputStride
        tile.left += larger &* (height &+ 1) &* tile.leftRowStep
    }
    tile.repeats = tiles &- larger
    oneHeight(tile, rows: height, width: width)
}

@inline(__always)
private func oneHeight(_ tile: ProductTile, rows: Int, width: Int) {
    if width == 2 &* vectorWidth {
        wideProduct(tile, rows: rows)
    } else if width == mediumWidth {
        mediumProduct(tile, rows: rows)
    } else {
        narrowProduct(tile, rows: rows)
    }
}

/// A vector and a half: with AVX2 four rows of that fill the registers as six rows of one vector do, so that 24 or 40 columns waste
/// nothing; with AVX-512 it takes two registers as two vectors do, and nothing needs to be dropped.
let mediumWidth = 24
private var largestMediumRows: Int { @inline(__always) get { hasWideRegisters ? largestTileRows : 4 } }

/// A tile of 1...14 rows and one and a half vectors; more than four only with AVX-512.
func mediumProduct(_ tile: ProductTile, rows: Int) {
    if hasWideRegisters && rows > 4 {
        switch rows {
        case 5: registers(MediumStrip<5>.self, MediumStrip<0>.self, MediumStrip<0>.self, tile)
        case 6: registers(MediumStrip<3>.self, MediumStrip<3>.self, MediumStrip<0>.self, tile)
        case 7: registers(MediumStrip<4>.self, MediumStrip<3>.self, MediumStrip<0>.self, tile)
        case 8: registers(MediumStrip<4>.self, MediumStrip<4>.self, MediumStrip<0>.self, tile)
        case 9: registers(MediumStrip<5>.self, MediumStrip<4>.self, MediumStrip<0>.self, tile)
        case 10: registers(MediumStrip<5>.self, MediumStrip<5>.self, MediumStrip<0>.self, tile)
        case 11: registers(MediumStrip<4>.self, MediumStrip<4>.self, MediumStrip<3>.self, tile)
        case 12: registers(MediumStrip<4>.self, MediumStrip<4>.self, MediumStrip<4>.self, tile)
        case 13: registers(MediumStrip<5>.self, MediumStrip<4>.self, MediumStrip<4>.self, tile)
        default: registers(MediumStrip<5>.self, MediumStrip<5>.self, MediumStrip<4>.self, tile)
        }
        return
    }
    switch rows {
    case 1: registers(MediumStrip<1>.self, MediumStrip<0>.self, MediumStrip<0>.self, tile)
    case 2: registers(MediumStrip<2>.self, MediumStrip<0>.self, MediumStrip<0>.self, tile)
    case 3: registers(MediumStrip<3>.self, MediumStrip<0>.self, MediumStrip<0>.self, tile)
    default: registers(MediumStrip<4>.self, MediumStrip<0>.self, MediumStrip<0>.self, tile)
    }
}

/// Rows of a product cut into tiles of nearly equal height.
@inline(__always)
func forEachRowTile(_ rows: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    let tiles = (rows &+ largestTileRows &- 1) / largestTileRows
    guard tiles > 0 else { return }
    let (height, larger) = rows.quotientAndRemainder(dividingBy: tiles)
    var first = 0
    for index in 0..<tiles {
        let count = height &+ (index < larger ? 1 : 0)
        body(first, count)
        first &+= count
    }
}

/// A tile of 1...14 rows and two vectors.
func wideProduct(_ tile: ProductTile, rows: Int) {
    switch rows {
    case 1: registers(WideStrip<1>.self, WideStrip<0>.self, WideStrip<0>.self, tile)
    case 2: registers(WideStrip<2>.self, WideStrip<0>.self, WideStrip<0>.self, tile)
    case 3: registers(WideStrip<3>.self, WideStrip<0>.self, WideStrip<0>.self, tile)
    case 4: registers(WideStrip<4>.self, WideStrip<0>.self, WideStrip<0>.self, tile)
    case 5: registers(WideStrip<5>.self, WideStrip<0>.self, WideStrip<0>.self, tile)
    case 6: registers(WideStrip<3>.self, WideStrip<3>.self, WideStrip<0>.self, tile)
    case 7: registers(WideStrip<4>.self, WideStrip<3>.self, WideStrip<0>.self, tile)
    case 8: registers(WideStrip<4>.self, WideStrip<4>.self, WideStrip<0>.self, tile)
    case 9: registers(WideStrip<5>.self, WideStrip<4>.self, WideStrip<0>.self, tile)
    case 10: registers(WideStrip<5>.self, WideStrip<5>.self, WideStrip<0>.self, tile)
    case 11: registers(WideStrip<4>.self, WideStrip<4>.self, WideStrip<3>.self, tile)
    case 12: registers(WideStrip<4>.self, WideStrip<4>.self, WideStrip<4>.self, tile)
    case 13: registers(WideStrip<5>.self, WideStrip<4>.self, WideStrip<4>.self, tile)
    default: registers(WideStrip<5>.self, WideStrip<5>.self, WideStrip<4>.self, tile)
    }
}

/// A tile of 1...14 rows and one vector.
func narrowProduct(_ tile: ProductTile, rows: Int) {
    switch rows {
    case 1: registers(NarrowStrip<1>.self, NarrowStrip<0>.self, NarrowStrip<0>.self, tile)
    case 2: registers(NarrowStrip<2>.self, NarrowStrip<0>.self, NarrowStrip<0>.self, tile)
    case 3: registers(NarrowStrip<3>.self, NarrowStrip<0>.self, NarrowStrip<0>.self, tile)
    case 4: registers(NarrowStrip<4>.self, NarrowStrip<0>.self, NarrowStrip<0>.self, tile)
    case 5: registers(NarrowStrip<5>.self, NarrowStrip<0>.self, NarrowStrip<0>.self, tile)
    case 6: registers(NarrowStrip<3>.self, NarrowStrip<3>.self, NarrowStrip<0>.self, tile)
    case 7: registers(NarrowStrip<4>.self, NarrowStrip<3>.self, NarrowStrip<0>.self, tile)
    case 8: registers(NarrowStrip<4>.self, NarrowStrip<4>.self, NarrowStrip<0>.self, tile)
    case 9: registers(NarrowStrip<5>.self, NarrowStrip<4>.self, NarrowStrip<0>.self, tile)
    case 10: registers(NarrowStrip<5>.self, NarrowStrip<5>.self, NarrowStrip<0>.self, tile)
    case 11: registers(NarrowStrip<4>.self, NarrowStrip<4>.self, NarrowStrip<3>.self, tile)
    case 12: registers(NarrowStrip<4>.self, NarrowStrip<4>.self, NarrowStrip<4>.self, tile)
    case 13: registers(NarrowStrip<5>.self, NarrowStrip<4>.self, NarrowStrip<4>.self, tile)
    default: registers(NarrowStrip<5>.self, NarrowStrip<5>.self, NarrowStrip<4>.self, tile)
    }
}

@inline(never)
private func registers<A: RegisterStrip, B: RegisterStrip, C: RegisterStrip>(_: A.Type, _: B.Type, _: C.Type, _ tile: ProductTile) {
    let (stride, rowStep, innerStep, rightStep) = (tile.outputStride, tile.leftRowStep, tile.leftInnerStep, tile.rightStep)
    let (second, third) = (A.rows, A.rows &+ B.rows)
    let rows = third &+ C.rows
    let (middleStart, bottomStart) = (second &* rowStep, third &* rowStep)
    let (inner, start) = (tile.inner, tile.start)
    var (output, corner) = (tile.output, tile.left)
    for _ in 0..<tile.repeats {
        var (top, middle, bottom) = (A(), B(), C())
        if start == .partialSums {
            top.load(output, stride: stride)
            middle.load(output + second &* stride, stride: stride)
            bottom.load(output + third &* stride, stride: stride)
        }
        var (left, right) = (corner, tile.right)
        for _ in 0..<inner {
            top.add(left, rowStep: rowStep, right)
            middle.add(left + middleStart, rowStep: rowStep, right)
            bottom.add(left + bottomStart, rowStep: rowStep, right)
            left += innerStep
            right += rightStep
        }
        if start == .addend {
            top.addStored(output, stride: stride)
            middle.addStored(output + second &* stride, stride: stride)
            bottom.addStored(output + third &* stride, stride: stride)
        }
        top.store(output, stride: stride)
        middle.store(output + second &* stride, stride: stride)
        bottom.store(output + third &* stride, stride: stride)
        output += rows &* stride
        corner += rows &* rowStep
    }
}
