import Kernels
import Tensors

// An EfficientNet's convolutions with folded batch norms.

extension InferenceLane {
    /// - Returns: the head's means, [sampleCount, C].
    func runInverted(
        _ features: InvertedFeatures, _ regions: InvertedInferenceRegions, _ parameters: ParameterVector,
        _ statistics: ParameterVector, means: FloatBuffer
    ) {
        for block in features.blocks {
            let (expansion, depthwise, projection) = (
                fold(block.expansion, regions.folded[0], parameters, statistics),
                fold(block.depthwise, regions.folded[1], parameters, statistics),
                fold(block.projection, regions.folded[2], parameters, statistics)
            )
            forEachGroup(block.expandedCount) { first, count in
                let expanded = expand(features, block, regions, expansion, first, count)
                let convolved = arena[regions.depthwise].slice(0, count * block.depthwiseCount)
                let state = SqueezeExcitationState(
                    means: arena[regions.means].slice(0, count * block.expandedChannels),
                    hidden: arena[regions.hidden].slice(0, count * block.excitation.squeezedChannels),
                    gates: arena[regions.gates].slice(0, count * block.expandedChannels))
                depthwiseInference(
                    output: convolved, means: state.means, input: expanded, weights: depthwise.weights, factors: depthwise.factors,
                    bias: depthwise.bias, geometry: block.depthwiseGeometry(batch: count),
                    workspace: arena[regions.depthwiseWorkspace])
                excite(
                    state, block.excitation.tensors(parameters), batch: count, channels: block.expandedChannels,
                    squeezed: block.excitation.squeezedChannels)
                pointwiseInference(
                    output: arena[regions.outputs[block.index]].slice(first * block.outputCount, count * block.outputCount),
                    input: convolved, weights: projection.weights, factors: projection.factors, bias: projection.bias,
                    activates: false, addend: block.isResidual ? input(of: block, regions, first, count) : nil, gates: state.gates,
                    reusesPanels: first > 0, geometry: block.projectionGeometry(batch: count),
                    workspace: arena[regions.projectionWorkspace])
            }
        }
        let head = fold(features.head, regions.folded[0], parameters, statistics)
        forEachGroup(features.headCount) { first, count in
            let geometry = features.headGeometry(batch: count)
            let last = regions.outputs[features.blocks.count - 1]
            let map = regions.head.map { arena[$0].slice(first * features.headCount, geometry.outputCount) }
                ?? arena[regions.expanded].slice(0, geometry.outputCount)
            pointwiseInference(
                output: map, input: arena[last].slice(first * geometry.positions * geometry.inputChannels, geometry.inputCount),
                weights: head.weights, factors: head.factors, bias: head.bias, activates: true, reusesPanels: first > 0,
                geometry: geometry, workspace: arena[regions.expansionWorkspace])
            mapMeans(
                output: means.slice(first * features.headChannels, count * features.headChannels), input: map, batch: count,
                channels: features.headChannels)
        }
    }

    /// The expanded map of a group, behind SiLU.
    private func expand(
        _ features: InvertedFeatures, _ block: InvertedBlock, _ regions: InvertedInferenceRegions, _ expansion: Folded, _ first: Int,
        _ count: Int
    ) -> FloatBuffer {
        let target: FloatBuffer
        if block.index == 0, let stem = regions.stem {
            target = arena[stem].slice(first * block.expandedCount, count * block.expandedCount)
        } else {
            target = arena[regions.expanded].slice(0, count * block.expandedCount)
        }
        if block.index == 0 {
            stemInference(
                output: target, input: arena[self.regions.input].slice(first * network.inputCount, count * network.inputCount),
                weights: expansion.weights, factors: expansion.factors, bias: expansion.bias,
                geometry: features.stemGeometry(batch: count), workspace: arena[regions.expansionWorkspace])
        } else {
            pointwiseInference(
                output: target, input: input(of: block, regions, first, count), weights: expansion.weights,
                factors: expansion.factors, bias: expansion.bias, activates: true, reusesPanels: first > 0,
                geometry: block.expansionGeometry(batch: count), workspace: arena[regions.expansionWorkspace])
        }
        return target
    }

    /// - Precondition: the block is not the first.
    private func input(of block: InvertedBlock, _ regions: InvertedInferenceRegions, _ first: Int, _ count: Int) -> FloatBuffer {
        let perSample = block.size * block.size * block.inputChannels
        return arena[regions.outputs[block.index - 1]].slice(first * perSample, count * perSample)
    }

    private struct Folded {
        let weights: FloatBuffer
        let factors: FloatBuffer
        let bias: FloatBuffer
    }

    private func fold(
        _ convolution: InvertedBlock.Convolution, _ region: Arena.Region, _ parameters: ParameterVector, _ statistics: ParameterVector
    ) -> Folded {
        let channels = convolution.batchNorm.scale.count
        let folded = Folded(
            weights: parameters.buffer(convolution.weight), factors: arena[region].slice(0, channels),
            bias: arena[region].slice(channels, channels))
        convolution.batchNorm.fold(parameters, statistics, bias: nil, factors: folded.factors, bias: folded.bias)
        return folded
    }

    private func forEachGroup(_ expandedCount: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        let size = InvertedInferenceRegions.groupSize(expandedCount, shardSize)
        for first in stride(from: 0, to: sampleCount, by: size) { body(first, min(size, sampleCount - first)) }
    }
}
