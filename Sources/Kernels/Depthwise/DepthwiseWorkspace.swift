import Tensors

/// Floats of workspace, on a 64-byte boundary, that each of the depthwise functions may use for this geometry: some hundred KB
/// whatever the map, unless sixteen channels' rows alone take more.
public func depthwiseWorkspaceCount(_ geometry: DepthwiseGeometry) -> Int {
    max(ForwardWorkspace.count(geometry), BackwardWorkspace.count(geometry))
}

/// Floats that a chunk's rings and weights may take: most of a second-level cache of 512 KB. On a machine with such (Zen 3),
/// EfficientNet-B0's depthwise layers at 224 took 10.0-10.5 ms an image in training so, 10.3-10.9 with 250 KB, 11.3-12.3 with
/// 128 KB and 10.5-11.1 with 64 KB.
private let chunkFloats = 104 * 1024

/// The part of a chunk of channels in the workspace on the way forward.
struct ForwardWorkspace {
    let input: RowRing
    /// [block][tap][16]
    let weights: UnsafeMutablePointer<Float>
    /// [block][3][16], for what stands behind the convolution.
    let perChannel: UnsafeMutablePointer<Float>
    /// A row of one block, [W][16].
    let row: UnsafeMutablePointer<Float>

    static func slots(_ g: DepthwiseGeometry) -> Int { min(g.kernel, g.height) }

    private static func blockFloats(_ g: DepthwiseGeometry) -> Int {
        RowRing.count(slots: slots(g), columns: g.width + 2 * g.padding, blocks: 1) + (g.taps + 3) * vectorWidth
    }

    static func largestChunk(_ g: DepthwiseGeometry) -> Int { max(1, chunkFloats / blockFloats(g)) }

    static func count(_ g: DepthwiseGeometry) -> Int {
        evenChunk(channelBlocks(g.channels), largest: largestChunk(g)) * blockFloats(g) + g.width * vectorWidth
    }

    init(_ workspace: FloatBuffer, _ g: DepthwiseGeometry, blocks: Int) {
        var next = workspace.pointer
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        let (slots, columns) = (Self.slots(g), g.width + 2 * g.padding)
        input = RowRing(
            base: take(RowRing.count(slots: slots, columns: columns, blocks: blocks)), slots: slots, leading: g.padding,
            columns: columns, blocks: blocks)
        weights = take(blocks * g.taps * vectorWidth)
        perChannel = take(3 * blocks * vectorWidth)
        row = take(g.width * vectorWidth)
        input.clearPadding(width: g.width)
    }
}

/// The part of a chunk of channels in the workspace on the way back.
struct BackwardWorkspace {
    /// SiLU(n)
    let input: RowRing
    /// SiLU′(n)
    let slope: RowRing
    /// The gradient of the convolution's output.
    let gradient: RowRing
    /// [block][tap][16]
    let weights: UnsafeMutablePointer<Float>
    /// [block][tap][16]
    let weightGradient: UnsafeMutablePointer<Float>
    /// One a block.
    let totals: UnsafeMutablePointer<GradientTotals>
    /// Rows of one block, [W][16].
    let row: UnsafeMutablePointer<Float>
    let otherRow: UnsafeMutablePointer<Float>

    private static var totalsFloats: Int { MemoryLayout<GradientTotals>.stride / MemoryLayout<Float>.stride }

    /// The rows that an output's row is made of, and those below the last one's that are still to be finished.
    private static func inputSlots(_ g: DepthwiseGeometry) -> Int { min(max(g.kernel, g.padding + g.stride), g.height) }

    private static func gradientSlots(_ g: DepthwiseGeometry) -> Int { min(2 * g.padding / g.stride + 1, g.outputHeight) }

    /// Columns of zeros beside a row of the output's gradient: as far as a tap reaches over the edge.
    private static func gradientMargins(_ g: DepthwiseGeometry) -> (leading: Int, trailing: Int) {
        g.stride == 1 ? (g.padding, g.padding) : (g.padding / 2, (g.padding + 1) / 2)
    }

    private static func gradientColumns(_ g: DepthwiseGeometry) -> Int {
        gradientMargins(g).leading + g.outputWidth + gradientMargins(g).trailing
    }

    private static func blockFloats(_ g: DepthwiseGeometry) -> Int {
        let slots = inputSlots(g)
        return RowRing.count(slots: slots, columns: g.width + 2 * g.padding, blocks: 1)
            + RowRing.count(slots: slots, columns: g.width, blocks: 1)
            + RowRing.count(slots: gradientSlots(g), columns: gradientColumns(g), blocks: 1)
            + 2 * g.taps * vectorWidth + totalsFloats
    }

    static func largestChunk(_ g: DepthwiseGeometry) -> Int { max(1, chunkFloats / blockFloats(g)) }

    static func count(_ g: DepthwiseGeometry) -> Int {
        evenChunk(channelBlocks(g.channels), largest: largestChunk(g)) * blockFloats(g) + 2 * g.width * vectorWidth
    }

    init(_ workspace: FloatBuffer, _ g: DepthwiseGeometry, blocks: Int) {
        var next = workspace.pointer
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        func ring(slots: Int, leading: Int, columns: Int) -> RowRing {
            RowRing(
                base: take(RowRing.count(slots: slots, columns: columns, blocks: blocks)), slots: slots, leading: leading,
                columns: columns, blocks: blocks)
        }
        let slots = Self.inputSlots(g)
        totals = UnsafeMutableRawPointer(take(blocks * Self.totalsFloats)).bindMemory(to: GradientTotals.self, capacity: blocks)
        input = ring(slots: slots, leading: g.padding, columns: g.width + 2 * g.padding)
        slope = ring(slots: slots, leading: 0, columns: g.width)
        gradient = ring(slots: Self.gradientSlots(g), leading: Self.gradientMargins(g).leading, columns: Self.gradientColumns(g))
        weights = take(blocks * g.taps * vectorWidth)
        weightGradient = take(blocks * g.taps * vectorWidth)
        row = take(g.width * vectorWidth)
        otherRow = take(g.width * vectorWidth)
        input.clearPadding(width: g.width)
        gradient.clearPadding(width: g.outputWidth)
        weightGradient.update(repeating: 0, count: blocks * g.taps * vectorWidth)
        totals.initialize(repeating: GradientTotals(), count: blocks)
    }
}
