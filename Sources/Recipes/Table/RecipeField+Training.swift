// The fields of the two phases that go by steps of mini-batches.
extension RecipeField {
    static let training: [RecipeField] = [
        integer("training.epochs", \.training.epochs, 0...1_000_000, unit: "epochs", "Passes over the training split."),
        integer("training.maxSteps", \.training.maxSteps, 0...large, unit: "steps", "The most mini-batches, whatever the epochs; 0 for no cap."),
        integer(
            "training.batchSize", \.training.batchSize, 1...65_536, unit: "samples",
            "Samples of a mini-batch; a multiple of the shard size."),
        integer(
            "training.shardSize", \.training.shardSize, 1...4096, unit: "samples",
            "Samples that one thread computes at a time; batch statistics and bits depend on it."),
        learningRate("training", \.training.learningRate),
    ] + optimizer("training", places: OptimizerPlaces(
        optimizer: \.training.optimizer, momentum: \.training.momentum, weightDecay: \.training.weightDecay,
        decayNormAndBias: \.training.decayNormAndBias, rmsDecay: \.training.rmsDecay, beta1: \.training.beta1,
        beta2: \.training.beta2, epsilon: \.training.epsilon)) + rates("training", places: RatePlaces(
        schedule: \.training.schedule, decayFactor: \.training.decayFactor, decayEvery: \.training.decayEvery,
        decayUnit: \.training.decayUnit, rise: \.training.rise, startDivisor: \.training.startDivisor,
        endDivisor: \.training.endDivisor, leastLearningRate: \.training.leastLearningRate, warmup: \.training.warmup,
        warmupUnit: \.training.warmupUnit, warmupStart: \.training.warmupStart)) + means + augmentation + [
        integer(
            "training.evaluateEvery", \.training.evaluateEvery, 0...1_000_000, unit: "epochs",
            "From one test of the network to the next; 0 tests it at the end only."),
    ]

    private static let means: [RecipeField] = [
        number(
            "training.labelSmoothing", \.training.labelSmoothing, .from(0, below: 1),
            "The share of every label that is spread evenly over all labels, in training and retraining; accuracy and test loss are of the labels as they are.")
            .omittedAtDefault,
        number(
            "training.averageDecay", \.training.averageDecay, .from(0, below: 1),
            "The share of a running average of weights and batch statistics that stays from step to step; the average is what is tested and what training ends with; 0 keeps none. Through the warm-up it is a copy.")
            .omittedAtDefault,
    ]

    private static let augmentation: [RecipeField] = [
        choice("training.order", \.training.order, "What an epoch visits: every sample once, or every label equally often. The heads' epochs too."),
        truth("training.flip", \.training.flip, "Whether training images are mirrored at random."),
        integer("training.translation", \.training.translation, 0...64, unit: "pixels", "The most that training images are moved at random, each way."),
        number(
            "training.cropLeastArea", \.training.cropLeastArea, .within(0, 1),
            "The least share of a picture's area that training cuts out at random and brings to size; 0 cuts nothing out."),
        number(
            "training.cropGreatestArea", \.training.cropGreatestArea, .above(0, atMost: 1),
            "The greatest share of a picture's area that training cuts out at random."),
        number(
            "training.cropGreatestRatio", \.training.cropGreatestRatio, .within(1, 100),
            "The greatest ratio of width to height of what is cut out at random; the least is its inverse."),
        number("training.brightness", \.training.brightness, .within(0, 10), "Brightness is multiplied at random by 1 - x to 1 + x."),
        number("training.contrast", \.training.contrast, .within(0, 10), "Contrast is multiplied at random by 1 - x to 1 + x."),
        number("training.saturation", \.training.saturation, .within(0, 10), "Saturation is multiplied at random by 1 - x to 1 + x."),
        number("training.hue", \.training.hue, .within(0, 0.5), unit: "turns of the colour circle", "The most that hues are turned at random, each way."),
        number(
            "training.mixup", \.training.mixup, .within(0, 4),
            "Both parameters of the beta distribution by which training adds pairs of images and of labels; 0 adds none, else at least 0.01."),
        number(
            "training.cutMix", \.training.cutMix, .within(0, 4),
            "The same for pasting a rectangle of another image; with mixup too, each image draws one of the two."),
    ]

    static let heads: [RecipeField] = [
        integer("heads.epochs", \.heads.epochs, 0...1_000_000, unit: "epochs", "Passes over the training split."),
        integer("heads.maxSteps", \.heads.maxSteps, 0...large, unit: "steps", "The most mini-batches, whatever the epochs; 0 for no cap."),
        learningRate("heads", \.heads.learningRate),
    ] + momentum("heads", \.heads.momentum, \.heads.weightDecay) + rates("heads", places: RatePlaces(
        schedule: \.heads.schedule, decayFactor: \.heads.decayFactor, decayEvery: \.heads.decayEvery,
        decayUnit: \.heads.decayUnit, rise: \.heads.rise, startDivisor: \.heads.startDivisor,
        endDivisor: \.heads.endDivisor, leastLearningRate: \.heads.leastLearningRate, warmup: \.heads.warmup,
        warmupUnit: \.heads.warmupUnit, warmupStart: \.heads.warmupStart)) + [
        integer(
            "heads.headPool", \.heads.headPool, 0...1024, unit: "positions",
            "Maps with a longer side are average-pooled to this side before their head; 0 pools nothing."),
        text("heads.layers", \.heads.layers, "Which layers get a head: all, last (the last convolution or stage), or names separated by commas."),
        truth("heads.augment", \.heads.augment, "Whether images are changed at random while heads train, as training's fields say."),
    ]
}
