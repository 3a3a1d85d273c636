/// A product of many rows with packed weights, a block of rows at a time: prepared once, multiplied with every panel, and
/// finished panel by panel.
///
/// Every element of a product is one chain of fused multiply-adds over the inner index ascending, see `ProductTile`.
struct RowProduct {
    let inner: Int
    let columns: Int
    let rows: Int

    private var blocking: RowBlocking { RowBlocking(rows: rows, width: inner) }
    private var panelCount: Int { alignedCount(PackedPanels.count(inner: inner, columns: columns, rows: blocking.rows)) }
    private var slabCount: Int { blocking.rows * Self.slabStride }
    private static var slabStride: Int { 2 * vectorWidth }

    /// - Parameter prepares: whether the source needs a buffer.
    func workspaceCount(prepares: Bool) -> Int {
        panelCount + slabCount + (prepares ? rowBufferCount(rows: blocking.rows, columns: inner) : 0)
    }

    /// The panels' place in the workspace; they stay there from one `run` to the next.
    func panels(_ workspace: UnsafeMutablePointer<Float>) -> PackedPanels {
        PackedPanels(workspace, inner: inner, columns: columns)
    }

    /// - Parameters:
    ///   - range: rows of source and sink.
    ///   - panels: of this product, packed.
    @inline(__always)
    func run<Source: RowSource, Sink: PanelSink>(
        _ source: Source, _ panels: PackedPanels, to sink: Sink, range: Range<Int>, workspace: UnsafeMutablePointer<Float>
    ) {
        let slab = RowSlab(pointer: workspace + panelCount, stride: Self.slabStride)
        let buffer = slab.pointer + slabCount
        blocking.forEach(range.count) { part in
            let rows = (range.lowerBound &+ part.lowerBound)..<(range.lowerBound &+ part.upperBound)
            let left = source.block(rows, 0..<inner, buffer: buffer)
            forEachPanel(0..<columns) { first, count, width in
                let sums = sink.place(row: rows.lowerBound, column: first, slab: slab)
                // A part of a panel that stays in the first-level cache while all rows pass by.
                forEachChunk(inner) { chunk in
                    panels.multiply(
                        (first, count, width), output: sums.pointer, outputStride: sums.stride,
                        left: RowBlock(pointer: left.pointer + chunk.lowerBound, stride: left.stride), rows: rows.count,
                        part: chunk,
                        start: chunk.lowerBound == 0 ? .none : .partialSums)
                }
                sink.finish(sums, rows: rows, columns: first..<(first &+ count))
            }
        }
    }
}

/// Whether gates are multiplied into the weights, anew for each sample, (g · w) · a, so that the product reads the map as it
/// lies in memory; or into the map, w · (g · a): whichever is less to go through. It decides bits, so it asks nothing but the
/// geometry.
func gatesWeights(positions: Int, columns: Int) -> Bool { positions >= 2 * columns }

extension RowProduct {
    /// A product whose left side is multiplied by its sample's gates.
    /// - Parameters:
    ///   - weights: where they and not the map are multiplied; the panels are packed with them here.
    ///   - samples: those of source and sink.
    @inline(__always)
    func run<Sink: PanelSink>(
        _ source: GatedRows, _ panels: PackedPanels, weights: UnsafePointer<Float>?, to sink: Sink, samples: Range<Int>,
        workspace: UnsafeMutablePointer<Float>
    ) {
        let positions = source.positions
        guard let weights else {
            run(
                source, panels, to: sink, range: samples.lowerBound * positions..<samples.upperBound * positions,
                workspace: workspace)
            return
        }
        for sample in samples {
            panels.pack(weights, rowFactors: source.gates + sample * inner)
            run(
                PlainRows(matrix: source.map, columns: inner), panels, to: sink,
                range: sample * positions..<(sample + 1) * positions, workspace: workspace)
        }
    }
}

/// Rows multiplied by their sample's gates.
struct GatedRows: RowSource {
    /// [N, positions, C]
    let map: UnsafePointer<Float>
    /// [N, C]
    let gates: UnsafePointer<Float>
    let positions: Int
    let channels: Int

    @inline(__always)
    func block(_ rows: Range<Int>, _ columns: Range<Int>, buffer: UnsafeMutablePointer<Float>) -> RowBlock {
        let stride = rowBufferStride(columns.count)
        forEachSample(rows, positions: positions) { sample, rows, first in
            let gate = gates + (sample &* channels &+ columns.lowerBound)
            for row in 0..<rows.count {
                let source = map + ((rows.lowerBound &+ row) &* channels &+ columns.lowerBound)
                let target = buffer + (first &+ row) &* stride
                forEachVector(columns.count) { place, lanes in
                    target.store(
                        source.vector(at: place, count: lanes) * gate.vector(at: place, count: lanes), at: place, count: lanes)
                }
            }
        }
        return RowBlock(pointer: buffer, stride: stride)
    }
}

/// The rows of a range sample by sample; `first` is the number of the rows before them.
@inline(__always)
func forEachSample(_ rows: Range<Int>, positions: Int, _ body: (_ sample: Int, _ rows: Range<Int>, _ first: Int) -> Void) {
    var row = rows.lowerBound
    while row < rows.upperBound {
        let sample = row / positions
        let end = min((sample &+ 1) &* positions, rows.upperBound)
        body(sample, row..<end, row &- rows.lowerBound)
        row = end
    }
}

/// The gradient of z, made of that of the normalised map.
struct GradientRows: RowSource {
    let source: NormalizedMapGradient

    @inline(__always)
    func block(_ rows: Range<Int>, _ columns: Range<Int>, buffer: UnsafeMutablePointer<Float>) -> RowBlock {
        let (channels, stride) = (source.map.channels, rowBufferStride(columns.count))
        for row in 0..<rows.count {
            let start = (rows.lowerBound &+ row) &* channels
            let target = buffer + (row &* stride &- columns.lowerBound)
            forEachVector(columns.count) { place, lanes in
                let channel = columns.lowerBound &+ place
                let vectors = source.map.coefficients.vectors(at: channel, lanes: lanes)
                let upper = source.gradient.pointer.vector(at: start &+ channel, count: lanes)
                let z = source.map.convolved.pointer.vector(at: start &+ channel, count: lanes)
                target.store(vectors.gradient(upper, z), at: channel, count: lanes)
            }
        }
        return RowBlock(pointer: buffer, stride: stride)
    }
}
