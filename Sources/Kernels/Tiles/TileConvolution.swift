/// The three directions of a convolution by tiles, a block of tiles at a time, so that what passes between transforms and products
/// stays in the second-level cache. No bit depends on how tiles are cut into blocks or filters into groups.
struct TileConvolution<Scheme: TileScheme> {
    let geometry: ConvolutionGeometry
    let blocking: TileBlocking

    private var inputs: Int { geometry.inputChannels }
    private var filters: Int { geometry.outputChannels }
    private var grid: TileGrid {
        TileGrid(Scheme.self, batch: geometry.batch, height: geometry.inputHeight, width: geometry.inputWidth)
    }

    // Rows are 64 bytes longer than their channels, since rows a power of two apart share cache sets.
    private func rowStride(_ channels: Int) -> Int { channels + vectorWidth }
    private func pointsCount(_ tiles: Int, _ channels: Int) -> Int { Scheme.products * tiles * rowStride(channels) }

    private var scratchCount: Int { alignedCount(TileScratch.count(Scheme.self, channels: max(inputs, filters))) }
    private func scratch(_ workspace: UnsafeMutablePointer<Float>) -> TileScratch {
        TileScratch(Scheme.self, workspace, channels: max(inputs, filters))
    }

    // MARK: Forward

    private var forwardTiles: Int { min(blocking.forwardTiles, grid.count) }
    private var outputGroup: Int { min(blocking.group, filters) }

    var forwardWorkspaceCount: Int {
        scratchCount + pointsCount(forwardTiles, inputs) + pointsCount(forwardTiles, outputGroup)
    }

    /// - Parameter panels: what `transformWeights` made.
    @inline(__always)
    func forward<Sink: TileSink>(
        to sink: Sink, input: UnsafePointer<Float>, panels: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>
    ) {
        let (grid, group) = (grid, outputGroup)
        let shape = PanelShape(inner: inputs, columns: filters)
        let (scratch, points) = (scratch(workspace), workspace + scratchCount)
        let sums = points + pointsCount(forwardTiles, inputs)
        let (pointRow, sumRow) = (rowStride(inputs), rowStride(group))
        for first in stride(from: 0, to: grid.count, by: forwardTiles) {
            let tiles = first..<min(first + forwardTiles, grid.count)
            transformInput(
                Scheme.self, points, stride: pointRow, input: input, channels: inputs, grid: grid, tiles: tiles, scratch: scratch)
            for filter in stride(from: 0, to: filters, by: group) {
                let columns = filter..<min(filter + group, filters)
                multiply(
                    sums, sumRow, points, pointRow, panels, shape, columns: columns, tiles: tiles.count)
                transformOutput(
                    Scheme.self, to: sink, first: filter, channels: columns.count, points: sums, stride: sumRow, grid: grid,
                    tiles: tiles, scratch: scratch)
            }
        }
    }

    /// For each q: sums[q, tiles, columns] = points[q, tiles, inner] · panels[q].
    private func multiply(
        _ sums: UnsafeMutablePointer<Float>, _ sumRow: Int, _ points: UnsafePointer<Float>, _ pointRow: Int,
        _ panels: UnsafePointer<Float>, _ shape: PanelShape, columns: Range<Int>, tiles: Int
    ) {
        for point in 0..<Scheme.products {
            panelProduct(
                output: sums + point &* tiles &* sumRow, outputStride: sumRow, left: points + point &* tiles &* pointRow,
                leftStride: pointRow, panels: panels + point &* shape.stride, shape: shape, columns: columns, rows: tiles)
        }
    }

    // MARK: Backward

    private var backwardTiles: Int { min(blocking.backwardTiles, grid.count) }
    private var inputGroup: Int { min(blocking.group, inputs) }
    /// From the products of one point to those of the next, a cache line more than they take (see `PanelShape.stride`).
    private var productStride: Int { inputs * filters + vectorWidth }
    private var isOneBlock: Bool { backwardTiles == grid.count }

    var backwardWorkspaceCount: Int {
        let passed = max(pointsCount(backwardTiles, inputs), pointsCount(backwardTiles, inputGroup))
        let products = Scheme.products * (isOneBlock ? largestTileRows * PanelShape.width : productStride)
        return scratchCount + pointsCount(backwardTiles, filters) + passed + products
    }

