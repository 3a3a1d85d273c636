extension Reference {
    /// The tensors of a squeeze-excitation, or their gradients: reduce [C, S], reduceBias [S], expand [S, C], expandBias [C].
    public struct ExcitationTensors<Scalar: BinaryFloatingPoint> {
        public var reduce: [Scalar]
        public var reduceBias: [Scalar]
        public var expand: [Scalar]
        public var expandBias: [Scalar]

        @inlinable
        public init(reduce: [Scalar], reduceBias: [Scalar], expand: [Scalar], expandBias: [Scalar]) {
            self.reduce = reduce
            self.reduceBias = reduceBias
            self.expand = expand
            self.expandBias = expandBias
        }
    }

    /// [N, C] from map [N, positions, C].
    @inlinable
    public static func mapMeans<Scalar: BinaryFloatingPoint>(map: [Scalar], batch: Int, channels: Int) -> [Scalar] {
        let positions = map.count / batch / channels
        var means = [Scalar](repeating: 0, count: batch * channels)
        for index in map.indices {
            means[index / channels / positions * channels + index % channels] += map[index] / Scalar(positions)
        }
        return means
    }

    /// hidden [N, S] before SiLU and gates [N, C], from means [N, C].
    @inlinable
    public static func excite<Scalar: BinaryFloatingPoint>(
        means: [Scalar], tensors t: ExcitationTensors<Scalar>, batch: Int
    ) -> (hidden: [Scalar], gates: [Scalar]) {
        let (channels, squeezed) = (t.expandBias.count, t.reduceBias.count)
        var hidden = matrixProduct(left: means, right: t.reduce, rows: batch, columns: squeezed, inner: channels)
        for index in hidden.indices { hidden[index] += t.reduceBias[index % squeezed] }
        var gates = matrixProduct(
            left: hidden.map { silu($0) }, right: t.expand, rows: batch, columns: channels, inner: squeezed)
        for index in gates.indices { gates[index] = sigmoid(gates[index] + t.expandBias[index % channels]) }
        return (hidden, gates)
    }

    /// output [rows, F] from n [rows, C] and projection [C, F].
    @inlinable
    public static func excitedProjectionForward<Scalar: BinaryFloatingPoint>(
        input: [Scalar], tensors: ExcitationTensors<Scalar>, projection: [Scalar], geometry g: SqueezeExcitationGeometry
    ) -> [Scalar] {
        var map = input.map { silu($0) }
        let gates = excite(means: mapMeans(map: map, batch: g.batch, channels: g.channels), tensors: tensors, batch: g.batch).gates
        for index in map.indices { map[index] *= gates[index / g.channels / g.positions * g.channels + index % g.channels] }
        return matrixProduct(left: map, right: projection, rows: g.rows, columns: g.outputChannels, inner: g.channels)
    }

    /// The gradients of `excitedProjectionForward`; outputGradient [rows, F].
    @inlinable
    public static func excitedProjectionBackward<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], input: [Scalar], tensors t: ExcitationTensors<Scalar>, projection: [Scalar],
        geometry g: SqueezeExcitationGeometry
    ) -> (inputGradient: [Scalar], projectionGradient: [Scalar], tensorGradients: ExcitationTensors<Scalar>) {
        let (channels, squeezed) = (g.channels, g.squeezedChannels)
        let map = input.map { silu($0) }
        let means = mapMeans(map: map, batch: g.batch, channels: channels)
        let (hidden, gates) = excite(means: means, tensors: t, batch: g.batch)
        func sampleChannel(_ index: Int) -> Int { index / channels / g.positions * channels + index % channels }
        let gated = map.indices.map { map[$0] * gates[sampleChannel($0)] }
        let projectionGradient = matrixProduct(
            left: gated, right: outputGradient, rows: channels, columns: g.outputChannels, inner: g.rows, transposeLeft: true)
        let upper = matrixProduct(
            left: outputGradient, right: projection, rows: g.rows, columns: channels, inner: g.outputChannels, transposeRight: true)
        var gateGradient = [Scalar](repeating: 0, count: g.batch * channels)
        for index in map.indices { gateGradient[sampleChannel(index)] += upper[index] * map[index] }
        for index in gateGradient.indices { gateGradient[index] *= gates[index] * (1 - gates[index]) }
        var hiddenGradient = matrixProduct(
            left: gateGradient, right: t.expand, rows: g.batch, columns: squeezed, inner: channels, transposeRight: true)
        for index in hidden.indices { hiddenGradient[index] *= siluSlope(hidden[index]) }
        let meanGradient = matrixProduct(
            left: hiddenGradient, right: t.reduce, rows: g.batch, columns: channels, inner: squeezed, transposeRight: true)
        let gradients = ExcitationTensors(
            reduce: matrixProduct(
                left: means, right: hiddenGradient, rows: channels, columns: squeezed, inner: g.batch, transposeLeft: true),
            reduceBias: columnSums(hiddenGradient, columns: squeezed),
            expand: matrixProduct(
                left: hidden.map { silu($0) }, right: gateGradient, rows: squeezed, columns: channels, inner: g.batch,
                transposeLeft: true),
            expandBias: columnSums(gateGradient, columns: channels))
        let inputGradient = input.indices.map { index in
            (upper[index] * gates[sampleChannel(index)] + meanGradient[sampleChannel(index)] / Scalar(g.positions))
                * siluSlope(input[index])
        }
        return (inputGradient, projectionGradient, gradients)
    }

    @inlinable
    static func columnSums<Scalar: BinaryFloatingPoint>(_ matrix: [Scalar], columns: Int) -> [Scalar] {
        var sums = [Scalar](repeating: 0, count: columns)
        for index in matrix.indices { sums[index % columns] += matrix[index] }
        return sums
    }
}
