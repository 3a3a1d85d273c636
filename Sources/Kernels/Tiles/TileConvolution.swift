/// The three directions of a convolution by tiles, a block of tiles at a time, so that what passes between transforms and products
/// stays in the second-level cache. No bit depends on how tiles are cut into blocks.
///
/// Weights are transformed where they are used, a panel of filters and 128 channels at a time, into memory that stays in the
/// cache: for each pair of channels that takes about 65 cycles for 16 filters, the products of 25 tiles 450. Transformed once
/// for all shards they would be four times as large as they are, twice, and be fetched from memory by every shard.
struct TileConvolution<Scheme: TileScheme> {
    let geometry: ConvolutionGeometry
    let blocking: TileBlocking

    private var inputs: Int { geometry.inputChannels }
    private var filters: Int { geometry.outputChannels }
    private var grid: TileGrid {
        TileGrid(Scheme.self, batch: geometry.batch, height: geometry.inputHeight, width: geometry.inputWidth)
    }

    var tileCount: Int { grid.count }

    // Rows are 64 bytes longer than their channels, since rows a power of two apart share cache sets.
    private func rowStride(_ channels: Int) -> Int { channels + vectorWidth }
    private func pointsCount(_ tiles: Int, _ channels: Int) -> Int { Scheme.products * tiles * rowStride(channels) }

    private var scratchCount: Int { alignedCount(TileScratch.count(Scheme.self, channels: max(inputs, filters))) }
    private func scratch(_ workspace: UnsafeMutablePointer<Float>) -> TileScratch {
        TileScratch(Scheme.self, workspace, channels: max(inputs, filters))
    }

    // MARK: Forward

    private var forwardTiles: Int { min(blocking.forwardTiles, grid.count) }
    private var forwardPanels: PanelPlan { PanelPlan(Scheme.self, inner: inputs, columns: filters) }

    var forwardWorkspaceCount: Int {
        scratchCount + pointsCount(forwardTiles, inputs) + pointsCount(forwardTiles, panelWidth) + forwardPanels.count
    }

    /// - Parameters:
    ///   - weights: [3, 3, C, F]
    ///   - factors: [F], what each filter's weights are multiplied by; nil for 1.
    @inline(__always)
    func forward<Sink: TileSink>(
        to sink: Sink, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, factors: UnsafePointer<Float>?,
        workspace: UnsafeMutablePointer<Float>
    ) {
        let (grid, plan, scratch) = (grid, forwardPanels, scratch(workspace))
        let points = workspace + scratchCount
        let sums = points + pointsCount(forwardTiles, inputs)
        let panels = sums + pointsCount(forwardTiles, panelWidth)
        let (pointRow, sumRow) = (rowStride(inputs), rowStride(panelWidth))
        func transform(_ panel: UnsafeMutablePointer<Float>, channels: Range<Int>, columns: Range<Int>) {
            transformWeights(
                Scheme.self, panels: panel, pointStride: plan.pointStride, weights: weights, factors: factors, inputChannels: inputs,
                outputChannels: filters, inputs: channels, filters: columns, scratch: scratch.taps)
        }
        plan.prepareAll(panels, transform)
        for first in stride(from: 0, to: grid.count, by: forwardTiles) {
            let tiles = first..<min(first + forwardTiles, grid.count)
            transformInput(
                Scheme.self, points, stride: pointRow, input: input, channels: inputs, grid: grid, tiles: tiles, scratch: scratch)
            plan.forEachPanel { columns in
                multiply(sums, sumRow, points, pointRow, plan, panels, columns, tiles: tiles.count, transform)
                transformOutput(
                    Scheme.self, to: sink, first: columns.lowerBound, channels: columns.count, points: sums, stride: sumRow,
                    grid: grid, tiles: tiles, scratch: scratch)
            }
        }
    }

    /// For each q: sums[q, tiles, columns] = points[q, tiles, inner] · panel[q], part by part.
    @inline(__always)
    private func multiply(
        _ sums: UnsafeMutablePointer<Float>, _ sumRow: Int, _ points: UnsafePointer<Float>, _ pointRow: Int, _ plan: PanelPlan,
        _ panels: UnsafeMutablePointer<Float>, _ columns: Range<Int>, tiles: Int, _ transform: PanelPlan.Transform
    ) {
        plan.forEachPart(panels, columns, transform) { panel, inner in
            for point in 0..<Scheme.products {
                panelProduct(
                    output: sums + point &* tiles &* sumRow, outputStride: sumRow,
                    left: points + (point &* tiles &* pointRow &+ inner.lowerBound), leftStride: pointRow,
                    panel: panel + point &* plan.pointStride, width: columns.count, rows: tiles, inner: inner.count,
                    start: inner.lowerBound == 0 ? .none : .addend)
            }
        }
    }

