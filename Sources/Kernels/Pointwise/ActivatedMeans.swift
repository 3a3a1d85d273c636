import Tensors

/// output = the means over each sample's positions of SiLU(n): what a classifier behind a global average pool reads.
///
/// - Parameter output: [N, C], overwritten.
public func activatedMeans(output: FloatBuffer, map: NormalizedMap, batch: Int) {
    let (channels, positions) = (map.channels, map.convolved.count / map.channels / batch)
    requireCount(output, batch * channels, "output")
    requireCount(map.convolved, batch * positions * channels, "map")
    averageChannels(output: output, batch: batch, positions: positions, channels: channels) { sample, rows, channel, lanes in
        let vectors = map.coefficients.vectors(at: channel, lanes: lanes)
        let start = (sample &* positions &+ rows.lowerBound) &* channels &+ channel
        var sum = Vector()
        for row in 0..<rows.count {
            sum += silu(vectors.normalized(map.convolved.pointer.vector(at: start &+ row &* channels, count: lanes)))
        }
        return sum
    }
}

/// The gradient of n, the batch norm's gradients and the coefficients of the way back.
///
/// - Parameters:
///   - inputGradient: [rows, C], overwritten with the gradient of n.
///   - outputGradient: [N, C]
public func activatedMeansBackward(
    inputGradient: FloatBuffer, batchNorm: BatchNormGradients, outputGradient: FloatBuffer, map: NormalizedMap, batch: Int
) {
    let (channels, positions) = (map.channels, map.convolved.count / map.channels / batch)
    requireCount(outputGradient, batch * channels, "outputGradient")
    requireCount(inputGradient, map.convolved.count, "inputGradient")
    let share = 1 / Float(positions)
    totalGradients(batchNorm, map: map, batch: batch) { sample, rows, channel, lanes, vectors in
        let upper = outputGradient.pointer.vector(at: sample &* channels &+ channel, count: lanes) * share
        var (shift, scale) = (Vector(), Vector())
        let start = rows.lowerBound &* channels &+ channel
        for row in 0..<rows.count {
            let place = start &+ row &* channels
            let z = map.convolved.pointer.vector(at: place, count: lanes)
            let gradient = upper * siluWithSlope(vectors.normalized(z)).slope
            inputGradient.pointer.store(gradient, at: place, count: lanes)
            shift += gradient
            scale.addProduct(gradient, z - vectors.mean)
        }
        return (shift, scale)
    }
}

/// output = the means over each sample's positions of a map as it is, [N, positions, C].
/// - Parameter output: [N, C], overwritten.
public func mapMeans(output: FloatBuffer, input: FloatBuffer, batch: Int, channels: Int) {
    requireCount(output, batch * channels, "output")
    let positions = input.count / batch / channels
    requireCount(input, batch * positions * channels, "input")
    averageChannels(output: output, batch: batch, positions: positions, channels: channels) { sample, rows, channel, lanes in
        let start = (sample &* positions &+ rows.lowerBound) &* channels &+ channel
        var sum = Vector()
        for row in 0..<rows.count { sum += input.pointer.vector(at: start &+ row &* channels, count: lanes) }
        return sum
    }
}

/// output[N, C] = each sample's sums / positions.
///
/// - Parameter sum: over a run of a sample's rows in Float; the runs are added in Double.
@inline(__always)
func averageChannels(
    output: FloatBuffer, batch: Int, positions: Int, channels: Int,
    _ sum: (_ sample: Int, _ rows: Range<Int>, _ channel: Int, _ lanes: Int) -> Vector
) {
    let blocks = alignedCount(channels) / vectorWidth
    withUnsafeTemporaryAllocation(of: SIMD16<Double>.self, capacity: blocks) { totals in
        for sample in 0..<batch {
            totals.initialize(repeating: SIMD16(repeating: 0))
            for first in stride(from: 0, to: positions, by: passRows) {
                let rows = first..<min(first &+ passRows, positions)
                forEachVector(channels) { channel, lanes in
                    totals[channel / vectorWidth] += doubles(sum(sample, rows, channel, lanes))
                }
            }
            forEachVector(channels) { channel, lanes in
                output.pointer.store(
                    Vector(totals[channel / vectorWidth] / Double(positions)), at: sample &* channels &+ channel, count: lanes)
            }
        }
    }
}

