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
    ] + rates("training", places: RatePlaces(
        learningRate: \.training.learningRate, momentum: \.training.momentum, weightDecay: \.training.weightDecay,
        schedule: \.training.schedule, decayFactor: \.training.decayFactor, decayEvery: \.training.decayEvery,
        decayUnit: \.training.decayUnit, rise: \.training.rise, startDivisor: \.training.startDivisor,
        endDivisor: \.training.endDivisor)) + augmentation + [
        integer(
            "training.evaluateEvery", \.training.evaluateEvery, 0...1_000_000, unit: "epochs",
            "From one test of the network to the next; 0 tests it at the end only."),
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
    ] + rates("heads", places: RatePlaces(
        learningRate: \.heads.learningRate, momentum: \.heads.momentum, weightDecay: \.heads.weightDecay,
        schedule: \.heads.schedule, decayFactor: \.heads.decayFactor, decayEvery: \.heads.decayEvery,
        decayUnit: \.heads.decayUnit, rise: \.heads.rise, startDivisor: \.heads.startDivisor, endDivisor: \.heads.endDivisor)) + [
        integer(
            "heads.headPool", \.heads.headPool, 0...1024, unit: "positions",
            "Maps with a longer side are average-pooled to this side before their head; 0 pools nothing."),
        text("heads.layers", \.heads.layers, "Which layers get a head: all, last (the last convolution or stage), or names separated by commas."),
        truth("heads.augment", \.heads.augment, "Whether images are changed at random while heads train, as training's fields say."),
    ]

    /// What phases of steps have of the optimizer.
    struct RatePlaces {
        let learningRate, momentum, weightDecay: Place<Double>
        let schedule: Place<Recipe.Schedule>
        let decayFactor: Place<Double>
        let decayEvery: Place<Int>
        let decayUnit: Place<Recipe.DecayUnit>
        let rise, startDivisor, endDivisor: Place<Double>
    }

    static func rates(_ phase: String, places: RatePlaces) -> [RecipeField] {
        [
            number(
                "\(phase).learningRate", places.learningRate, .above(0, atMost: 100),
                "The learning rate of the first step; of the peak where the schedule is one-cycle."),
            number("\(phase).momentum", places.momentum, .from(0, below: 1), "Nesterov momentum."),
            number(
                "\(phase).weightDecay", places.weightDecay, .within(0, 1), "L2 regularisation, as a share of each weight added to its gradient."),
            choice(
                "\(phase).schedule", places.schedule,
                "How the learning rate goes: multiplied every so often, or once up to a peak and down again along half cosines."),
            number(
                "\(phase).decayFactor", places.decayFactor, .above(0, atMost: 1), "What the learning rate is multiplied by at each decay of step-decay."),
            integer(
                "\(phase).decayEvery", places.decayEvery, 1...large, unit: "\(phase).decayUnit", "From one decay of the learning rate to the next."),
            choice("\(phase).decayUnit", places.decayUnit, "What \(phase).decayEvery counts."),
            number("\(phase).rise", places.rise, .within(0, 1), "The share of all steps in which one-cycle's rate rises."),
            number("\(phase).startDivisor", places.startDivisor, .within(1, 1e9), "One-cycle's peak over its first rate."),
            number("\(phase).endDivisor", places.endDivisor, .within(1, 1e9), "One-cycle's first rate over its last."),
        ]
    }
}
