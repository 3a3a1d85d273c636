// The fields of phases 4 and 5.
extension RecipeField {
    static let sweep: [RecipeField] = [
        integers(
            "sweep.labels", \.sweep.labels, 2...1_000_000, unit: "labels",
            "Numbers of labels at which the network is trained and measured, each on drawn labels; an empty list: no sweep."),
        integer("sweep.seeds", \.sweep.seeds, 1...1000, unit: "seeds", "Draws of labels, weights and order at each number of labels."),
        integer(
            "sweep.seedsUpTo", \.sweep.seedsUpTo, 0...1_000_000, unit: "labels",
            "The greatest number of labels that has all seeds; greater ones have one; 0: all have all."),
        integer("sweep.resamples", \.sweep.resamples, 100...1_000_000, unit: "resamples", "Of the bootstrap behind bands and intervals."),
    ]

    static let prune: [RecipeField] = [
        truth("prune.classifier", \.prune.classifier, "Whether the classifier keeps only connections from filters to the labels of their clusters."),
        integer(
            "prune.firstConvolution", \.prune.firstConvolution, 0...1000,
            "The first convolution, counted from 1, whose kernels are pruned, with all after it; 0: none. The first of a network has no layer before it."),
        numbers(
            "prune.thresholds", \.prune.thresholds, .from(0.001, below: 1),
            "Thresholds whose clusters say what stays, one pruned network each; an empty list: analysis.threshold alone."),
        integer("prune.epochs", \.prune.epochs, 0...1_000_000, unit: "epochs", "Passes over the training split under the mask."),
        integer("prune.maxSteps", \.prune.maxSteps, 0...large, unit: "steps", "The most mini-batches under the mask, whatever the epochs; 0 for no cap."),
        learningRate("prune", \.prune.learningRate),
    ] + optimizer("prune", places: OptimizerPlaces(
        optimizer: \.prune.optimizer, momentum: \.prune.momentum, weightDecay: \.prune.weightDecay,
        decayNormAndBias: \.prune.decayNormAndBias, rmsDecay: \.prune.rmsDecay, beta1: \.prune.beta1,
        beta2: \.prune.beta2, epsilon: \.prune.epsilon)) + rates("prune", places: RatePlaces(
        schedule: \.prune.schedule, decayFactor: \.prune.decayFactor, decayEvery: \.prune.decayEvery,
        decayUnit: \.prune.decayUnit, rise: \.prune.rise, startDivisor: \.prune.startDivisor,
        endDivisor: \.prune.endDivisor, leastLearningRate: \.prune.leastLearningRate, warmup: \.prune.warmup,
        warmupUnit: \.prune.warmupUnit, warmupStart: \.prune.warmupStart)) + [
        truth(
            "prune.baselines", \.prune.baselines,
            "Whether random clusters of the same sizes and removal of the smallest weights are retrained at the same density."),
    ]
}
