// Convolution without gathered patches, for wide maps with few channels, where gathering costs as much as the product.
//
// One sample at a time is copied with its zero padding, so that no inner loop asks for an edge. A tile of 16 neighbouring
// outputs × 16 filters then stays in registers: for each of the patch's values it takes one vector of weights and 16
// broadcast values, whose distance is the number of channels.

/// Whether the direct kernel makes the forward pass. The channel counts are those it is compiled for.
func usesDirectForward(_ g: ConvolutionGeometry) -> Bool {
    g.stride == 1 && g.outputWidth % vectorWidth == 0 && g.outputChannels % vectorWidth == 0
        && [1, 16, 32, 64].contains(g.inputChannels)
}

/// Whether the direct kernel makes the weight gradient.
func usesDirectWeightGradient(_ g: ConvolutionGeometry) -> Bool {
    g.outputChannels % vectorWidth == 0 && g.outputWidth >= vectorWidth && g.patchCount <= 576
}

/// Floats for the packed weights and one padded sample.
func directWorkspaceCount(_ g: ConvolutionGeometry) -> Int { alignedCount(g.weightCount) + paddedSampleCount(g) }

/// A padded sample, and what a tile may read beyond it without using it.
private func paddedSampleCount(_ g: ConvolutionGeometry) -> Int {
    alignedCount((g.inputHeight + 2 * g.padding) * (g.inputWidth + 2 * g.padding) * g.inputChannels) + vectorWidth
}

func forwardDirectly(
    output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, _ g: ConvolutionGeometry, workspace: UnsafeMutablePointer<Float>
) {
    let padded = workspace + alignedCount(g.weightCount)
    packPanels(workspace, weights, g)
    padded.update(repeating: 0, count: paddedSampleCount(g))
    for sample in 0..<g.batch {
        copyIntoPadding(padded, input, sample, g)
        let target = output + sample * (g.outputHeight * g.outputWidth * g.outputChannels)
        switch g.inputChannels {
        case 1: forwardSample(target, padded, workspace, bias, g, channels: 1)
        case 16: forwardSample(target, padded, workspace, bias, g, channels: 16)
        case 32: forwardSample(target, padded, workspace, bias, g, channels: 32)
        default: forwardSample(target, padded, workspace, bias, g, channels: 64)
        }
    }
}

/// One sample; `channels` is g.inputChannels, given again as a constant.
@inline(__always)
private func forwardSample(
    _ output: UnsafeMutablePointer<Float>, _ padded: UnsafePointer<Float>, _ panels: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>?, _ g: ConvolutionGeometry, channels: Int
) {
    let (width, height, filters) = (g.outputWidth, g.outputHeight, g.outputChannels)
    let rowStride = (g.inputWidth &+ 2 &* g.padding) &* channels
    let segment = g.kernelWidth &* channels
    let (kernelHeight, patch) = (g.kernelHeight, g.patchCount)
    for filter in stride(from: 0, to: filters, by: vectorWidth) {
        let panel = panels + filter &* patch
        let start = bias.map { $0.vector(at: filter) } ?? Vector()
        for y in 0..<height {
            for x in stride(from: 0, to: width, by: vectorWidth) {
                var tile = AccumulatorTile(repeating: start)
                var weight = panel
                for kernelRow in 0..<kernelHeight {
                    var source = padded + ((y &+ kernelRow) &* rowStride &+ x &* channels)
                    for _ in 0..<segment {
                        tile.add(source, step: channels, weight.vector(at: 0))
                        source += 1
                        weight += vectorWidth
                    }
                }
                tile.store(output + ((y &* width &+ x) &* filters &+ filter), step: filters)
            }
        }
    }
}

func weightGradientDirectly(
    weightGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
    _ g: ConvolutionGeometry, workspace padded: UnsafeMutablePointer<Float>
) {
    let (filters, segment) = (g.outputChannels, g.kernelWidth * g.inputChannels)
    let narrow = segment <= 4
    padded.update(repeating: 0, count: paddedSampleCount(g))
    weightGradient.update(repeating: 0, count: g.weightCount)
    for sample in 0..<g.batch {
        copyIntoPadding(padded, input, sample, g)
        let upper = outputGradient + sample * (g.outputHeight * g.outputWidth * filters)
        for filter in stride(from: 0, to: filters, by: vectorWidth) {
            for kernelRow in 0..<g.kernelHeight {
                let source = padded + kernelRow * (g.inputWidth + 2 * g.padding) * g.inputChannels
                for place in stride(from: 0, to: segment, by: vectorWidth) {
                    let target = weightGradient + ((kernelRow * segment + place) * filters + filter)
                    let count = min(vectorWidth, segment - place)
                    if narrow {
                        addNarrowOuterProducts(target, source, upper + filter, g, count: count)
                    } else {
                        addOuterProducts(target, source + place, upper + filter, g, count: count)
                    }
                }
            }
        }
    }
}

/// target[i, 16 filters] += Σ over a sample's output positions of source[position, i] · upper[position, 16 filters].
private func addOuterProducts(
    _ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ upper: UnsafePointer<Float>,
    _ g: ConvolutionGeometry, count: Int
) {
    let (width, filters, step) = (g.outputWidth, g.outputChannels, g.stride &* g.inputChannels)
    let rowStride = (g.inputWidth &+ 2 &* g.padding) &* g.inputChannels &* g.stride
    var upper = upper
    var tile = AccumulatorTile(repeating: Vector())
    for y in 0..<g.outputHeight {
        var values = source + y &* rowStride
        for _ in 0..<width {
            tile.add(values, step: 1, upper.vector(at: 0))
            values += step
            upper += filters
        }
    }
    tile.addTo(target, step: filters, count: count)
}

/// The same for a kernel's row of at most four values.
private func addNarrowOuterProducts(
    _ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ upper: UnsafePointer<Float>,
    _ g: ConvolutionGeometry, count: Int
) {
    let (width, filters, step) = (g.outputWidth, g.outputChannels, g.stride &* g.inputChannels)
    let rowStride = (g.inputWidth &+ 2 &* g.padding) &* g.inputChannels &* g.stride
    var upper = upper
    var tile = NarrowAccumulatorTile(repeating: Vector())
    for y in 0..<g.outputHeight {
        var values = source + y &* rowStride
        for _ in 0..<width {
            tile.add(values, upper.vector(at: 0))
            values += step
            upper += filters
        }
    }
    tile.addTo(target, step: filters, count: count)
}

/// Weights [patch, F] as panels [F / 16, patch, 16], so that a tile reads one after the other.
private func packPanels(_ panels: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ g: ConvolutionGeometry) {
    let (patch, filters) = (g.patchCount, g.outputChannels)
    for filter in stride(from: 0, to: filters, by: vectorWidth) {
        for index in 0..<patch {
            panels.store(weights.vector(at: index &* filters &+ filter), at: filter &* patch &+ index &* vectorWidth)
        }
    }
}

/// Copies a sample into the middle of its padding, which stays zero.
private func copyIntoPadding(
    _ padded: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, _ sample: Int, _ g: ConvolutionGeometry
) {
    let row = g.inputWidth * g.inputChannels
    for y in 0..<g.inputHeight {
        let target = padded + ((y + g.padding) * (g.inputWidth + 2 * g.padding) + g.padding) * g.inputChannels
        target.update(from: input + (sample * g.inputHeight + y) * row, count: row)
    }
}