    /// - Parameters:
    ///   - inputGradient: overwritten; nil where nobody wants it.
    ///   - source: of the output gradient.
    ///   - panels: what `transformWeightsTransposed` made; not read without `inputGradient`.
    ///   - adds: whether the weight gradient is added to what stands there.
    @inline(__always)
    func backward<Source: TileSource>(
        weightGradient: UnsafeMutablePointer<Float>, adds: Bool, inputGradient: UnsafeMutablePointer<Float>?, source: Source,
        input: UnsafePointer<Float>, panels: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>
    ) {
        let (grid, scratch) = (grid, scratch(workspace))
        let gradients = workspace + scratchCount
        let passed = gradients + pointsCount(backwardTiles, filters)
        let products = passed + max(pointsCount(backwardTiles, inputs), pointsCount(backwardTiles, inputGroup))
        let gradientRow = rowStride(filters)
        for first in stride(from: 0, to: grid.count, by: backwardTiles) {
            let tiles = first..<min(first + backwardTiles, grid.count)
            transformOutputGradient(
                Scheme.self, gradients, stride: gradientRow, source: source, channels: filters, grid: grid, tiles: tiles,
                scratch: scratch)
            if let inputGradient {
                passBack(inputGradient, gradients, gradientRow, panels, passed, tiles: tiles, scratch: scratch)
            }
            transformInput(
                Scheme.self, passed, stride: rowStride(inputs), input: input, channels: inputs, grid: grid, tiles: tiles,
                scratch: scratch)
            if isOneBlock {
                multiplyOut(weightGradient, adds: adds, passed, gradients, products, tiles: tiles.count, scratch: scratch)
            } else {
                for point in 0..<Scheme.products {
                    outerProduct(
                        output: products + point &* productStride, outputStride: filters,
                        left: passed + point &* tiles.count &* rowStride(inputs), leftStride: rowStride(inputs), leftColumns: inputs,
                        right: gradients + point &* tiles.count &* gradientRow, rightStride: gradientRow, rightColumns: filters,
                        inner: tiles.count, start: first == 0 ? .none : .partialSums)
                }
            }
        }
        if !isOneBlock {
            transformWeightGradient(
                Scheme.self, weightGradient: weightGradient, inputChannels: inputs, outputChannels: filters, channel: 0,
                channels: inputs, filter: 0, filters: filters, products: products, stride: filters, pointStride: productStride,
                adds: adds, scratch: scratch)
        }
    }

    /// The input gradient of a block of tiles.
    private func passBack(
        _ inputGradient: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>, _ gradientRow: Int,
        _ panels: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>, tiles: Range<Int>, scratch: TileScratch
    ) {
        let shape = PanelShape(inner: filters, columns: inputs)
        let sumRow = rowStride(inputGroup)
        for channel in stride(from: 0, to: inputs, by: inputGroup) {
            let columns = channel..<min(channel + inputGroup, inputs)
            multiply(sums, sumRow, gradients, gradientRow, panels, shape, columns: columns, tiles: tiles.count)
            transformInputGradient(
                Scheme.self, inputGradient: inputGradient, mapChannels: inputs, first: channel, channels: columns.count,
                points: sums, stride: sumRow, grid: grid, tiles: tiles, scratch: scratch)
        }
    }

    /// The weight gradient where all tiles are in one block: a few channels and filters at a time, whose products never leave the
    /// cache.
    private func multiplyOut(
        _ weightGradient: UnsafeMutablePointer<Float>, adds: Bool, _ points: UnsafePointer<Float>, _ gradients: UnsafePointer<Float>,
        _ products: UnsafeMutablePointer<Float>, tiles: Int, scratch: TileScratch
    ) {
        let (pointRow, gradientRow) = (rowStride(inputs), rowStride(filters))
        for filter in stride(from: 0, to: filters, by: PanelShape.width) {
            let width = min(PanelShape.width, filters &- filter)
            forEachRowTile(inputs) { channel, count in
                for point in 0..<Scheme.products {
                    let tile = ProductTile(
                        output: products + point &* largestTileRows &* width, outputStride: width,
                        left: points + (point &* tiles &* pointRow &+ channel), leftRowStep: 1, leftInnerStep: pointRow,
                        right: gradients + (point &* tiles &* gradientRow &+ filter), rightStep: gradientRow, inner: tiles, start: .none)
                    if width == PanelShape.width { wideProduct(tile, rows: count) } else { narrowProduct(tile, rows: count) }
                }
                transformWeightGradient(
                    Scheme.self, weightGradient: weightGradient, inputChannels: inputs, outputChannels: filters, channel: channel,
                    channels: count, filter: filter, filters: width, products: products, stride: width,
                    pointStride: largestTileRows &* width, adds: adds, scratch: scratch)
            }
        }
    }
}

/// How many tiles and channels are worked on at once. It changes speed and memory, never a bit.
public struct TileBlocking: Hashable, Sendable {
    /// Tiles of a block on the way forward.
    public var forwardTiles: Int
    /// Tiles of a block on the way back.
    public var backwardTiles: Int
    /// Output channels of a product that are transformed back together; a multiple of 32.
    public var group: Int

    public init(forwardTiles: Int, backwardTiles: Int, group: Int) {
        require(forwardTiles > 0 && backwardTiles > 0 && group > 0 && group % PanelShape.width == 0, "impossible blocks of tiles")
        self.forwardTiles = forwardTiles
        self.backwardTiles = backwardTiles
        self.group = group
    }
}
