import Tensors

/// Owns float memory for the length of a test.
struct Memory {
    private let vector: ParameterVector
    let buffer: FloatBuffer

    init(_ values: [Float]) {
        vector = ParameterVector(TensorLayout([("values", [values.count])]))
        buffer = vector.buffer("values")
        buffer.copy(from: values)
    }

    /// NaN everywhere, so that an element that a kernel forgets to write is seen.
    init(count: Int) { self.init([Float](repeating: .nan, count: count)) }

    var array: [Float] { withExtendedLifetime(vector) { buffer.array } }
    var doubles: [Double] { array.map(Double.init) }
}
