import Kernels
import Tensors

// The way forward and back through an EfficientNet's convolutions.

extension TrainingLane {
    /// - Parameter means: [count, C], overwritten with what the classifier reads.
    func forward(_ shard: Shard, _ features: InvertedFeatures, _ regions: InvertedTrainingRegions, means: FloatBuffer) {
        for (block, region) in zip(features.blocks, regions.blocks) {
            forwardExpansion(shard, features, block, regions)
            shard.profile?.end(.expansionForward, layer: block.profileLayer)
            forwardDepthwise(shard, block, region)
            shard.profile?.end(.depthwiseForward, layer: block.profileLayer)
            forwardProjection(shard, block, regions)
            shard.profile?.end(.projectionForward, layer: block.profileLayer)
        }
        let geometry = features.headGeometry(batch: shard.count)
        let moments = moments(features.headChannels)
        let last = regions.blocks[regions.blocks.count - 1].output
        let head = normalizedMap(regions.head, geometry.outputCount)
        pointwiseForward(
            output: head.convolved, moments: moments, input: arena[last].slice(0, geometry.inputCount),
            weights: shard.parameters.buffer(features.head.weight), geometry: geometry, workspace: arena[self.regions.workspace])
        finish(shard, features.head.batchNorm, moments, head, rows: geometry.rows)
        activatedMeans(output: means, map: head, batch: shard.count)
        shard.profile?.end(.expansionForward, layer: features.taps.count - 1)
    }

    private func forwardExpansion(
        _ shard: Shard, _ features: InvertedFeatures, _ block: InvertedBlock, _ regions: InvertedTrainingRegions
    ) {
        let moments = moments(block.expandedChannels)
        let map = normalizedMap(regions.blocks[block.index].expanded, shard.count * block.expandedCount)
        let weights = shard.parameters.buffer(block.expansion.weight)
        if block.index == 0 {
            stemForward(
                output: map.convolved, moments: moments, input: buffer(self.regions.input, shard.count, network.inputCount),
                weights: weights, geometry: features.stemGeometry(batch: shard.count), workspace: arena[self.regions.workspace])
        } else {
            let geometry = block.expansionGeometry(batch: shard.count)
            pointwiseForward(
                output: map.convolved, moments: moments, input: input(of: block, regions, shard), weights: weights,
                geometry: geometry, workspace: arena[self.regions.workspace])
        }
        finish(shard, block.expansion.batchNorm, moments, map, rows: map.convolved.count / block.expandedChannels)
    }

    private func forwardDepthwise(_ shard: Shard, _ block: InvertedBlock, _ region: InvertedTrainingRegions.Block) {
        let geometry = block.depthwiseGeometry(batch: shard.count)
        let moments = moments(block.expandedChannels)
        let map = normalizedMap(region.depthwise, geometry.outputCount)
        depthwiseForward(
            output: map.convolved, moments: moments, input: normalizedMap(region.expanded, geometry.inputCount),
            weights: shard.parameters.buffer(block.depthwise.weight), geometry: geometry, workspace: arena[regions.workspace])
        finish(shard, block.depthwise.batchNorm, moments, map, rows: geometry.outputRows)
    }

    private func forwardProjection(_ shard: Shard, _ block: InvertedBlock, _ regions: InvertedTrainingRegions) {
        let region = regions.blocks[block.index]
        let geometry = block.excitationGeometry(batch: shard.count)
        let moments = moments(block.outputChannels)
        let map = normalizedMap(region.projected, geometry.outputCount)
        excitedProjectionForward(
            output: map.convolved, moments: moments, state: state(block, region, shard),
            input: normalizedMap(region.depthwise, geometry.inputCount), tensors: block.excitation.tensors(shard.parameters),
            projection: shard.parameters.buffer(block.projection.weight), geometry: geometry,
            workspace: arena[self.regions.workspace])
        finish(shard, block.projection.batchNorm, moments, map, rows: geometry.rows)
        drawSampleFactors(shard, block, region)
        normalizeLinear(
            output: buffer(region.output, shard.count, block.outputCount), map: map,
            addend: block.isResidual ? input(of: block, regions, shard) : nil,
            sampleFactors: sampleFactors(block, region, shard), batch: shard.count)
    }

