import Tensors

extension ConvolutionPlan {
    /// Transforms the weights for the way forward; nothing to do where `preparedCount` is 0.
    ///
    /// - Parameters:
    ///   - prepared: `preparedCount` floats.
    ///   - weights: [3, 3, C, F]
    ///   - inputs: which of the C input channels; threads may share them out. Bounds are multiples of 16.
    public func prepareForward(_ prepared: FloatBuffer, weights: FloatBuffer, inputs: Range<Int>) {
        requireCount(prepared, preparedCount, "prepared")
        transform(prepared, weights, factors: nil, inputs: inputs)
    }

    /// The same for the way back.
    public func prepareBackward(_ prepared: FloatBuffer, weights: FloatBuffer, inputs: Range<Int>) {
        requireCount(prepared, preparedCount, "prepared")
        requireCount(weights, geometry.weightCount, "weights")
        let (channels, filters) = (geometry.inputChannels, geometry.outputChannels)
        // One block of nine transposed taps, and the transform's own values.
        withScratch(vectors: 18 + 9 * vectorWidth) { scratch in
            switch scheme {
            case .winograd43:
                transformWeightsTransposed(
                    Winograd43.self, panels: prepared.pointer, weights: weights.pointer, inputChannels: channels,
                    outputChannels: filters, inputs: inputs, scratch: scratch)
            case .wholeMap2:
                transformWeightsTransposed(
                    WholeMap2.self, panels: prepared.pointer, weights: weights.pointer, inputChannels: channels,
                    outputChannels: filters, inputs: inputs, scratch: scratch)
            case .direct: break
            }
        }
    }

    /// Weights for inference with a batch norm folded in: every filter's times its factor.
    ///
    /// - Parameters:
    ///   - folded: `foldedCount` floats.
    ///   - factors: [F]
    public func prepareFolded(_ folded: FloatBuffer, weights: FloatBuffer, factors: FloatBuffer, inputs: Range<Int>) {
        requireCount(folded, foldedCount, "folded")
        requireCount(weights, geometry.weightCount, "weights")
        requireCount(factors, geometry.outputChannels, "factors")
        guard scheme == .direct else { return transform(folded, weights, factors: factors, inputs: inputs) }
        let (channels, filters) = (geometry.inputChannels, geometry.outputChannels)
        for tap in 0..<geometry.kernelHeight * geometry.kernelWidth {
            for channel in inputs {
                let row = (tap * channels + channel) * filters
                forEachVector(filters) { filter, lanes in
                    folded.pointer.store(
                        weights.pointer.vector(at: row &+ filter, count: lanes) * factors.pointer.vector(at: filter, count: lanes),
                        at: row &+ filter, count: lanes)
                }
            }
        }
    }

    private func transform(_ panels: FloatBuffer, _ weights: FloatBuffer, factors: FloatBuffer?, inputs: Range<Int>) {
        requireCount(weights, geometry.weightCount, "weights")
        let (channels, filters) = (geometry.inputChannels, geometry.outputChannels)
        withScratch(vectors: 18) { scratch in
            switch scheme {
            case .winograd43:
                transformWeights(
                    Winograd43.self, panels: panels.pointer, weights: weights.pointer, factors: factors.map { UnsafePointer($0.pointer) },
                    inputChannels: channels, outputChannels: filters, inputs: inputs, scratch: scratch)
            case .wholeMap2:
                transformWeights(
                    WholeMap2.self, panels: panels.pointer, weights: weights.pointer, factors: factors.map { UnsafePointer($0.pointer) },
                    inputChannels: channels, outputChannels: filters, inputs: inputs, scratch: scratch)
            case .direct: break
            }
        }
    }
}

/// Memory on the stack for `vectors` vectors.
private func withScratch(vectors: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: vectors * vectorWidth) { buffer in
        if let start = buffer.baseAddress { body(start) }
    }
}
