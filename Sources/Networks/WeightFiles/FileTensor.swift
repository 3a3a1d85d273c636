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

/// Holds a file's tensors against the expected ones, before any is read.
///
/// - Parameter ignored: names that may stand in the file and are not read.
/// - Throws: a `Problem` for missing tensors (each with the nearest name in the file), surplus ones (with the nearest
///   expected name), or the first of another shape.
func checkTensors(
    of file: SafetensorsFile, against expected: [FileTensor], ignored: (String) -> Bool = { _ in false }, owner: String
) throws(Problem) {
    let names = Set(expected.map(\.name))
    let surplus = file.entries.map(\.name).filter { !names.contains($0) && !ignored($0) }
    let missing = expected.filter { !$0.isOptional && !file.contains($0.name) }
    if let first = missing.first {
        let near = nearestName(to: first.name, among: surplus)
        throw Problem(
            "has no tensor \"\(first.name)\" \(first.fileShape), which \(owner) has" + andMore(missing.count - 1), at: file.path,
            remedy: near.map { "did you mean its \"\($0)\"? Names and axis orders are those of torchvision's state_dict" }
                ?? "it holds \(listed(file.entries.map(\.name)))")
    }
    if let first = surplus.sorted().first {
        throw Problem(
            "has a tensor \"\(first)\", which \(owner) has not" + andMore(surplus.count - 1), at: file.path,
            remedy: nearestName(to: first, among: expected.map(\.name)).map { "the nearest name that it has is \"\($0)\"" }
                ?? "take the tensor out, or name the network that the file belongs to")
    }
    for tensor in expected {
        guard let found = file[tensor.name], found.shape != tensor.fileShape else { continue }
        throw Problem(
            "tensor \"\(tensor.name)\" has shape \(found.shape), and \(owner) expects \(tensor.fileShape)", at: file.path,
            remedy: "name the model, width, labels, image size and channels that the file was made for")
    }
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

private func andMore(_ count: Int) -> String { count == 0 ? "" : " (and \(count) more like it)" }

private func listed(_ names: [String]) -> String {
    names.isEmpty ? "no tensor" : names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " …" : "")
}
