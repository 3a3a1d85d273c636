import Diagnostics
import Tensors

/// A pruned network without the channels that contribute nothing, with the same outputs up to rounding.
public struct CompactNetwork {
    public let network: Network
    public let parameters: ParameterVector
    public let statistics: ParameterVector
    /// The channels of the dense network that are left, ascending, convolution by convolution.
    public let channels: [[Int]]
}

extension Network {
    /// Channels of a vector register: the kernels that go by tiles take multiples of it.
    private static let channelUnit = 16

    /// Leaves out two kinds of channels: those that nothing reads which the logits depend on, and those that are zero for
    /// every image, for no kernel from another kind of channel leads to them and their bias and batch norm come to zero or less,
    /// which ReLU makes zero. A channel without kernels that stays above zero is a constant that the next layer
    /// reads, and at the borders, where padding cuts it off, no bias could stand in for it: it stays.
    ///
    /// Where a layer's channels fill whole vector registers, those of the compact layer do too: channels that could go stay in
    /// order to keep the fast kernels.
    ///
    /// - Parameters:
    ///   - parameters: the weights of cut connections are zero.
    ///   - kept: for each pruned layer, by the name of its weights, which connections stay: outputs × inputs.
    /// - Returns: nil where every channel stays, as in an EfficientNet, of which only the classifier can be pruned.
    /// - Throws: a `Problem` where `kept` names a tensor that cannot be pruned, or has another size.
    public func compacted(
        parameters: ParameterVector, statistics: ParameterVector, kept: [String: [Bool]]
    ) throws(Problem) -> CompactNetwork? {
        let channels = channelsLeft(parameters, statistics, try connections(kept))
        guard zip(channels, blocks).contains(where: { $0.count < $1.outputChannels }) else { return nil }
        var smaller = specification
        smaller.channels = channels.map(\.count)
        let network = try Network(smaller)
        let result = CompactNetwork(
            network: network, parameters: ParameterVector(network.parameterLayout),
            statistics: ParameterVector(network.statisticsLayout), channels: channels)
        copyChannels(parameters, statistics, to: result)
        return result
    }

    /// The mask of each convolution, and last of what follows them; nil where all connections stay.
    private func connections(_ kept: [String: [Bool]]) throws(Problem) -> [[Bool]?] {
        let layers: [PrunableLayer?] = blocks.indices.map { prunableConvolution($0) } + [prunableClassifier]
        for (tensor, mask) in kept {
            guard let layer = layers.compactMap(\.self).first(where: { $0.tensor == tensor }), layer.connections == mask.count else {
                throw Problem("a mask of \(mask.count) connections for \(tensor) does not fit \(specification.summary)")
            }
        }
        return layers.map { layer in layer.flatMap { kept[$0.tensor] } }
    }

    private func channelsLeft(_ parameters: ParameterVector, _ statistics: ParameterVector, _ masks: [[Bool]?]) -> [[Int]] {
        func isKept(_ layer: Int, _ input: Int, _ output: Int, inputs: Int) -> Bool {
            masks[layer].map { $0[output * inputs + input] } ?? true
        }
        // From the image on: zero for every image.
        var zero: [[Bool]] = []
        for (index, block) in blocks.enumerated() {
            let biases = block.foldedBiases(parameters, statistics)
            let inputs = zero.last ?? [Bool](repeating: false, count: block.inputChannels)
            zero.append((0..<block.outputChannels).map { output in
                biases[output] <= 0
                    && inputs.indices.allSatisfy { inputs[$0] || !isKept(index, $0, output, inputs: block.inputChannels) }
            })
        }
        // From the logits back: read by something that counts.
        var left = [[Int]](repeating: [], count: blocks.count)
        var readers = Array(0..<specification.labels)
        for index in blocks.indices.reversed() {
            let all = blocks[index].outputChannels
            var stays = (0..<all).map { channel in
                !zero[index][channel] && readers.contains { isKept(index + 1, channel, $0, inputs: all) }
            }
            let count = stays.count { $0 }
            let unit = all % Self.channelUnit == 0 ? Self.channelUnit : 1
            var surplus = max((count + unit - 1) / unit * unit, unit) - count
            for channel in 0..<all where surplus > 0 && !stays[channel] {
                stays[channel] = true
                surplus -= 1
            }
            left[index] = stays.indices.filter { stays[$0] }
            // A channel that only fills a register up is no reason to keep another.
            readers = left[index].filter { channel in
                !zero[index][channel] && readers.contains { isKept(index + 1, channel, $0, inputs: all) }
            }
        }
        return left
    }

    private func copyChannels(_ parameters: ParameterVector, _ statistics: ParameterVector, to compact: CompactNetwork) {
        var inputs = Array(0..<specification.inputChannels)
        for (index, (from, to)) in zip(blocks, compact.network.blocks).enumerated() {
            let outputs = compact.channels[index]
            let (source, target) = (parameters.buffer(from.weight), compact.parameters.buffer(to.weight))
            var place = 0
            for position in 0..<9 {
                for input in inputs {
                    let row = (position * from.inputChannels + input) * from.outputChannels
                    for output in outputs {
                        target[place] = source[row + output]
                        place += 1
                    }
                }
            }
            gather(outputs, parameters.buffer(from.bias), into: compact.parameters.buffer(to.bias))
            if let old = from.batchNorm, let new = to.batchNorm {
                gather(outputs, parameters.buffer(old.scale), into: compact.parameters.buffer(new.scale))
                gather(outputs, parameters.buffer(old.shift), into: compact.parameters.buffer(new.shift))
                gather(outputs, statistics.buffer(old.mean), into: compact.statistics.buffer(new.mean))
                gather(outputs, statistics.buffer(old.variance), into: compact.statistics.buffer(new.variance))
            }
            inputs = outputs
        }
        for (from, to) in zip(stages, compact.network.stages) {
            let columns = from.flattened.map { map in
                (0..<map.size * map.size).flatMap { position in inputs.map { position * map.channels + $0 } }
            } ?? Array(0..<from.inputs)
            let (source, target) = (parameters.buffer(from.weight), compact.parameters.buffer(to.weight))
            for output in 0..<from.outputs {
                gather(columns, source.slice(output * from.inputs, from.inputs), into: target.slice(output * to.inputs, to.inputs))
            }
            if let old = from.bias, let new = to.bias { compact.parameters.buffer(new).copy(from: parameters.buffer(old)) }
        }
    }
}

/// The elements at the given places, one after the other.
private func gather(_ places: [Int], _ source: FloatBuffer, into target: FloatBuffer) {
    for (index, place) in places.enumerated() { target[index] = source[place] }
}
