extension Reference {
    /// What a training pass of batch normalisation gives; see `batchNormForwardTraining`.
    public struct BatchNormResult<Scalar: BinaryFloatingPoint> {
        public var output: [Scalar]
        public var mean: [Scalar]
        /// Σ(x − mean)² / (rows − 1); zero for one row.
        public var unbiasedVariance: [Scalar]
        public var inverseDeviation: [Scalar]

        @inlinable
        init(output: [Scalar], channels: Int) {
            self.output = output
            mean = [Scalar](repeating: 0, count: channels)
            unbiasedVariance = mean
            inverseDeviation = mean
        }
    }

    /// input [rows, channels]; scale and shift [channels].
    @inlinable
    public static func batchNormForwardTraining<Scalar: BinaryFloatingPoint>(
        input: [Scalar], scale: [Scalar], shift: [Scalar], rows: Int, channels: Int, epsilon: Scalar, relu: Bool
    ) -> BatchNormResult<Scalar> {
        var result = BatchNormResult(output: input, channels: channels)
        for c in 0..<channels {
            var sum: Scalar = 0
            for row in 0..<rows { sum += input[row * channels + c] }
            let mean = sum / Scalar(rows)
            var squares: Scalar = 0
            for row in 0..<rows {
                let deviation = input[row * channels + c] - mean
                squares += deviation * deviation
            }
            let inverse = 1 / (squares / Scalar(rows) + epsilon).squareRoot()
            result.mean[c] = mean
            result.unbiasedVariance[c] = squares / Scalar(max(rows - 1, 1))
            result.inverseDeviation[c] = inverse
            for row in 0..<rows {
                let value = (input[row * channels + c] - mean) * inverse * scale[c] + shift[c]
                result.output[row * channels + c] = relu ? max(0, value) : value
            }
        }
        return result
    }

    /// input [rows, channels]; the rest [channels].
    @inlinable
    public static func batchNormForwardInference<Scalar: BinaryFloatingPoint>(
        input: [Scalar], scale: [Scalar], shift: [Scalar], runningMean: [Scalar], runningVariance: [Scalar], rows: Int,
        channels: Int, epsilon: Scalar, relu: Bool
    ) -> [Scalar] {
        var output = input
        for index in output.indices {
            let c = index % channels
            let value = (input[index] - runningMean[c]) / (runningVariance[c] + epsilon).squareRoot() * scale[c] + shift[c]
            output[index] = relu ? max(0, value) : value
        }
        return output
    }

    /// outputGradient, input and output [rows, channels]; the rest [channels].
    @inlinable
    public static func batchNormBackward<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], input: [Scalar], output: [Scalar], scale: [Scalar], savedMean: [Scalar],
        savedInverseDeviation: [Scalar], rows: Int, channels: Int, relu: Bool
    ) -> (inputGradient: [Scalar], scaleGradient: [Scalar], shiftGradient: [Scalar]) {
        var inputGradient = [Scalar](repeating: 0, count: rows * channels)
        var scaleGradient = [Scalar](repeating: 0, count: channels)
        var shiftGradient = scaleGradient
        for c in 0..<channels {
            for place in stride(from: c, to: rows * channels, by: channels) where !relu || output[place] > 0 {
                let normalized = (input[place] - savedMean[c]) * savedInverseDeviation[c]
                shiftGradient[c] += outputGradient[place]
                scaleGradient[c] += outputGradient[place] * normalized
            }
            for place in stride(from: c, to: rows * channels, by: channels) {
                let normalized = (input[place] - savedMean[c]) * savedInverseDeviation[c]
                let gradient = !relu || output[place] > 0 ? outputGradient[place] : 0
                let shared = (shiftGradient[c] + normalized * scaleGradient[c]) / Scalar(rows)
                inputGradient[place] = scale[c] * savedInverseDeviation[c] * (gradient - shared)
            }
        }
        return (inputGradient, scaleGradient, shiftGradient)
    }
}
