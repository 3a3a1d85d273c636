// The three directions as products of gathered patches, a block of output positions at a time.

func forwardByPatches(
    output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, _ g: ConvolutionGeometry, columns: UnsafeMutablePointer<Float>
) {
    let (patch, filters) = (g.patchCount, g.outputChannels)
    let block = patchBlockRows(g)
    for first in stride(from: 0, to: g.outputRows, by: block) {
        let count = min(block, g.outputRows - first)
        gatherPatches(columns, input, g, first: first, count: count)
        let target = output + first * filters
        if let bias { repeatRow(target, bias, rows: count, columns: filters) }
        product(
            target, filters, columns, patch, false, weights, filters, false, rows: count, columns: filters, inner: patch,
            accumulate: bias != nil)
    }
}

func inputGradientByPatches(
    inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    _ g: ConvolutionGeometry, columns: UnsafeMutablePointer<Float>
) {
    let (patch, filters) = (g.patchCount, g.outputChannels)
    let block = patchBlockRows(g)
    inputGradient.update(repeating: 0, count: g.inputCount)
    for first in stride(from: 0, to: g.outputRows, by: block) {
        let count = min(block, g.outputRows - first)
        product(
            columns, patch, outputGradient + first * filters, filters, false, weights, filters, true, rows: count,
            columns: patch, inner: filters, accumulate: false)
        scatterPatches(inputGradient, columns, g, first: first, count: count)
    }
}

func weightGradientByPatches(
    weightGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>,
    _ g: ConvolutionGeometry, columns: UnsafeMutablePointer<Float>
) {
    let (patch, filters) = (g.patchCount, g.outputChannels)
    let block = patchBlockRows(g)
    for first in stride(from: 0, to: g.outputRows, by: block) {
        let count = min(block, g.outputRows - first)
        gatherPatches(columns, input, g, first: first, count: count)
        product(
            weightGradient, filters, columns, patch, true, outputGradient + first * filters, filters, false, rows: patch,
            columns: filters, inner: count, accumulate: first > 0)
    }
}

/// Turns weights [kH, kW, C, F] into [kH, kW, F, C] with both kernel axes reversed, in squares of 16 × 16 so that each
/// line of the cache is read and written once.
func reverseKernels(_ reversed: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ g: ConvolutionGeometry) {
    let taps = g.kernelHeight * g.kernelWidth
    let (channels, filters) = (g.inputChannels, g.outputChannels)
    for tap in 0..<taps {
        let source = weights + tap * channels * filters
        let target = reversed + (taps - 1 - tap) * channels * filters
        for firstChannel in stride(from: 0, to: channels, by: 16) {
            let channelEnd = min(firstChannel + 16, channels)
            for firstFilter in stride(from: 0, to: filters, by: 16) {
                for filter in firstFilter..<min(firstFilter + 16, filters) {
                    for channel in firstChannel..<channelEnd {
                        target[filter &* channels &+ channel] = source[channel &* filters &+ filter]
                    }
                }
            }
        }
    }
}
