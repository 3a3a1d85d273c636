import Diagnostics
import Foundation
import Tensors

/// A weight file's tensors under torchvision's names, whatever names they have in the file.
///
///     let weights = try NamedWeights(SafetensorsFile(path: "timm.safetensors"))
///     try weights.write(to: "torchvision.safetensors", convention: .torchvision)
public struct NamedWeights {
    /// Which network they are.
    public let network: Network
    /// What the names in the file were taken for.
    public let convention: WeightConvention
    /// What was left out at the front of all names, `module.` for instance; mostly empty.
    public let strippedPrefix: String
    /// Tensors that the file lacks and may lack: they are written as zeros.
    public let missing: [ExpectedTensor]

    private struct Item {
        let type: ElementType
        let shape: Shape
        let bytes: Data
    }

    private let path: String
    private let items: [String: Item]
    /// All but counters, in torchvision's order.
    private let expected: [ExpectedTensor]

    /// Recognises the names, finds out the network and checks every tensor's name, shape and kind of numbers.
    ///
    /// - Parameters:
    ///   - convention: nil for the one that the names show.
    ///   - mapping: names that go before the convention's.
    ///   - model: the network that it should be; nil for any.
    /// - Throws: a `Problem` for names that nobody knows, and for missing, surplus or wrongly shaped tensors, each with the
    ///   nearest candidate, under the names of the file.
    public init(
        _ file: SafetensorsFile, convention given: WeightConvention? = nil, mapping: WeightMapping? = nil, model: String? = nil
    ) throws(Problem) {
        let prefix = WeightConvention.commonPrefix(file.entries.map(\.name))
        let found = Dictionary(uniqueKeysWithValues: file.entries.map { (String($0.name.dropFirst(prefix.count)), $0) })
        let unmapped = found.filter { mapping?.torchvisionName(of: $0.key) == nil }
        let recognized = WeightConvention.recognized(Set(unmapped.keys))
        guard let convention = given ?? recognized ?? (mapping == nil ? nil : .torchvision) else {
            let names = file.entries.prefix(4).map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw Problem(
                "has names of no convention that is known: \(names) …", at: file.path,
                remedy: "say what they stand for with --map FILE.json (docs/weights.md), or name their convention")
        }
        let names = try WeightNames.reading(convention, unmapped.mapValues(\.shape), path: file.path)
        var items: [String: Item] = [:]
        var places: [String: String] = [:]
        for (name, entry) in found.sorted(by: { $0.key < $1.key }) {
            let ours = mapping?.torchvisionName(of: name) ?? names.torchvisionName(of: name)
            if let other = places.updateValue(name, forKey: ours) {
                throw Problem(
                    "\"\(other)\" and \"\(name)\" both stand for torchvision's \"\(ours)\"", at: file.path,
                    remedy: "take one of them out")
            }
            items[ours] = Item(type: entry.type, shape: Self.flattened(entry.shape, ours), bytes: try file.rawBytes(entry.name))
        }
        let traits = WeightFileTraits(items.mapValues(\.shape))
        let network = try Network(try traits.specification(named: model, path: file.path))
        let counters = Set(network.batchCounterNames)
        // With two placeholders in one piece a name may be read backwards in several ways; the network's own names settle it.
        let known = network.expectedTensors.map(\.name) + network.batchCounterNames
        for ours in known where items[ours] == nil {
            guard let name = mapping?.fileName(of: ours), let entry = found[name],
                let misread = places.first(where: { $0.value == name })?.key, !known.contains(misread), let item = items[misread]
            else { continue }
            (items[misread], places[misread]) = (nil, nil)
            items[ours] = Item(type: item.type, shape: Self.flattened(entry.shape, ours), bytes: item.bytes)
            places[ours] = name
        }
        func fileName(_ name: String) -> String { places[name] ?? mapping?.fileName(of: name) ?? names.name(of: name) }
        let check = TensorCheck(
            found: Dictionary(uniqueKeysWithValues: items.map { (fileName($0.key), $0.value.shape) }),
            expected: network.expectedTensors.map {
                ExpectedTensor(fileName($0.name), $0.shape, isOptional: $0.isOptional, torchvisionName: $0.name)
            },
            ignored: { name in counters.contains { fileName($0) == name } }, owner: network.specification.summary,
            path: file.path)
        try check.check()
        for tensor in network.expectedTensors {
            guard let item = items[tensor.name], !item.type.isFloatingPoint else { continue }
            throw Problem(
                "tensor \"\(fileName(tensor.name))\" holds \(item.type.rawValue), not floating-point numbers", at: file.path,
                remedy: "write it as float32, float16, bfloat16 or float64")
        }
        self.network = network
        self.convention = convention
        strippedPrefix = prefix
        missing = network.expectedTensors.filter { items[$0.name] == nil }
        path = file.path
        self.items = items
        expected = network.expectedTensors
    }

