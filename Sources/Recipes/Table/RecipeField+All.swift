extension RecipeField {
    /// Every field, in the order in which files are written.
    public static let all: [RecipeField] =
        general + model + training + heads + analysis + sweep + prune + report + claims + cluster + checkpoints

    static let large = RecipeFieldType.largestInteger

    private static let general: [RecipeField] = [
        text("name", \.name, "What the recipe is called in listings and reports; a file without one takes the file's name."),
        text("description", \.description, "One line about the recipe."),
        text("dataset", \.dataset, "The data set, NAME[:PATH][?option=value&...]; see \"filterscope datasets\"."),
        choice("damaged", \.damaged, "What becomes of a sample that cannot be decoded, unless the data set's option damaged= says it: the run ends, or it is left out."),
        integer("seed", \.seed, 0...large, "The seed of initial weights, sample order, augmentation and dropout."),
    ]

    private static let model: [RecipeField] = [
        choice("model.name", \.model.name, ["vgg11", "vgg16", Recipe.Model.efficientNet, Recipe.Model.linear], "The network; see \"filterscope models\"."),
        integer(
            "model.width", \.model.width, 1...1024, unit: "filters",
            "Filters of a VGG's first convolution; the others have 2, 4 and 8 times as many."),
        choice("model.classifier", \.model.classifier, "What follows a VGG's last convolution: one linear layer, or torchvision's three."),
        truth("model.classifierBias", \.model.classifierBias, "Whether the linear classifier has a bias."),
        truth("model.batchNorm", \.model.batchNorm, "Whether a VGG has a batch norm behind every convolution.").omittedAtDefault,
        integer("model.inputSize", \.model.inputSize, 32...1024, unit: "pixels", "Height and width of the network's input."),
        number(
            "model.dropout", \.model.dropout, .from(0, below: 1),
            "The share of activations that training drops in the mlp classifier, or in front of an EfficientNet's, where it is 0.2 unless given."),
        number(
            "model.stochasticDepth", \.model.stochasticDepth, .from(0, below: 1),
            "The share of samples for which training leaves an EfficientNet's last residual block out; linearly less towards the first.")
            .omittedAtDefault,
    ]

    private static let analysis: [RecipeField] = [
        number(
            "analysis.threshold", \.analysis.threshold, .between(0, 1),
            "A label pair counts where its field is above this share of the filter's largest field."),
        numbers(
            "analysis.thresholds", \.analysis.thresholds, .from(0.001, below: 1),
            "Further thresholds at which clusters, noise and signal-to-noise ratio of every layer are given."),
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
        number("claims.linearErrorR2", \.claims.linearErrorR2, .within(0, 1), "Linear error needs at least this R2 of the line of error against K."),
        number(
            "claims.universalitySlope", \.claims.universalitySlope, .within(0, 100),
            "Universality allows cluster size and clusters per filter this much change per decade of K, as a share of their mean, at the far end of the confidence interval."),
        number("claims.universalitySNR", \.claims.universalitySNR, .within(0, 1e9), "Universality needs at least this signal-to-noise ratio at every K."),
        number("claims.pruningLoss", \.claims.pruningLoss, .within(0, 1), "Pruning may lose at most this much accuracy after retraining."),
        number(
            "claims.pruningBehindBaselines", \.claims.pruningBehindBaselines, .within(0, 1),
            "Pruning by clusters may lie at most this much below the better of its two baselines."),
    ]

    private static let cluster: [RecipeField] = [
        number("cluster.heartbeatSeconds", \.cluster.heartbeatSeconds, .within(0.05, 3600), unit: "seconds", "From one sign of life to the next."),
        number(
            "cluster.workerTimeoutSeconds", \.cluster.workerTimeoutSeconds, .within(0.1, 86_400), unit: "seconds",
            "Silence after which a worker counts as lost and its work is dealt again."),
        number(
            "cluster.waitForWorkersSeconds", \.cluster.waitForWorkersSeconds, .within(0, 31_536_000), unit: "seconds",
            "How long the coordinator waits for enough workers before it gives up."),
        integer("cluster.unitAttempts", \.cluster.unitAttempts, 1...1000, "Attempts at a unit of work that come to nothing by its own fault before it is set aside and the run pauses."),
        integer("cluster.minimumWorkers", \.cluster.minimumWorkers, 1...65_536, unit: "workers", "Workers that must have joined before work begins."),
        integer(
            "cluster.samplesAheadMegabytes", \.cluster.samplesAheadMegabytes, 0...65_536, unit: "MiB",
            "The most encoded samples that a worker is sent before their step is due, to be decoded meanwhile; 0 sends none ahead."),
        truth(
            "cluster.mixedKernels", \.cluster.mixedKernels,
            "Whether workers whose kernels give other last bits take part, as --mixed does; such a run is marked as not bit-reproducible.")
            .omittedAtDefault,
        number(
            "cluster.lateFactor", \.cluster.lateFactor, .within(0, 1e6),
            "A unit that is out for this many times what units of its kind and size usually take is dealt to an idle worker too, and the first result counts; 0 deals none twice, and work is shared out without regard to speed.")
            .omittedAtDefault,
        number(
            "cluster.lateFloorSeconds", \.cluster.lateFloorSeconds, .within(0.01, 86_400), unit: "seconds",
            "Before this time no unit counts as late.").omittedAtDefault,
        number(
            "cluster.audit", \.cluster.audit, .within(0, 1),
            "The share of units that two workers compute; results that differ are decided by a third worker, and the odd one out is set aside.")
            .omittedAtDefault,
        integer("cluster.logMegabytes", \.cluster.logMegabytes, 1...1_048_576, unit: "MiB", "The most log that is kept; the oldest records go.")
            .omittedAtDefault,
        number(
            "cluster.logDays", \.cluster.logDays, .within(0, 36_500), unit: "days",
            "How long log records are kept; 0 keeps them as long as there is room.").omittedAtDefault,
        number(
            "cluster.logLinesPerSecond", \.cluster.logLinesPerSecond, .within(1, 1e6),
            "Log records a second that one worker may write in the long run; what is beyond waits at the worker.").omittedAtDefault,
    ]

    private static let checkpoints: [RecipeField] = [
        integer("checkpoints.everySteps", \.checkpoints.everySteps, 1...large, unit: "steps", "From one checkpoint to the next; more where they would take over a hundredth of the time."),
        integer("checkpoints.keep", \.checkpoints.keep, 1...1000, "Checkpoints that are kept; older ones are removed."),
    ]
}
