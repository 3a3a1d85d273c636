/// The gradients of a product [rows, C] · [C, F] where the output's gradient is made on the way: a block of rows and a chunk of
/// its channels at a time, made once for the weights' gradient and the input's.
///
/// A weight's gradient is one chain of fused multiply-adds over the rows ascending, from zero.
struct RowGradients {
    /// C
    let inputs: Int
    /// F
    let outputs: Int
    let rows: Int

    private var blocking: RowBlocking { RowBlocking(rows: rows, width: widestChunk(outputs) + inputs) }
    private var panelCount: Int { alignedCount(PackedPanels.count(inner: outputs, columns: inputs, rows: blocking.rows)) }
    private var gradientCount: Int { alignedCount(rowBufferCount(rows: blocking.rows, columns: widestChunk(outputs))) }
    private var sumCount: Int { alignedCount(blocking.rows * inputs) }
    private var spillCount: Int { inputs * 2 * vectorWidth }

    var workspaceCount: Int { panelCount + gradientCount + sumCount + spillCount }

    /// - Parameters:
    ///   - inputGradient: overwritten with the products + addend; nil where nobody asks.
    ///   - addend: may be the input gradient itself.
    ///   - weights: [C, F]; not read without an input gradient.
    func run(
        weightGradient: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
        addend: UnsafePointer<Float>?, gradient: GradientRows, input: PlainRows, weights: UnsafePointer<Float>,
        workspace: UnsafeMutablePointer<Float>
    ) {
        let panels = PackedPanels(workspace, inner: outputs, columns: inputs)
        if inputGradient != nil { panels.packTransposed(weights) }
        let gradients = workspace + panelCount
        let sums = gradients + gradientCount
        let spill = sums + sumCount
        blocking.forEach(rows) { rows in
            let left = input.block(rows, 0..<inputs, buffer: gradients)
            // With an addend, which may lie where the products go, the products come together apart from it.
            let target = inputGradient.map { addend == nil ? $0 + rows.lowerBound &* inputs : sums }
            forEachChunk(outputs) { chunk in
                let right = gradient.block(rows, chunk, buffer: gradients)
                addOuterProduct(
                    weightGradient + chunk.lowerBound, outputStride: outputs, left: left, leftColumns: inputs, right: right,
                    rightColumns: chunk.count, rows: rows.count, start: rows.lowerBound == 0 ? .none : .partialSums,
                    spill: spill)
                guard let target else { return }
                forEachPanel(0..<inputs) { first, count, width in
                    panels.multiply(
                        (first, count, width), output: target + first, outputStride: inputs, left: right, rows: rows.count,
                        part: chunk,
                        start: chunk.lowerBound == 0 ? .none : .partialSums)
                }
            }
            if let inputGradient, let addend {
                let start = rows.lowerBound &* inputs
                forEachVector(rows.count &* inputs) { place, lanes in
                    inputGradient.store(
                        sums.vector(at: place, count: lanes) + addend.vector(at: start &+ place, count: lanes),
                        at: start &+ place,
                        count: lanes)
                }
            }
        }
    }
}

/// output[leftColumns, rightColumns] = leftᵀ · right over `rows` rows of both, with what `start` says of the output.
///
/// - Parameters:
///   - right: its rows may be read up to the next multiple of 32 floats.
///   - spill: leftColumns · 32 floats.
@inline(__always)
func addOuterProduct(
    _ output: UnsafeMutablePointer<Float>, outputStride: Int, left: RowBlock, leftColumns: Int, right: RowBlock,
    rightColumns: Int,
    rows: Int, start: ProductTile.Start, spill: UnsafeMutablePointer<Float>
) {
    forEachPanel(0..<rightColumns) { first, count, width in
        var tile = ProductTile(
            output: output + first, outputStride: outputStride, left: left.pointer, leftRowStep: 1, leftInnerStep: left.stride,
            right: right.pointer + first, rightStep: right.stride, inner: rows, start: start)
        if count == width {
            multiplyRows(tile, rows: leftColumns, width: width)
        } else {
            spilled(output + first, outputStride, spill, rows: leftColumns, count: count, width: width, start: start) { target in
                tile.output = target
                tile.outputStride = width
                multiplyRows(tile, rows: leftColumns, width: width)
            }
        }
    }
}
