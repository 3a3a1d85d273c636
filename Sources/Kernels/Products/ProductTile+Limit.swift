import Tensors

/// The largest tile that products are made of, alone: what the registers' loop can do at most, for benchmarks to compare with.
public enum LargestTile {
    public static var rows: Int { largestTileRows }
    public static var columns: Int { panelWidth }
    /// Floats of `left`, `right` and `output` for a tile that sums over `inner` products.
    public static func counts(inner: Int) -> (left: Int, right: Int, output: Int) {
        (rows * inner, inner * columns, rows * columns)
    }

    /// output[rows, columns] = left[rows, inner] · right[inner, columns], row-major without gaps. Overwrites.
    public static func multiply(output: FloatBuffer, left: FloatBuffer, right: FloatBuffer, inner: Int) {
        let counts = counts(inner: inner)
        requireCount(output, counts.output, "output")
        requireCount(left, counts.left, "left")
        requireCount(right, counts.right, "right")
        let tile = ProductTile(
            output: output.pointer, outputStride: columns, left: left.pointer, leftRowStep: inner, leftInnerStep: 1,
            right: right.pointer, rightStep: columns, inner: inner, start: .none)
        if hasWideRegisters { wideProduct(tile, rows: rows) } else { narrowProduct(tile, rows: rows) }
    }
}