/// The same where rows are gone through whole.
///
/// - Parameter add: adds a row of the map to [C] sums; what the lanes beyond C hold is nobody's concern.
@inline(__always)
func averageRows(
    output: FloatBuffer, batch: Int, positions: Int, channels: Int,
    _ add: (_ sums: UnsafeMutablePointer<Float>, _ row: Int) -> Void
) {
    let blocks = alignedCount(channels) / vectorWidth
    withUnsafeTemporaryAllocation(of: SIMD16<Double>.self, capacity: blocks) { totals in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: alignedCount(channels)) { sums in
            guard let run = sums.baseAddress else { return }
            for sample in 0..<batch {
                totals.initialize(repeating: SIMD16(repeating: 0))
                for first in stride(from: 0, to: positions, by: passRows) {
                    sums.initialize(repeating: 0)
                    for row in first..<min(first &+ passRows, positions) { add(run, sample &* positions &+ row) }
                    for block in 0..<blocks { totals[block] += doubles(run.vector(at: block &* vectorWidth)) }
                }
                forEachVector(channels) { channel, lanes in
                    output.pointer.store(
                        Vector(totals[channel / vectorWidth] / Double(positions)), at: sample &* channels &+ channel,
                        count: lanes)
                }
            }
        }
    }
}

/// The gradients of a batch norm's scale and shift and the coefficients of the way back, from a pass over the gradient of n.
///
/// - Parameter sums: Σ d and Σ d · (z − mean) over a run of rows that lie in one sample.
@inline(__always)
func totalGradients(
    _ batchNorm: BatchNormGradients, map: NormalizedMap, batch: Int,
    _ sums: (_ sample: Int, _ rows: Range<Int>, _ channel: Int, _ lanes: Int, _ vectors: ChannelVectors) -> (
        shift: Vector, scale: Vector
    )
) {
    let channels = map.channels
    let rows = map.convolved.count / channels
    withUnsafeTemporaryAllocation(of: GradientTotals.self, capacity: alignedCount(channels) / vectorWidth) { totals in
        totals.initialize(repeating: GradientTotals())
        addTotals(totals, map.coefficients, samples: 0..<batch, positions: rows / batch, sums)
        finishTotals(totals, map.coefficients, batchNorm, rows: rows)
    }
}

/// Adds some samples' runs to the totals of each 16 channels.
@inline(__always)
func addTotals(
    _ totals: UnsafeMutableBufferPointer<GradientTotals>, _ coefficients: ChannelCoefficients, samples: Range<Int>,
    positions: Int,
    _ sums: (_ sample: Int, _ rows: Range<Int>, _ channel: Int, _ lanes: Int, _ vectors: ChannelVectors) -> (
        shift: Vector, scale: Vector
    )
) {
    for sample in samples {
        for first in stride(from: sample &* positions, to: (sample &+ 1) &* positions, by: passRows) {
            let rows = first..<min(first &+ passRows, (sample &+ 1) &* positions)
            forEachVector(coefficients.channels) { channel, lanes in
                let run = sums(sample, rows, channel, lanes, coefficients.vectors(at: channel, lanes: lanes))
                totals[channel / vectorWidth].add(shift: run.shift, scale: run.scale)
            }
        }
    }
}

func finishTotals(
    _ totals: UnsafeMutableBufferPointer<GradientTotals>, _ coefficients: ChannelCoefficients, _ batchNorm: BatchNormGradients,
    rows: Int
) {
    requireCount(batchNorm.scale, coefficients.channels, "scaleGradient")
    requireCount(batchNorm.shift, coefficients.channels, "shiftGradient")
    forEachVector(coefficients.channels) { channel, lanes in
        totals[channel / vectorWidth].finish(
            coefficients, batchNorm.scale, batchNorm.shift, adds: batchNorm.adds, rows: rows, channel: channel, lanes: lanes)
    }
}
