import Tensors

// The convolution of the image, a row of the output at a time. Its patches are never gathered: a row of the kernel is kW · C
// values that lie side by side in a row of the image, and the next patch's lie stride · C further on, which a product takes as
// well as a matrix.

/// Floats of workspace that each of the stem's functions may use for this geometry.
public func stemWorkspaceCount(_ geometry: ConvolutionGeometry) -> Int {
    StemLayout(geometry).count
}

/// A convolution of the image with the moments of its output.
///
/// - Parameters:
///   - output: [N, oH, oW, F], overwritten.
///   - moments: of F channels, cleared and filled.
///   - input: [N, H, W, C]
///   - weights: [kH, kW, C, F]
///   - workspace: at least `stemWorkspaceCount` floats.
public func stemForward(
    output: FloatBuffer, moments: BlockMoments, input: FloatBuffer, weights: FloatBuffer, geometry g: ConvolutionGeometry,
    workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    require(moments.channels == g.outputChannels, "moments of other channels")
    moments.clear()
    convolveRows(
        to: MeasuredMap(output: output.pointer, channels: g.outputChannels, moments: moments), input: input, weights: weights,
        geometry: g,
        workspace: workspace)
}

/// output = SiLU(convolution · factors + bias), the batch norm folded.
public func stemInference(
    output: FloatBuffer, input: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, bias: FloatBuffer,
    geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(output, g.outputCount, "output")
    requireCount(factors, g.outputChannels, "factors")
    requireCount(bias, g.outputChannels, "bias")
    let sink = ActivatedMap(
        output: output.pointer, channels: g.outputChannels, factors: factors.pointer, bias: bias.pointer, activates: true,
        addend: nil)
    convolveRows(to: sink, input: input, weights: weights, geometry: g, workspace: workspace)
}

@inline(__always)
private func convolveRows<Sink: PanelSink>(
    to sink: Sink, input: FloatBuffer, weights: FloatBuffer, geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(input, g.inputCount, "input")
    requireCount(weights, g.weightCount, "weights")
    require(workspace.count >= stemWorkspaceCount(g), "too small a workspace")
    let parts = StemParts(g, workspace.pointer)
    parts.panels.pack(weights.pointer)
    let segment = g.kernelWidth * g.inputChannels
    let slab = RowSlab(pointer: parts.rows, stride: 2 * vectorWidth)
    for y in 0..<(g.batch * g.outputHeight) {
        parts.window.load(input.pointer, y)
        let rows = (y * g.outputWidth)..<((y + 1) * g.outputWidth)
        forEachPanel(0..<g.outputChannels) { first, count, width in
            let sums = sink.place(row: rows.lowerBound, column: first, slab: slab)
            for kernelRow in 0..<g.kernelHeight {
                parts.panels.multiply(
                    (first, count, width), output: sums.pointer, outputStride: sums.stride, left: parts.window.row(kernelRow),
                    rows: g.outputWidth, part: (kernelRow &* segment)..<((kernelRow &+ 1) &* segment),
                    start: kernelRow == 0 ? .none : .partialSums)
            }
            sink.finish(sums, rows: rows, columns: first..<(first &+ count))
        }
    }
}

/// The weights' gradient, [kH, kW, C, F], overwritten; an image has none that anybody asks for.
public func stemBackward(
    weightGradient: FloatBuffer, outputGradient: NormalizedMapGradient, input: FloatBuffer,
    geometry g: ConvolutionGeometry, workspace: FloatBuffer
) {
    requireCount(weightGradient, g.weightCount, "weightGradient")
    requireCount(input, g.inputCount, "input")
    requireCount(outputGradient.gradient, g.outputCount, "outputGradient")
    requireCount(outputGradient.map.convolved, g.outputCount, "outputGradient's map")
    require(workspace.count >= stemWorkspaceCount(g), "too small a workspace")
    let parts = StemParts(g, workspace.pointer)
    let segment = g.kernelWidth * g.inputChannels
    for y in 0..<(g.batch * g.outputHeight) {
        parts.window.load(input.pointer, y)
        let upper = GradientRows(source: outputGradient).block(
            (y * g.outputWidth)..<((y + 1) * g.outputWidth), 0..<g.outputChannels, buffer: parts.rows)
        for kernelRow in 0..<g.kernelHeight {
            addOuterProduct(
                weightGradient.pointer + kernelRow &* segment &* g.outputChannels, outputStride: g.outputChannels,
                left: parts.window.row(kernelRow), leftColumns: segment, right: upper, rightColumns: g.outputChannels,
                rows: g.outputWidth,
                start: y == 0 ? .none : .partialSums, spill: parts.spill)
        }
    }
}

/// The rows of the image that make a row of the output, between the zeros of the padding.
private struct ImageWindow {
    let memory: UnsafeMutablePointer<Float>
    let geometry: ConvolutionGeometry

    static func rowCount(_ g: ConvolutionGeometry) -> Int { (g.inputWidth + 2 * g.padding) * g.inputChannels }

    /// - Parameter y: the output's row, counted over all samples.
    func load(_ input: UnsafePointer<Float>, _ y: Int) {
        let (g, count) = (geometry, geometry.inputWidth * geometry.inputChannels)
        let (sample, outputRow) = y.quotientAndRemainder(dividingBy: g.outputHeight)
        for kernelRow in 0..<g.kernelHeight {
            let target = memory + (kernelRow * Self.rowCount(g) + g.padding * g.inputChannels)
            let row = outputRow * g.stride + kernelRow - g.padding
            if row >= 0 && row < g.inputHeight {
                target.update(from: input + (sample * g.inputHeight + row) * count, count: count)
            } else {
                target.update(repeating: 0, count: count)
            }
        }
    }

    /// What a kernel's row sees at each place of the output's row.
    @inline(__always)
    func row(_ kernelRow: Int) -> RowBlock {
        RowBlock(pointer: memory + kernelRow &* Self.rowCount(geometry), stride: geometry.stride &* geometry.inputChannels)
    }
}

/// Where in its workspace the stem keeps what it works in.
private struct StemLayout {
    let panels: Int
    let window: Int
    let windowCount: Int
    /// Rows of sums, or of the gradient.
    let rows: Int
    let spill: Int
    let count: Int

    init(_ g: ConvolutionGeometry) {
        var layout = WorkspaceLayout()
        panels = layout.take(PackedPanels.count(inner: g.patchCount, columns: g.outputChannels, rows: g.outputWidth))
        windowCount = g.kernelHeight * ImageWindow.rowCount(g)
        window = layout.take(windowCount)
        rows = layout.take(max(rowBufferCount(rows: g.outputWidth, columns: g.outputChannels), g.outputWidth * 2 * vectorWidth))
        spill = layout.take(g.kernelWidth * g.inputChannels * 2 * vectorWidth)
        count = layout.count
    }
}

private struct StemParts {
    let panels: PackedPanels
    let window: ImageWindow
    let rows: UnsafeMutablePointer<Float>
    let spill: UnsafeMutablePointer<Float>

    init(_ g: ConvolutionGeometry, _ workspace: UnsafeMutablePointer<Float>) {
        let layout = StemLayout(g)
        panels = PackedPanels(workspace + layout.panels, inner: g.patchCount, columns: g.outputChannels)
        window = ImageWindow(memory: workspace + layout.window, geometry: g)
        window.memory.update(repeating: 0, count: layout.windowCount)
        rows = workspace + layout.rows
        spill = workspace + layout.spill
    }
}
