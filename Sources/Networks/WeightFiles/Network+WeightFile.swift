import Diagnostics
import Tensors

extension Network {
    /// Reads a safetensors file with torchvision's `state_dict` names and axis orders. Half-precision and double tensors are
    /// taken too. `num_batches_tracked` is ignored; where there is batch norm, convolutions may lack a bias, which is zero
    /// then.
    ///
    /// - Throws: a `Problem` for an unreadable file, a PyTorch pickle (with the lines that convert it), and for missing,
    ///   surplus or wrongly shaped tensors. To fit a specification to a file first, see `ModelSpecification.adapted(to:)`.
    public func loadWeights(path: String) throws(Problem) -> (parameters: ParameterVector, statistics: ParameterVector) {
        try loadWeights(SafetensorsFile(path: path))
    }

    /// The same from a file that is open already.
    public func loadWeights(
        _ file: SafetensorsFile
    ) throws(Problem) -> (parameters: ParameterVector, statistics: ParameterVector) {
        let counters = Set(batchCounterNames)
        try TensorCheck(
            found: file.shapes, expected: expectedTensors, ignored: { counters.contains($0) }, owner: specification.summary,
            path: file.path, remedyForNames: WeightConvention.remedy(for: file)
        ).check()
        let parameters = ParameterVector(parameterLayout)
        let statistics = ParameterVector(statisticsLayout)
        try readTensors(parameterTensors, of: file, into: parameters)
        try readTensors(statisticsTensors, of: file, into: statistics)
        return (parameters, statistics)
    }

    /// Writes a file that torchvision's `load_state_dict` takes. Equal weights give equal bytes.
    ///
    /// - Parameters:
    ///   - batchesTracked: steps taken, for `num_batches_tracked`.
    ///   - metadata: added to the header.
    /// - Returns: the file's SHA-256.
    @discardableResult
    public func saveWeights(
        parameters: ParameterVector, statistics: ParameterVector, path: String, batchesTracked: Int = 0,
        metadata: [String: String] = [:]
    ) throws(Problem) -> Digest {
        var writer = SafetensorsWriter(metadata: metadata.merging(["format": "pt"]) { given, _ in given })
        writer.add(parameterTensors, of: parameters)
        writer.add(statisticsTensors, of: statistics)
        for name in batchCounterNames { writer.add(name, [], [Int64(batchesTracked)]) }
        return try writer.write(to: path)
    }

    var parameterTensors: [FileTensor] {
        let optional = Set(blocks.filter { $0.batchNorm != nil }.map(\.bias.name))
        var flattened: [String: AxisOrder] = [:]
        for stage in stages {
            flattened[stage.weight.name] = stage.flattened.map { .flattened(height: $0.size, width: $0.size, channels: $0.channels) }
        }
        return parameterLayout.entries.map { entry in
            FileTensor(
                entry: entry, order: entry.shape.rank == 4 ? .convolution : flattened[entry.name] ?? .same,
                isOptional: optional.contains(entry.name))
        }
    }

    var statisticsTensors: [FileTensor] {
        statisticsLayout.entries.map { FileTensor(entry: $0, order: .same) }
    }

    /// PyTorch's count of training batches for every batch norm, which only a momentum of nil would read.
    public var batchCounterNames: [String] {
        let suffix = ".running_mean"
        return statisticsLayout.entries.filter { $0.name.hasSuffix(suffix) }.map {
            $0.name.dropLast(suffix.count) + ".num_batches_tracked"
        }
    }
}

extension ModelSpecification {
    /// For messages: "vgg16 (width 64, linear classifier, batch norm, 32×32×3, 100 labels)".
    public var summary: String {
        let shape = "\(inputSize)×\(inputSize)×\(inputChannels), \(labels) labels)"
        let others = channels == nil ? "" : "other channels, "
        if !isVGG { return "\(name) (\(others)\(shape)" }
        return "\(name) (width \(width), \(others)\(classifier.rawValue) classifier, \(batchNorm ? "batch norm" : "no batch norm"), \(shape)"
    }
}