    /// Writes all tensors with their numbers as they are in the file, half and double precision included, and zeros for those
    /// that the file lacks, so that PyTorch loads it with `strict=True`.
    ///
    /// - Parameter mapping: names that go before the convention's.
    /// - Returns: the file's SHA-256.
    @discardableResult
    public func write(
        to path: String, convention: WeightConvention = .torchvision, mapping: WeightMapping? = nil
    ) throws(Problem) -> Digest {
        let names = try WeightNames.writing(convention, items.mapValues(\.shape), path: self.path)
        var writer = SafetensorsWriter(metadata: ["format": "pt"])
        var written: [String: String] = [:]
        let counters = network.batchCounterNames.filter { items[$0] != nil }
        for ours in expected.map(\.name) + counters {
            let name = mapping?.fileName(of: ours) ?? names.name(of: ours)
            if let other = written.updateValue(ours, forKey: name) {
                throw Problem(
                    "\"\(other)\" and \"\(ours)\" would both be written as \"\(name)\"", at: path, remedy: "change the mapping")
            }
            if let item = items[ours] {
                writer.add(name, item.type, convention.fileShape(item.shape, ours), item.bytes)
            } else if let tensor = missing.first(where: { $0.name == ours }) {
                writer.add(name, tensor.shape, [Float](repeating: 0, count: tensor.shape.count))
            }
        }
        return try writer.write(to: path)
    }

    /// A linear layer that is stored as a convolution, as timm stores VGG's, holds the same numbers in the same order.
    private static func flattened(_ shape: Shape, _ name: String) -> Shape {
        guard name.hasPrefix("classifier."), shape.rank == 4 else { return shape }
        return [shape[0], shape[1] * shape[2] * shape[3]]
    }
}

extension WeightConvention {
    /// The shape that a tensor of torchvision's has in files of this convention.
    fileprivate func fileShape(_ shape: Shape, _ torchvisionName: String) -> Shape {
        guard self == .timm, shape.rank == 2 else { return shape }
        switch torchvisionName {
        case "classifier.0.weight": return [shape[0], shape[1] / 49, 7, 7]
        case "classifier.3.weight": return [shape[0], shape[1], 1, 1]
        default: return shape
        }
    }
}

extension WeightFileTraits {
    /// The network whose file it is.
    ///
    /// - Parameter wanted: the network that it should be; nil for any.
    func specification(named wanted: String?, path: String) throws(Problem) -> ModelSpecification {
        if let wanted, let name, wanted != name {
            throw Problem("holds a network of --model \(name), not \(wanted)", at: path, remedy: "use --model \(name)")
        }
        guard let name = name ?? wanted else {
            throw Problem(
                "holds none of the networks that are known: \(ModelSpecification.knownNames.joined(separator: ", "))", at: path,
                remedy: "name the network with --model to see what is missing")
        }
        return ModelSpecification(
            name: name, width: width ?? 64, classifier: classifier ?? .linear, classifierBias: classifierBias ?? true,
            batchNorm: batchNorm ?? true, inputSize: inputSize ?? (classifier == .linear ? 32 : 224),
            inputChannels: inputChannels ?? 3, labels: labels ?? 1000)
    }
}
