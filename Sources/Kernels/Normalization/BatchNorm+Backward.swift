import Tensors

/// The backward pass of `batchNormForwardTraining`. With x̂ = (input − mean) · inverseDeviation and d = outputGradient,
/// masked to zero where output ≤ 0 when `relu` is set:
///
///     shiftGradient = Σ d      scaleGradient = Σ d · x̂      (over rows)
///     inputGradient = scale · inverseDeviation · (d − shiftGradient / rows − x̂ · scaleGradient / rows)
///
/// - Parameters:
///   - inputGradient: [rows, channels]; may be the same memory as outputGradient. Overwritten.
///   - scaleGradient, shiftGradient: [channels]. Overwritten.
///   - outputGradient, input, output: [rows, channels]; output is read only with `relu`.
///   - scale, savedMean, savedInverseDeviation: [channels]
public func batchNormBackward(
    inputGradient: FloatBuffer, scaleGradient: FloatBuffer, shiftGradient: FloatBuffer, outputGradient: FloatBuffer,
    input: FloatBuffer, output: FloatBuffer, scale: FloatBuffer, savedMean: FloatBuffer,
    savedInverseDeviation: FloatBuffer, rows: Int, channels: Int, relu: Bool
) {
    require(rows > 0, "no rows")
    requireCount(inputGradient, rows * channels, "inputGradient")
    requireCount(scaleGradient, channels, "scaleGradient")
    requireCount(shiftGradient, channels, "shiftGradient")
    requireCount(outputGradient, rows * channels, "outputGradient")
    requireCount(input, rows * channels, "input")
    requireCount(output, rows * channels, "output")
    requireCount(scale, channels, "scale")
    requireCount(savedMean, channels, "savedMean")
    requireCount(savedInverseDeviation, channels, "savedInverseDeviation")
    let maps = BatchNormMaps(
        gradient: outputGradient.pointer, input: input.pointer, output: output.pointer, rows: rows, channels: channels)
    for channel in stride(from: 0, to: channels, by: vectorWidth) {
        let lanes = min(vectorWidth, channels - channel)
        let statistics = BatchNormStatistics(
            scale: scale.pointer.vector(at: channel, count: lanes),
            mean: savedMean.pointer.vector(at: channel, count: lanes),
            inverse: savedInverseDeviation.pointer.vector(at: channel, count: lanes))
        // One specialised loop per case, so that neither the mask nor the tail is decided per value.
        let sums = switch (lanes == vectorWidth, relu) {
        case (true, true): maps.backward(inputGradient.pointer, channel, statistics, lanes: vectorWidth, relu: true)
        case (true, false): maps.backward(inputGradient.pointer, channel, statistics, lanes: vectorWidth, relu: false)
        case (false, _): maps.backward(inputGradient.pointer, channel, statistics, lanes: lanes, relu: relu)
        }
        scaleGradient.pointer.store(sums.scale, at: channel, count: lanes)
        shiftGradient.pointer.store(sums.shift, at: channel, count: lanes)
    }
}

private struct BatchNormStatistics {
    let scale: Vector
    let mean: Vector
    let inverse: Vector
}

private struct BatchNormMaps {
    let gradient: UnsafePointer<Float>
    let input: UnsafePointer<Float>
    let output: UnsafePointer<Float>
    let rows: Int
    let channels: Int

    @inline(__always)
    func maskedGradient(_ place: Int, lanes: Int, relu: Bool) -> Vector {
        let gradient = gradient.vector(at: place, count: lanes)
        guard relu else { return gradient }
        return gradient.replacing(with: 0, where: output.vector(at: place, count: lanes) .<= 0)
    }

    /// Both passes over 16 channels; the sums as `columnSums` makes them, runs in Float and their total in Double.
    @inline(__always)
    func backward(
        _ inputGradient: UnsafeMutablePointer<Float>, _ channel: Int, _ statistics: BatchNormStatistics, lanes: Int,
        relu: Bool
    ) -> (scale: Vector, shift: Vector) {
        var shiftTotal = SIMD16<Double>(repeating: 0)
        var scaleTotal = SIMD16<Double>(repeating: 0)
        for first in stride(from: 0, to: rows, by: 64) {
            var shiftRun = Vector()
            var scaleRun = Vector()
            for row in first..<min(first + 64, rows) {
                let place = row &* channels &+ channel
                let gradient = maskedGradient(place, lanes: lanes, relu: relu)
                shiftRun += gradient
                scaleRun.addProduct(gradient, input.vector(at: place, count: lanes) - statistics.mean)
            }
            shiftTotal += SIMD16<Double>(shiftRun)
            scaleTotal += SIMD16<Double>(scaleRun)
        }
        let inverse = SIMD16<Double>(statistics.inverse)
        scaleTotal *= inverse
        let factor = statistics.scale * statistics.inverse
        let meanGradient = Vector(shiftTotal / Double(rows))
        // x̂ · scaleGradient / rows = (input − mean) · slope
        let slope = Vector(scaleTotal * inverse / Double(rows))
        for row in 0..<rows {
            let place = row &* channels &+ channel
            let centered = input.vector(at: place, count: lanes) - statistics.mean
            let gradient = maskedGradient(place, lanes: lanes, relu: relu) - meanGradient
            inputGradient.store(gradient.addingProduct(-centered, slope) * factor, at: place, count: lanes)
        }
        return (Vector(scaleTotal), Vector(shiftTotal))
    }
}
