import Tensors

/// A tensor that a weight file has, as files have it: its name and its shape in PyTorch's order of axes.
public struct ExpectedTensor: Hashable, Sendable {
    /// In the file.
    public let name: String
    public let shape: Shape
    /// Whether a file may do without it; the tensor is zero then.
    public let isOptional: Bool
    /// torchvision's name, where the file has another.
    public let torchvisionName: String?

    public init(_ name: String, _ shape: Shape, isOptional: Bool = false, torchvisionName: String? = nil) {
        self.name = name
        self.shape = shape
        self.isOptional = isOptional
        self.torchvisionName = torchvisionName == name ? nil : torchvisionName
    }

    init(_ tensor: FileTensor) { self.init(tensor.name, tensor.fileShape, isOptional: tensor.isOptional) }

    /// For messages.
    var label: String { "\"\(name)\"" + (torchvisionName.map { " (torchvision's \"\($0)\")" } ?? "") }
}

extension Network {
    /// What a weight file of this network holds, under torchvision's names; `batchCounterNames` may stand in it besides.
    public var expectedTensors: [ExpectedTensor] { (parameterTensors + statisticsTensors).map { ExpectedTensor($0) } }
}