    /// - Parameter meanGradients: [count, C], of what the classifier reads.
    func backward(
        _ shard: Shard, _ features: InvertedFeatures, _ regions: InvertedTrainingRegions, meanGradients: FloatBuffer
    ) {
        let geometry = features.headGeometry(batch: shard.count)
        let last = regions.blocks[regions.blocks.count - 1]
        let head = normalizedMap(regions.head, geometry.outputCount)
        let gradient = arena[regions.expandedGradient].slice(0, geometry.outputCount)
        activatedMeansBackward(
            inputGradient: gradient, batchNorm: batchNormGradients(shard, features.head.batchNorm),
            outputGradient: meanGradients, map: head, batch: shard.count)
        let weight = features.head.weight
        pointwiseBackward(
            weightGradient: target(weight, shard, regions.ownGradients.weight),
            inputGradient: arena[last.outputGradient].slice(0, geometry.inputCount),
            outputGradient: NormalizedMapGradient(gradient, of: head), input: arena[last.output].slice(0, geometry.inputCount),
            weights: shard.parameters.buffer(weight), geometry: geometry, workspace: arena[self.regions.workspace])
        addOwn(weight, shard, regions.ownGradients.weight)
        shard.profile?.end(.expansionBackward, layer: features.taps.count - 1)
        for block in features.blocks.reversed() {
            backwardProjection(shard, block, regions)
            shard.profile?.end(.projectionBackward, layer: block.profileLayer)
            backwardDepthwise(shard, block, regions)
            shard.profile?.end(.depthwiseBackward, layer: block.profileLayer)
            backwardExpansion(shard, features, block, regions)
            shard.profile?.end(.expansionBackward, layer: block.profileLayer)
        }
    }

    private func backwardProjection(_ shard: Shard, _ block: InvertedBlock, _ regions: InvertedTrainingRegions) {
        let region = regions.blocks[block.index]
        let geometry = block.excitationGeometry(batch: shard.count)
        var gradient = arena[region.outputGradient].slice(0, geometry.outputCount)
        if let factors = sampleFactors(block, region, shard) {
            let scaled = arena[regions.scaledGradient].slice(0, geometry.outputCount)
            scaleSamples(output: scaled, input: gradient, factors: factors)
            gradient = scaled
        }
        let projected = NormalizedMapGradient(gradient, of: normalizedMap(region.projected, geometry.outputCount))
        finishLinearGradients(batchNormGradients(shard, block.projection.batchNorm), outputGradient: projected)
        let own = regions.ownGradients
        excitedProjectionBackward(
            projectionGradient: target(block.projection.weight, shard, own.weight),
            tensorGradients: targets(block.excitation, shard, own),
            inputGradient: arena[regions.depthwiseGradient].slice(0, geometry.inputCount),
            inputBatchNorm: batchNormGradients(shard, block.depthwise.batchNorm), outputGradient: projected,
            input: normalizedMap(region.depthwise, geometry.inputCount), state: state(block, region, shard),
            tensors: block.excitation.tensors(shard.parameters), projection: shard.parameters.buffer(block.projection.weight),
            geometry: geometry, workspace: arena[self.regions.workspace])
        addOwn(block.projection.weight, shard, own.weight)
        addOwn(block.excitation, shard, own)
    }

    private func backwardDepthwise(_ shard: Shard, _ block: InvertedBlock, _ regions: InvertedTrainingRegions) {
        let region = regions.blocks[block.index]
        let geometry = block.depthwiseGeometry(batch: shard.count)
        depthwiseBackward(
            weightGradient: shard.gradients.buffer(block.depthwise.weight), adds: shard.adds,
            inputGradient: arena[regions.expandedGradient].slice(0, geometry.inputCount),
            inputBatchNorm: batchNormGradients(shard, block.expansion.batchNorm),
            outputGradient: NormalizedMapGradient(
                arena[regions.depthwiseGradient].slice(0, geometry.outputCount),
                of: normalizedMap(region.depthwise, geometry.outputCount)),
            input: normalizedMap(region.expanded, geometry.inputCount), weights: shard.parameters.buffer(block.depthwise.weight),
            geometry: geometry, workspace: arena[self.regions.workspace])
    }

    private func backwardExpansion(
        _ shard: Shard, _ features: InvertedFeatures, _ block: InvertedBlock, _ regions: InvertedTrainingRegions
    ) {
        let region = regions.blocks[block.index]
        let count = shard.count * block.expandedCount
        let gradient = NormalizedMapGradient(
            arena[regions.expandedGradient].slice(0, count), of: normalizedMap(region.expanded, count))
        let weightGradient = target(block.expansion.weight, shard, regions.ownGradients.weight)
        defer { addOwn(block.expansion.weight, shard, regions.ownGradients.weight) }
        guard block.index > 0 else {
            stemBackward(
                weightGradient: weightGradient, outputGradient: gradient,
                input: buffer(self.regions.input, shard.count, network.inputCount),
                geometry: features.stemGeometry(batch: shard.count), workspace: arena[self.regions.workspace])
            return
        }
        let geometry = block.expansionGeometry(batch: shard.count)
        let outputGradient = arena[region.outputGradient].slice(0, shard.count * block.outputCount)
        pointwiseBackward(
            weightGradient: weightGradient,
            inputGradient: arena[regions.blocks[block.index - 1].outputGradient].slice(0, geometry.inputCount),
            addend: block.isResidual ? outputGradient : nil, outputGradient: gradient, input: input(of: block, regions, shard),
            weights: shard.parameters.buffer(block.expansion.weight), geometry: geometry, workspace: arena[self.regions.workspace])
    }