    // MARK: Backward

    private var backwardTiles: Int { min(blocking.backwardTiles, grid.count) }
    private var backwardPanels: PanelPlan { PanelPlan(Scheme.self, inner: filters, columns: inputs) }
    private var isOneBlock: Bool { backwardTiles == grid.count }
    /// From the products of one point to those of the next. A cache line more than they take, for matrices a power of two apart
    /// would all want the same cache sets.
    private var productStride: Int { inputs * filters + vectorWidth }

    var backwardWorkspaceCount: Int {
        let passed = max(pointsCount(backwardTiles, inputs), pointsCount(backwardTiles, panelWidth))
        let products = Scheme.products * (isOneBlock ? largestTileRows * panelWidth : productStride)
        return scratchCount + pointsCount(backwardTiles, filters) + passed + max(products, backwardPanels.count)
            + (isOneBlock ? 0 : backwardPanels.count)
    }

    /// - Parameters:
    ///   - inputGradient: overwritten; nil where nobody wants it.
    ///   - source: of the output gradient.
    ///   - weights: [3, 3, C, F]; not read without `inputGradient`.
    ///   - adds: whether the weight gradient is added to what stands there.
    @inline(__always)
    func backward<Source: TileSource>(
        weightGradient: UnsafeMutablePointer<Float>, adds: Bool, inputGradient: UnsafeMutablePointer<Float>?, source: Source,
        input: UnsafePointer<Float>, weights: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>
    ) {
        let (grid, plan, scratch) = (grid, backwardPanels, scratch(workspace))
        let gradients = workspace + scratchCount
        let passed = gradients + pointsCount(backwardTiles, filters)
        let products = passed + max(pointsCount(backwardTiles, inputs), pointsCount(backwardTiles, panelWidth))
        // With one block the panels are done with before there are products.
        let panels = isOneBlock ? products : products + Scheme.products * productStride
        let gradientRow = rowStride(filters)
        func transform(_ panel: UnsafeMutablePointer<Float>, filters range: Range<Int>, columns: Range<Int>) {
            transformWeightsTransposed(
                Scheme.self, panels: panel, pointStride: plan.pointStride, weights: weights, inputChannels: inputs,
                outputChannels: filters, inputs: columns, filters: range, scratch: scratch.taps)
        }
        if inputGradient != nil { plan.prepareAll(panels, transform) }
        for first in stride(from: 0, to: grid.count, by: backwardTiles) {
            let tiles = first..<min(first + backwardTiles, grid.count)
            transformOutputGradient(
                Scheme.self, gradients, stride: gradientRow, source: source, channels: filters, grid: grid, tiles: tiles,
                scratch: scratch)
            if let inputGradient {
                plan.forEachPanel { columns in
                    let sumRow = rowStride(panelWidth)
                    multiply(passed, sumRow, gradients, gradientRow, plan, panels, columns, tiles: tiles.count, transform)
                    transformInputGradient(
                        Scheme.self, inputGradient: inputGradient, mapChannels: inputs, first: columns.lowerBound,
                        channels: columns.count, points: passed, stride: sumRow, grid: grid, tiles: tiles, scratch: scratch)
                }
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

    /// The weight gradient where all tiles are in one block: a few channels and filters at a time, whose products never leave the
    /// cache.
    private func multiplyOut(
        _ weightGradient: UnsafeMutablePointer<Float>, adds: Bool, _ points: UnsafePointer<Float>, _ gradients: UnsafePointer<Float>,
        _ products: UnsafeMutablePointer<Float>, tiles: Int, scratch: TileScratch
    ) {
        let (pointRow, gradientRow) = (rowStride(inputs), rowStride(filters))
        for filter in stride(from: 0, to: filters, by: panelWidth) {
            let width = min(panelWidth, filters &- filter)
            forEachRowTile(inputs) { channel, count in
                for point in 0..<Scheme.products {
                    let tile = ProductTile(
                        output: products + point &* largestTileRows &* width, outputStride: width,
                        left: points + (point &* tiles &* pointRow &+ channel), leftRowStep: 1, leftInnerStep: pointRow,
                        right: gradients + (point &* tiles &* gradientRow &+ filter), rightStep: gradientRow, inner: tiles, start: .none)
                    if width == 2 &* vectorWidth { wideProduct(tile, rows: count) } else { narrowProduct(tile, rows: count) }
                }
                transformWeightGradient(
                    Scheme.self, weightGradient: weightGradient, inputChannels: inputs, outputChannels: filters, channel: channel,
                    channels: count, filter: filter, filters: width, products: products, stride: width,
                    pointStride: largestTileRows &* width, adds: adds, scratch: scratch)
            }
        }
    }
}
