import Tensors

/// Σ d and Σ d · (z − mean) over a map's rows for 16 channels, d the gradient of the normalised value: what the way back through a
/// batch norm begins with. Runs are summed in Float by the caller, their totals here in Double.
struct GradientTotals {
    var shift = SIMD16<Double>(repeating: 0)
    var scale = SIMD16<Double>(repeating: 0)

    /// Adds a run's sums.
    @inline(__always)
    mutating func add(shift: Vector, scale: Vector) {
        self.shift += doubles(shift)
        self.scale += doubles(scale)
    }

    /// The gradients of scale and shift (see `finishBatchGradients`), and the coefficients of the way back.
    @inline(__always)
    func finish(
        _ coefficients: ChannelCoefficients, _ scaleGradient: FloatBuffer, _ shiftGradient: FloatBuffer, adds: Bool, rows: Int,
        channel: Int, lanes: Int
    ) {
        let inverse = SIMD16<Double>(coefficients.inverseDeviation.vector(at: channel, count: lanes))
        put(Vector(shift), in: shiftGradient, at: channel, lanes: lanes, adds: adds)
        put(Vector(scale * inverse), in: scaleGradient, at: channel, lanes: lanes, adds: adds)
        coefficients.meanGradient.store(Vector(shift / Double(rows)), at: channel, count: lanes)
        coefficients.slope.store(Vector(scale * inverse * inverse / Double(rows)), at: channel, count: lanes)
    }
}

/// Writes lanes of a gradient, or adds to what is there.
@inline(__always)
func put(_ value: Vector, in buffer: FloatBuffer, at place: Int, lanes: Int, adds: Bool) {
    buffer.pointer.store(adds ? buffer.pointer.vector(at: place, count: lanes) + value : value, at: place, count: lanes)
}
