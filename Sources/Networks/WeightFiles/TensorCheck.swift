import Diagnostics
import Tensors

/// Holds a file's tensors against the expected ones, before any is read.
struct TensorCheck {
    /// By name.
    let found: [String: Shape]
    let expected: [ExpectedTensor]
    /// Names that may stand in the file and are not read.
    var ignored: (String) -> Bool = { _ in false }
    /// Whose tensors are expected, for messages.
    let owner: String
    let path: String
    /// What to do about names that are not the expected ones, where that is known.
    var remedyForNames: String?

    /// - Throws: a `Problem` for missing tensors (with the nearest name in the file), surplus ones (with the nearest
    ///   expected name), or the first of another shape (with the tensor of the file that has the expected shape, or the
    ///   expected tensor that has its shape).
    func check() throws(Problem) {
        let names = Set(expected.map(\.name))
        let surplus = found.keys.filter { !names.contains($0) && !ignored($0) }.sorted()
        try refuseMissing(surplus)
        if let first = surplus.first {
            let missing = expected.filter { found[$0.name] == nil }.map(\.name)
            let near = nearestName(to: first, among: missing) ?? nearestName(to: first, among: expected.map(\.name))
            throw Problem(
                "has a tensor \"\(first)\", which \(owner) has not" + andMore(surplus.count - 1), at: path,
                remedy: near.map { "the nearest name that it has is \"\($0)\"" }
                    ?? "take the tensor out, or name the network that the file belongs to")
        }
        let misfits = expected.filter { tensor in found[tensor.name].map { $0 != tensor.shape } ?? false }
        guard let first = misfits.first, let shape = found[first.name] else { return }
        throw Problem(
            "tensor \(first.label) has shape \(shape), and \(owner) expects \(first.shape)" + andMore(misfits.count - 1),
            at: path, remedy: remedy(first, shape, misfits))
    }

    private func refuseMissing(_ surplus: [String]) throws(Problem) {
        let missing = expected.filter { !$0.isOptional && found[$0.name] == nil }
        guard let first = missing.first else { return }
        // A tensor of the right shape is the likelier one.
        let near = nearestName(to: first.name, among: surplus.filter { found[$0] == first.shape })
            ?? nearestName(to: first.name, among: surplus)
        let remedy = remedyForNames
            ?? near.map { "did you mean its \"\($0)\"? Names and axis orders are those of torchvision's state_dict" }
            ?? "it holds \(listed(found.keys.sorted()))"
        throw Problem(
            "has no tensor \(first.label) \(first.shape), which \(owner) has" + andMore(missing.count - 1), at: path,
            remedy: remedy)
    }

    private func remedy(_ tensor: ExpectedTensor, _ shape: Shape, _ misfits: [ExpectedTensor]) -> String {
        // Of two tensors that were exchanged each has the other's shape.
        let others = misfits.filter { $0.name != tensor.name }
        if let name = closest(to: tensor.name, among: others.filter { found[$0.name] == tensor.shape }.map(\.name)) {
            return "its \"\(name)\" has the shape that fits"
        }
        if let name = closest(to: tensor.name, among: others.filter { $0.shape == shape }.map(\.name)) {
            return "its shape is that of \"\(name)\""
        }
        if shape.rank > 1, shape.dimensions.sorted() == tensor.shape.dimensions.sorted() {
            return "the same extents stand in another order: PyTorch's is [out, in, rows, columns], or [out, in]"
        }
        return "name the model, width, labels, image size and channels that the file was made for"
    }

    /// The nearest name, or the first of them where none is near.
    private func closest(to name: String, among names: [String]) -> String? { nearestName(to: name, among: names) ?? names.first }

    private func andMore(_ count: Int) -> String { count == 0 ? "" : " (and \(count) more like it)" }

    private func listed(_ names: [String]) -> String {
        names.isEmpty ? "no tensor" : names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " …" : "")
    }
}

extension SafetensorsFile {
    /// Every tensor's shape, by name.
    var shapes: [String: Shape] { Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.shape) }) }
}
