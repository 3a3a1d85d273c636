import Diagnostics
import Tensors

extension HeadSet {
    /// The heads that a file holds for a network: which layers, how many labels and what `headPool` follow from its tensors.
    ///
    /// - Throws: a `Problem` where no tensor is a head's, or the shapes fit no pool.
    public init(_ network: Network, in file: SafetensorsFile) throws(Problem) {
        guard !network.taps.isEmpty else {
            throw Problem("\(network.specification.name) has no filters, and so no heads and nothing to analyze", remedy: "name another network")
        }
        let present = network.taps.filter { file.contains(Self.tensorName($0.name)) }
        guard let first = present.first, let shape = file[Self.tensorName(first.name)]?.shape, shape.rank == 2 else {
            throw Problem(
                "holds no heads for \(network.specification.summary)", at: file.path,
                remedy: "heads are named \(Self.tensorName("conv1")) …, of shape [labels, features]")
        }
        // The first map is the largest, so if any head is pooled that one is.
        let positions = shape[1] / first.channels
        let side = Int(Double(positions).squareRoot().rounded())
        let isWhole = positions == first.height * first.width
        guard shape[1] % first.channels == 0, isWhole || (side * side == positions && side >= 1 && side < first.height) else {
            throw Problem(
                "tensor \"\(Self.tensorName(first.name))\" has shape \(shape), and \(first.name) has "
                    + "\(first.channels) channels on a map of \(first.height)×\(first.width)",
                at: file.path, remedy: "name the network that these heads were trained for")
        }
        try self.init(network, labels: shape[0], headPool: isWhole ? nil : side, layers: present.map(\.name))
    }

    /// - Throws: a `Problem` for an unreadable file and for missing, surplus or wrongly shaped tensors.
    public func loadWeights(path: String) throws(Problem) -> ParameterVector { try loadWeights(SafetensorsFile(path: path)) }

    /// The same from a file that is open already.
    public func loadWeights(_ file: SafetensorsFile) throws(Problem) -> ParameterVector {
        try TensorCheck(found: file.shapes, expected: tensors.map { ExpectedTensor($0) }, owner: summary, path: file.path).check()
        let parameters = ParameterVector(layout)
        try readTensors(tensors, of: file, into: parameters)
        return parameters
    }

    /// Writes head.<layer>.weight, [K, F · H · W], flattened channel, row, column.
    ///
    /// - Returns: the file's SHA-256.
    @discardableResult
    public func saveWeights(
        parameters: ParameterVector, path: String, metadata: [String: String] = [:]
    ) throws(Problem) -> Digest {
        var writer = SafetensorsWriter(metadata: metadata.merging(["format": "pt"]) { given, _ in given })
        writer.add(tensors, of: parameters)
        return try writer.write(to: path)
    }

    static func tensorName(_ layer: String) -> String { "head.\(layer).weight" }

    private var tensors: [FileTensor] {
        zip(heads, layout.entries).map { head, entry in
            FileTensor(
                entry: entry, order: .flattened(height: head.height, width: head.width, channels: head.channels))
        }
    }

    private var summary: String {
        "a set of \(heads.count) heads for \(labels) labels" + (pool.map { ", pooled to \($0)×\($0)" } ?? "")
    }
}
