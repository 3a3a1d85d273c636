import Tensors

/// A layer whose connections can be cut one by one: a convolution's kernels from filter to filter, or the linear classifier's
/// weights from a filter to a label.
public struct PrunableLayer: Sendable {
    /// "conv2" … or "classifier".
    public let name: String
    /// Weight tensor's name in files.
    public let tensor: String
    /// Filters of the layer before.
    public let inputs: Int
    /// Filters of the layer, or labels.
    public let outputs: Int
    /// Weights of one connection: 9 of a kernel, or the classifier's positions.
    public let weightsPerConnection: Int
    /// Of one connection, for one image.
    public let multiplyAddsPerConnection: Int
    private let entry: TensorLayout.Entry
    private let isConvolution: Bool

    public var connections: Int { inputs * outputs }

    init(_ block: ConvolutionBlock) {
        name = block.name
        entry = block.weight
        tensor = entry.name
        inputs = block.inputChannels
        outputs = block.outputChannels
        weightsPerConnection = 9
        multiplyAddsPerConnection = 9 * block.size * block.size
        isConvolution = true
    }

    init(classifier stage: LinearStage, filters: Int) {
        name = "classifier"
        entry = stage.weight
        tensor = entry.name
        inputs = filters
        outputs = stage.outputs
        weightsPerConnection = stage.inputs / filters
        multiplyAddsPerConnection = weightsPerConnection
        isConvolution = false
    }

    /// Euclidean norms of all connections, outputs × inputs.
    public func magnitudes(_ parameters: ParameterVector) -> [Float] {
        let weights = parameters.buffer(entry)
        var squares = [Float](repeating: 0, count: connections)
        forEachWeight { place, output, input in squares[output * inputs + input] += weights[place] * weights[place] }
        return squares.map { $0.squareRoot() }
    }

    /// Sets the weights of cut connections to 0.
    /// - Parameter kept: outputs × inputs.
    public func cut(_ parameters: ParameterVector, kept: [Bool]) {
        precondition(kept.count == connections, "\(kept.count) connections of \(connections)")
        let weights = parameters.buffer(entry)
        forEachWeight { place, output, input in
            if !kept[output * inputs + input] { weights[place] = 0 }
        }
    }

    private func forEachWeight(_ body: (_ place: Int, _ output: Int, _ input: Int) -> Void) {
        var place = 0
        if isConvolution {
            // [kH, kW, Cin, Cout]
            for _ in 0..<weightsPerConnection {
                for input in 0..<inputs {
                    for output in 0..<outputs {
                        body(place, output, input)
                        place += 1
                    }
                }
            }
        } else {
            // [K, positions, F]
            for output in 0..<outputs {
                for _ in 0..<weightsPerConnection {
                    for input in 0..<inputs {
                        body(place, output, input)
                        place += 1
                    }
                }
            }
        }
    }
}

extension Network {
    /// Whether every tap is that of one convolution, whose connections from filter to filter can be cut.
    public var hasPrunableConvolutions: Bool { inverted == nil }

    /// Convolution `index`, from 0; the first one's inputs are the image's channels, which have no clusters.
    /// - Precondition: there is one.
    public func prunableConvolution(_ index: Int) -> PrunableLayer { PrunableLayer(blocks[index]) }

    /// The linear classifier on the last convolution's map or its means; nil for the mlp, whose hidden units have no clusters.
    public var prunableClassifier: PrunableLayer? {
        guard stages.count == 1, let stage = stages.first, let filters = taps.last?.channels else { return nil }
        return PrunableLayer(classifier: stage, filters: filters)
    }
}