    // MARK: Parts

    private func moments(_ channels: Int) -> BlockMoments {
        BlockMoments(arena[regions.moments].slice(0, BlockMoments.count(channels: channels)), channels: channels)
    }

    private func normalizedMap(_ map: InvertedTrainingRegions.Map, _ count: Int) -> NormalizedMap {
        NormalizedMap(
            arena[map.convolved].slice(0, count), ChannelCoefficients(arena[map.coefficients], channels: map.channels))
    }

    /// - Precondition: the block is not the first.
    private func input(of block: InvertedBlock, _ regions: InvertedTrainingRegions, _ shard: Shard) -> FloatBuffer {
        buffer(regions.blocks[block.index - 1].output, shard.count, block.size * block.size * block.inputChannels)
    }

    private func state(
        _ block: InvertedBlock, _ region: InvertedTrainingRegions.Block, _ shard: Shard
    ) -> SqueezeExcitationState {
        SqueezeExcitationState(
            means: buffer(region.means, shard.count, block.expandedChannels),
            hidden: buffer(region.hidden, shard.count, block.excitation.squeezedChannels),
            gates: buffer(region.gates, shard.count, block.expandedChannels))
    }

    private func batchNormGradients(_ shard: Shard, _ batchNorm: BatchNormEntries) -> BatchNormGradients {
        BatchNormGradients(
            scale: shard.gradients.buffer(batchNorm.scale), shift: shard.gradients.buffer(batchNorm.shift), adds: shard.adds)
    }

    private func finish(_ shard: Shard, _ batchNorm: BatchNormEntries, _ moments: BlockMoments, _ map: NormalizedMap, rows: Int) {
        finishBatchStatistics(
            moments, coefficients: map.coefficients, batchMean: shard.batchStatistics.buffer(batchNorm.mean),
            batchVariance: shard.batchStatistics.buffer(batchNorm.variance), scale: shard.parameters.buffer(batchNorm.scale),
            shift: shard.parameters.buffer(batchNorm.shift), rows: rows, epsilon: Network.batchNormEpsilon)
    }

    // MARK: Gradients that are added to another shard's

    // Those kernels make a gradient as one chain over the rows. It must not go on from another shard's, or the bits would depend on
    // which shards a lane was given: a shard's own is made apart and added while it is in the cache.

    private func target(_ entry: TensorLayout.Entry, _ shard: Shard, _ own: Arena.Region) -> FloatBuffer {
        shard.adds ? arena[own].slice(0, entry.count) : shard.gradients.buffer(entry)
    }

    private func addOwn(_ entry: TensorLayout.Entry, _ shard: Shard, _ own: Arena.Region) {
        if shard.adds { addInto(shard.gradients.buffer(entry), target(entry, shard, own)) }
    }

    private func targets(
        _ excitation: InvertedBlock.SqueezeExcitation, _ shard: Shard, _ own: InvertedTrainingRegions.OwnGradients
    ) -> SqueezeExcitationTensors {
        SqueezeExcitationTensors(
            reduce: target(excitation.reduce, shard, own.reduce), reduceBias: target(excitation.reduceBias, shard, own.reduceBias),
            expand: target(excitation.expand, shard, own.expand), expandBias: target(excitation.expandBias, shard, own.expandBias))
    }

    private func addOwn(
        _ excitation: InvertedBlock.SqueezeExcitation, _ shard: Shard, _ own: InvertedTrainingRegions.OwnGradients
    ) {
        addOwn(excitation.reduce, shard, own.reduce)
        addOwn(excitation.reduceBias, shard, own.reduceBias)
        addOwn(excitation.expand, shard, own.expand)
        addOwn(excitation.expandBias, shard, own.expandBias)
    }

    // MARK: Stochastic depth

    /// nil where no sample leaves the block out.
    private func sampleFactors(
        _ block: InvertedBlock, _ region: InvertedTrainingRegions.Block, _ shard: Shard
    ) -> FloatBuffer? {
        block.isResidual && block.dropShare > 0 ? arena[region.sampleFactors].slice(0, shard.count) : nil
    }

    /// 0 or 1 / (1 − share) for each sample: dropout of a whole branch.
    private func drawSampleFactors(_ shard: Shard, _ block: InvertedBlock, _ region: InvertedTrainingRegions.Block) {
        guard let factors = sampleFactors(block, region, shard) else { return }
        factors.fill(1)
        dropoutForward(
            output: factors, input: factors, width: 1, probability: block.dropShare,
            key: DropoutKey(seed: shard.dropout.seed, step: shard.dropout.step, layer: Self.firstDepthLayer + block.index),
            sampleIndices: shard.dropout.sampleIndices)
    }

    /// Below it `DropoutKey.layer` counts linear layers.
    private static let firstDepthLayer = 64
}

extension InvertedBlock {
    /// The place of its stage among the taps.
    fileprivate var profileLayer: Int { stage }
}
