import Diagnostics
import Tensors

/// A tensor as a weight file has it, and where it belongs in memory.
struct FileTensor {
    let entry: TensorLayout.Entry
    let order: AxisOrder
    /// Whether a file may do without it; the tensor is zero then.
    var isOptional = false

    var name: String { entry.name }
    var fileShape: Shape { order.fileShape(entry.shape) }
}

/// Reads expected tensors, checked before, into a vector in memory order.
func readTensors(_ tensors: [FileTensor], of file: SafetensorsFile, into vector: ParameterVector) throws(Problem) {
    for tensor in tensors where file.contains(tensor.name) {
        let values = try file.floats(tensor.name)
        let ordered = values.withBuffer { tensor.order.copyToMemoryOrder($0, shape: tensor.entry.shape) }
        vector.buffer(tensor.entry).copy(from: ordered)
    }
}

extension SafetensorsWriter {
    /// Adds tensors in file order.
    mutating func add(_ tensors: [FileTensor], of vector: ParameterVector) {
        for tensor in tensors {
            let ordered = tensor.order.copyToFileOrder(vector.buffer(tensor.entry), shape: tensor.entry.shape)
            add(tensor.name, tensor.fileShape, ordered)
        }
    }
}
