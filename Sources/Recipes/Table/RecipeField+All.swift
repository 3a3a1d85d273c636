extension RecipeField {
    /// Every field, in the order in which files are written.
    public static let all: [RecipeField] =
        general + model + training + heads + analysis + report + claims + cluster + checkpoints

    private static let large = RecipeFieldType.largestInteger

    private static let general: [RecipeField] = [
        text("name", \.name, "What the recipe is called in listings and reports; a file without one takes the file's name."),
        text("description", \.description, "One line about the recipe."),
        text("dataset", \.dataset, "The data set, NAME[:PATH][?option=value&...]; see \"filterscope datasets\"."),
        integer("seed", \.seed, 0...large, "The seed of initial weights, sample order, augmentation and dropout."),
    ]

    private static let model: [RecipeField] = [
        choice("model.name", \.model.name, ["vgg11", "vgg16"], "The network; see \"filterscope models\"."),
        integer(
            "model.width", \.model.width, 1...1024, unit: "filters",
            "Filters of the first convolution; the others have 2, 4 and 8 times as many."),
        choice("model.classifier", \.model.classifier, "What follows the last convolution: one linear layer, or torchvision's three."),
        truth("model.classifierBias", \.model.classifierBias, "Whether the linear classifier has a bias."),
        integer("model.inputSize", \.model.inputSize, 32...1024, unit: "pixels", "Height and width of the network's input."),
        number("model.dropout", \.model.dropout, .from(0, below: 1), "The share of activations that training drops in the mlp classifier."),
    ]

    private static let training: [RecipeField] = [
        integer("training.epochs", \.training.epochs, 0...1_000_000, unit: "epochs", "Passes over the training split."),
        integer("training.maxSteps", \.training.maxSteps, 0...large, unit: "steps", "The most mini-batches, whatever the epochs; 0 for no cap."),
        integer(
            "training.batchSize", \.training.batchSize, 1...65_536, unit: "samples",
            "Samples of a mini-batch; a multiple of the shard size."),
        integer(
            "training.shardSize", \.training.shardSize, 1...4096, unit: "samples",
            "Samples that one thread computes at a time; batch statistics and bits depend on it."),
        number("training.learningRate", \.training.learningRate, .above(0, atMost: 100), "The learning rate of the first step."),
        number("training.momentum", \.training.momentum, .from(0, below: 1), "Nesterov momentum."),
        number("training.weightDecay", \.training.weightDecay, .within(0, 1), "L2 regularisation, as a share of each weight added to its gradient."),
        number("training.decayFactor", \.training.decayFactor, .above(0, atMost: 1), "What the learning rate is multiplied by at each decay."),
        integer("training.decayEvery", \.training.decayEvery, 1...large, unit: "training.decayUnit", "From one decay of the learning rate to the next."),
        choice("training.decayUnit", \.training.decayUnit, "What training.decayEvery counts."),
        truth("training.flip", \.training.flip, "Whether training images are mirrored at random."),
        integer("training.translation", \.training.translation, 0...64, unit: "pixels", "The most that training images are moved at random, each way."),
        integer(
            "training.evaluateEvery", \.training.evaluateEvery, 0...1_000_000, unit: "epochs",
            "From one test of the network to the next; 0 tests it at the end only."),
    ]

    private static let heads: [RecipeField] = [
        integer("heads.epochs", \.heads.epochs, 0...1_000_000, unit: "epochs", "Passes over the training split."),
        integer("heads.maxSteps", \.heads.maxSteps, 0...large, unit: "steps", "The most mini-batches, whatever the epochs; 0 for no cap."),
        number("heads.learningRate", \.heads.learningRate, .above(0, atMost: 100), "The learning rate of the first step."),
        number("heads.momentum", \.heads.momentum, .from(0, below: 1), "Nesterov momentum."),
        number("heads.weightDecay", \.heads.weightDecay, .within(0, 1), "L2 regularisation, as a share of each weight added to its gradient."),
        number("heads.decayFactor", \.heads.decayFactor, .above(0, atMost: 1), "What the learning rate is multiplied by at each decay."),
        integer("heads.decayEvery", \.heads.decayEvery, 1...large, unit: "heads.decayUnit", "From one decay of the learning rate to the next."),
        choice("heads.decayUnit", \.heads.decayUnit, "What heads.decayEvery counts."),
        integer(
            "heads.headPool", \.heads.headPool, 0...1024, unit: "positions",
            "Maps with a longer side are average-pooled to this side before their head; 0 pools nothing."),
        truth("heads.augment", \.heads.augment, "Whether images are mirrored and moved while heads train, as training.flip and training.translation say."),
    ]

    private static let analysis: [RecipeField] = [
        number(
            "analysis.threshold", \.analysis.threshold, .above(0, atMost: 1),
            "A label pair counts where its field is above this share of the filter's largest field."),
        integer(
            "analysis.surveyShard", \.analysis.surveyShard, 1...65_536, unit: "samples",
            "Test samples of one unit of evaluation; sums are taken in units of it."),
        integer("analysis.filtersPerUnit", \.analysis.filtersPerUnit, 1...65_536, unit: "filters", "Filters of one unit of the per-filter phase."),
    ]

    private static let report: [RecipeField] = [
        integer("report.chosenFilters", \.report.chosenFilters, 0...1024, unit: "filters", "Filters of each layer whose fields the report draws."),
    ]

    private static let claims: [RecipeField] = [
        number(
            "claims.accuracyCorrelation", \.claims.accuracyCorrelation, .within(-1, 1),
            "Sharpening needs at least this rank correlation of layer index with accuracy."),
        number(
            "claims.noiseCorrelation", \.claims.noiseCorrelation, .within(-1, 1),
            "Sharpening needs at least this rank correlation of layer index with falling noise."),
        number(
            "claims.snrCorrelation", \.claims.snrCorrelation, .within(-1, 1),
            "Sharpening needs at least this rank correlation of layer index with the signal-to-noise ratio."),
    ]

    private static let cluster: [RecipeField] = [
        number("cluster.heartbeatSeconds", \.cluster.heartbeatSeconds, .within(0.05, 3600), unit: "seconds", "From one sign of life to the next."),
        number(
            "cluster.workerTimeoutSeconds", \.cluster.workerTimeoutSeconds, .within(0.1, 86_400), unit: "seconds",
            "Silence after which a worker counts as lost and its work is dealt again."),
        number(
            "cluster.waitForWorkersSeconds", \.cluster.waitForWorkersSeconds, .within(0, 31_536_000), unit: "seconds",
            "How long the coordinator waits for enough workers before it gives up."),
        integer("cluster.unitAttempts", \.cluster.unitAttempts, 1...1000, "Times that a unit of work is dealt before the run fails."),
        integer("cluster.minimumWorkers", \.cluster.minimumWorkers, 1...65_536, unit: "workers", "Workers that must have joined before work begins."),
        integer(
            "cluster.samplesAheadMegabytes", \.cluster.samplesAheadMegabytes, 0...65_536, unit: "MiB",
            "The most encoded samples that a worker is sent before their step is due, to be decoded meanwhile; 0 sends none ahead."),
    ]

    private static let checkpoints: [RecipeField] = [
        integer("checkpoints.everySteps", \.checkpoints.everySteps, 1...large, unit: "steps", "From one checkpoint to the next."),
        integer("checkpoints.keep", \.checkpoints.keep, 1...1000, "Checkpoints that are kept; older ones are removed."),
    ]
}
