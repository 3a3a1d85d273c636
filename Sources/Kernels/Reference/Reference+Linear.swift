extension Reference {
    /// [rows, columns] from left [rows, inner] (or [inner, rows] transposed) and right [inner, columns] (or [columns,
    /// inner] transposed).
    @inlinable
    public static func matrixProduct<Scalar: BinaryFloatingPoint>(
        left: [Scalar], right: [Scalar], rows: Int, columns: Int, inner: Int, transposeLeft: Bool = false,
        transposeRight: Bool = false
    ) -> [Scalar] {
        var output = [Scalar](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for column in 0..<columns {
                for k in 0..<inner {
                    output[row * columns + column] +=
                        left[transposeLeft ? k * rows + row : row * inner + k]
                        * right[transposeRight ? column * inner + k : k * columns + column]
                }
            }
        }
        return output
    }

    /// [rows, outputs] from input [rows, inputs], weights [outputs, inputs] and bias [outputs].
    @inlinable
    public static func linearForward<Scalar: BinaryFloatingPoint>(
        input: [Scalar], weights: [Scalar], bias: [Scalar]?, rows: Int, inputs: Int, outputs: Int
    ) -> [Scalar] {
        var output = matrixProduct(left: input, right: weights, rows: rows, columns: outputs, inner: inputs, transposeRight: true)
        if let bias {
            for index in output.indices { output[index] += bias[index % outputs] }
        }
        return output
    }

    /// [rows, inputs] from outputGradient [rows, outputs] and weights [outputs, inputs].
    @inlinable
    public static func linearInputGradient<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], weights: [Scalar], rows: Int, inputs: Int, outputs: Int
    ) -> [Scalar] {
        matrixProduct(left: outputGradient, right: weights, rows: rows, columns: inputs, inner: outputs)
    }

    /// [outputs, inputs] and the bias's [outputs] from outputGradient [rows, outputs] and input [rows, inputs].
    @inlinable
    public static func linearWeightGradient<Scalar: BinaryFloatingPoint>(
        outputGradient: [Scalar], input: [Scalar], rows: Int, inputs: Int, outputs: Int
    ) -> (weightGradient: [Scalar], biasGradient: [Scalar]) {
        var biasGradient = [Scalar](repeating: 0, count: outputs)
        for index in outputGradient.indices { biasGradient[index % outputs] += outputGradient[index] }
        let weightGradient = matrixProduct(
            left: outputGradient, right: input, rows: outputs, columns: inputs, inner: rows, transposeLeft: true)
        return (weightGradient, biasGradient)
    }
}
