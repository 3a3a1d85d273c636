import Foundation
import Tensors

extension Network {
    /// Fresh weights as torchvision draws them: convolutions Kaiming normal over fan-out (He et al. 2015; standard
    /// deviation √(2 / (kH · kW · Cout))), biases 0, batch norm 1 and 0; linear layers of a VGG normal with deviation 0.01, that of an
    /// EfficientNet uniform in ±1/√K.
    ///
    /// A tensor's values depend only on the seed and on its place in the layout.
    public func initialParameters(seed: UInt64) -> ParameterVector {
        let parameters = ParameterVector(parameterLayout)
        var deviations: [String: Double] = [:]
        for block in blocks {
            deviations[block.weight.name] = (2 / Double(9 * block.outputChannels)).squareRoot()
            if let batchNorm = block.batchNorm { parameters.buffer(batchNorm.scale).fill(1) }
        }
        for stage in stages { deviations[stage.weight.name] = 0.01 }
        if let inverted { return initialParameters(of: inverted, seed: seed) }
        for (index, entry) in parameterLayout.entries.enumerated() {
            guard let deviation = deviations[entry.name] else { continue }
            var stream = RandomStream(seed: seed, purpose: .initialization, minor: index)
            stream.fillNormal(parameters.buffer(entry), deviation: deviation)
        }
        return parameters
    }

    private func initialParameters(of inverted: InvertedFeatures, seed: UInt64) -> ParameterVector {
        let parameters = ParameterVector(parameterLayout)
        for batchNorm in inverted.batchNorms { parameters.buffer(batchNorm.scale).fill(1) }
        for (index, entry) in parameterLayout.entries.enumerated() {
            var stream = RandomStream(seed: seed, purpose: .initialization, minor: index)
            switch entry.shape.rank {
            case 4:
                let fanOut = entry.shape[0] * entry.shape[1] * entry.shape[3]
                stream.fillNormal(parameters.buffer(entry), deviation: (2 / Double(fanOut)).squareRoot())
            case 2: stream.fillUniform(parameters.buffer(entry), bound: 1 / Double(entry.shape[0]).squareRoot())
            default: break
            }
        }
        return parameters
    }

    /// Running means 0 and variances 1, as before any training.
    public func initialStatistics() -> ParameterVector {
        let statistics = ParameterVector(statisticsLayout)
        for batchNorm in batchNorms { statistics.buffer(batchNorm.variance).fill(1) }
        return statistics
    }
}

extension RandomStream {
    /// Normal values with mean 0 by Box and Muller's transform, in Double: two draws give two values.
    mutating func fillNormal(_ buffer: FloatBuffer, deviation: Double) {
        var index = 0
        while index < buffer.count {
            // (0, 1], so that the logarithm is finite.
            let first = (Double(nextWord()) + 1) * 0x1p-32
            let angle = Double(nextWord()) * 0x1p-32 * 2 * .pi
            let radius = deviation * (-2 * log(first)).squareRoot()
            buffer[index] = Float(radius * cos(angle))
            if index + 1 < buffer.count { buffer[index + 1] = Float(radius * sin(angle)) }
            index += 2
        }
    }

    /// Uniform values in ±bound.
    mutating func fillUniform(_ buffer: FloatBuffer, bound: Double) {
        for index in 0..<buffer.count { buffer[index] = Float((Double(nextWord()) * 0x1p-31 - 1) * bound) }
    }
}
