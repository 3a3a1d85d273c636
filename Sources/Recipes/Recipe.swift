/// Everything that decides a run's results, and how it is carried out. Every field has a default, a unit, an allowed range
/// and an explanation in `RecipeField.all`; decoding, encoding, the schema and `filterscope recipes --explain` read that table.
///
///     let (recipe, source) = try loadRecipe("fashion-demo")
public struct Recipe: Codable, Hashable, Sendable {
    public var name = "unnamed"
    public var description = ""
    /// A data set specification, `NAME[:PATH][?option=value&…]`.
    public var dataset = "fashion-mnist"
    /// What happens to a sample that cannot be decoded, unless the data set's own option says it.
    public var damaged = Damaged.fatal
    /// Of weights, order, augmentation and dropout.
    public var seed: UInt64 = 1
    public var model = Model()
    public var training = Training()
    public var heads = Heads()
    public var analysis = Analysis()
    public var sweep = Sweep()
    public var prune = Prune()
    public var report = Report()
    public var claims = Claims()
    public var cluster = Cluster()
    public var checkpoints = Checkpoints()

    public init() {}

    /// What a convolutional network ends with.
    public enum Classifier: String, Codable, CaseIterable, Sendable {
        /// One fully connected layer.
        case linear
        /// torchvision's three fully connected layers.
        case mlp
    }

    /// How weights follow their gradient.
    public enum Optimizer: String, Codable, CaseIterable, Sendable {
        /// Stochastic gradient descent with Nesterov momentum.
        case sgd
        case rmsprop
        case adamw
    }

    /// What the learning rate's decay, or its warm-up, counts.
    public enum DecayUnit: String, Codable, CaseIterable, Sendable {
        case epochs, steps
    }

    /// How the learning rate goes through a phase.
    public enum Schedule: String, Codable, CaseIterable, Sendable {
        /// Multiplied by a factor every so often.
        case stepDecay = "step-decay"
        /// Up to the peak and far down again, along half cosines.
        case oneCycle = "one-cycle"
        /// Down to the least along half a cosine.
        case cosine
        /// By the same share after each epoch or step.
        case exponential
    }

    /// In which order an epoch visits the samples.
    public enum Order: String, Codable, CaseIterable, Sendable {
        /// Every sample once.
        case shuffled
        /// Every label equally often.
        case balanced
    }

    public enum Damaged: String, Codable, CaseIterable, Sendable {
        /// It ends the run.
        case fatal
        /// It is left out of its shard.
        case skip
    }

    public struct Model: Codable, Hashable, Sendable {
        /// `vgg11`, `vgg16`, `efficientnet-b0` or `linear`.
        public var name = "vgg16"
        /// Filters of a VGG's first convolution; the others are multiples of it.
        public var width = 64
        public var classifier = Classifier.linear
        public var classifierBias = true
        /// Whether a VGG has a batch norm behind every convolution.
        public var batchNorm = true
        /// Height and width of the network's input in pixels.
        public var inputSize = 32
        /// The share of activations dropped in the mlp classifier, or in front of an EfficientNet's.
        public var dropout = 0.5
        /// The share of samples for which an EfficientNet's last residual block is left out.
        public var stochasticDepth = 0.2

        public static let efficientNet = "efficientnet-b0"
        public static let linear = "linear"
        public var isEfficientNet: Bool { name == Self.efficientNet }
        /// The others have no width.
        public var isVGG: Bool { name != Self.efficientNet && name != Self.linear }

        public init() {}
    }

    /// Phase 1: the network.
    public struct Training: Codable, Hashable, Sendable {
        public var epochs = 300
        /// The most steps, whatever `epochs` says; 0 for no cap.
        public var maxSteps = 0
        /// Samples of a mini-batch; a multiple of `shardSize`.
        public var batchSize = 100
        /// Samples of a shard, the unit of work, of batch statistics and of reduction.
        public var shardSize = 25
        /// Of the first step; with `oneCycle` the peak.
        public var learningRate = 0.028
        public var optimizer = Optimizer.sgd
        public var momentum = 0.9175
        public var weightDecay = 1e-3
        /// Whether weight decay pulls at batch norm's scales and shifts and at biases too.
        public var decayNormAndBias = true
        /// RMSprop's `alpha`.
        public var rmsDecay = 0.99
        /// AdamW's `betas`.
        public var beta1 = 0.9
        public var beta2 = 0.999
        /// Of RMSprop and AdamW.
        public var epsilon = 1e-8
        public var schedule = Schedule.stepDecay
        /// The learning rate is multiplied by `decayFactor` after every `decayEvery` of `decayUnit`.
        public var decayFactor = 0.6
        public var decayEvery = 20
        public var decayUnit = DecayUnit.epochs
        /// The share of all steps in which one cycle rises.
        public var rise = 0.3
        /// One cycle's peak over its first rate, and its first rate over its last.
        public var startDivisor = 25.0
        public var endDivisor = 1e4
        /// What a cosine falls to.
        public var leastLearningRate = 0.0
        /// Epochs or steps, as `warmupUnit` says, in which the rate rises evenly before its schedule begins; 0: none.
        public var warmup = 0
        public var warmupUnit = DecayUnit.epochs
        /// The share of the learning rate at which the warm-up begins.
        public var warmupStart = 0.01
        /// The share of every label that is spread evenly over all of them.
        public var labelSmoothing = 0.0
        /// The share of the weights' running average that stays from step to step; 0: none is kept.
        public var averageDecay = 0.0
        public var order = Order.shuffled
        /// Whether training mirrors images at random.
        public var flip = true
        /// The most pixels that training moves images at random, in each direction.
        public var translation = 4
        /// The least share of a picture's area that training shows; 0 shows what evaluation shows.
        public var cropLeastArea = 0.0
        public var cropGreatestArea = 1.0
        /// The greatest ratio of the cropped part's width to its height; the least is its inverse.
        public var cropGreatestRatio = 4.0 / 3
        /// Random changes of colour; 0 changes nothing.
        public var brightness = 0.0
        public var contrast = 0.0
        public var saturation = 0.0
        public var hue = 0.0
        /// Both parameters of the beta distribution that mixtures are drawn from; 0 mixes nothing.
        public var mixup = 0.0
        public var cutMix = 0.0
        /// Epochs between two evaluations on the test split; 0 evaluates at the end only.
        public var evaluateEvery = 1

        public init() {}
    }

    /// Phase 2: one head per layer, on the frozen network.
    public struct Heads: Codable, Hashable, Sendable {
        public var epochs = 50
        /// The most steps, whatever `epochs` says; 0 for no cap.
        public var maxSteps = 0
        /// Of the first step; with `oneCycle` the peak.
        public var learningRate = 0.01
        public var momentum = 0.975
        public var weightDecay = 1e-3
        public var schedule = Schedule.stepDecay
        public var decayFactor = 0.975
        public var decayEvery = 1
        public var decayUnit = DecayUnit.epochs
        public var rise = 0.3
        public var startDivisor = 25.0
        public var endDivisor = 1e4
        /// What a cosine falls to.
        public var leastLearningRate = 0.0
        /// Epochs or steps, as `warmupUnit` says, in which the rate rises evenly before its schedule begins; 0: none.
        public var warmup = 0
        public var warmupUnit = DecayUnit.epochs
        /// The share of the learning rate at which the warm-up begins.
        public var warmupStart = 0.01
        /// Maps larger than this many positions a side are average-pooled to it before their head; 0 for no pooling.
        public var headPool = 0
        /// Which layers get a head: `all`, `last` (the last convolution or stage), or names separated by commas.
        public var layers = "all"
        /// Whether the heads' training changes images as the network's training does.
        public var augment = true

        public init() {}
    }

    /// Phase 3: single-filter performance.
    public struct Analysis: Codable, Hashable, Sendable {
        /// The share of a filter's largest field above which a field sets its bit.
        public var threshold = 0.3
        /// Further thresholds at which the figures of every layer are given.
        public var thresholds: [Double] = []
        /// Samples of one unit of evaluation.
        public var surveyShard = 100
        /// Filters of one unit of the per-filter phase.
        public var filtersPerUnit = 16

        public init() {}
    }

    /// Phase 4: the same network at several numbers of labels. Without `labels` a recipe has no phase 4.
    public struct Sweep: Codable, Hashable, Sendable {
        /// The numbers of labels K, each a drawn subset; one equal to the data set's own takes all of its labels.
        public var labels: [Int] = []
        /// Draws, each with weights and order of its own, at each K.
        public var seeds = 3
        /// Above this K one seed is enough; 0: every K has all seeds.
        public var seedsUpTo = 0
        /// Resamples of the bootstrap that bands and intervals come from.
        public var resamples = 2000

        public init() {}
    }

    /// Phase 5: AFCC pruning. With neither part of the network to prune a recipe has no phase 5.
    public struct Prune: Codable, Hashable, Sendable {
        /// Whether the classifier's connections without a supporting cluster go.
        public var classifier = false
        /// The first convolution whose kernels are pruned, counted from 1; 0: none.
        public var firstConvolution = 0
        /// Thresholds whose clusters say what stays: one pruned network each; empty: `analysis.threshold` alone.
        public var thresholds: [Double] = []
        /// Retraining under the mask.
        public var epochs = 5
        public var maxSteps = 0
        public var learningRate = 0.01
        public var optimizer = Optimizer.sgd
        public var momentum = 0.9
        public var weightDecay = 5e-4
        /// Whether weight decay pulls at batch norm's scales and shifts and at biases too.
        public var decayNormAndBias = true
        /// RMSprop's `alpha`.
        public var rmsDecay = 0.99
        /// AdamW's `betas`.
        public var beta1 = 0.9
        public var beta2 = 0.999
        /// Of RMSprop and AdamW.
        public var epsilon = 1e-8
        public var schedule = Schedule.oneCycle
        public var decayFactor = 0.6
        public var decayEvery = 1
        public var decayUnit = DecayUnit.epochs
        public var rise = 0.3
        public var startDivisor = 25.0
        public var endDivisor = 1e4
        /// What a cosine falls to.
        public var leastLearningRate = 0.0
        /// Epochs or steps, as `warmupUnit` says, in which the rate rises evenly before its schedule begins; 0: none.
        public var warmup = 0
        public var warmupUnit = DecayUnit.epochs
        /// The share of the learning rate at which the warm-up begins.
        public var warmupStart = 0.01
        /// Whether random clusters of the same sizes and smallest-magnitude removal are retrained alike, for comparison.
        public var baselines = true

        public init() {}
    }

    public struct Report: Codable, Hashable, Sendable {
        /// Filters of each layer whose fields the report draws.
        public var chosenFilters = 4

        public init() {}
    }

    /// What each claim needs to be upheld.
    public struct Claims: Codable, Hashable, Sendable {
        /// The least Spearman correlation of layer index with accuracy.
        public var accuracyCorrelation = 0.8
        /// The least Spearman correlation of layer index with −noise.
        public var noiseCorrelation = 0.5
        /// The least Spearman correlation of layer index with the signal-to-noise ratio.
        public var snrCorrelation = 0.5
        /// Claim 2: the least R² of the line of error against K.
        public var linearErrorR2 = 0.9
        /// Claim 3: the most that mean cluster size and clusters per filter may change per decade of K, as a share of their
        /// mean, at the far end of the confidence interval.
        public var universalitySlope = 0.25
        /// Claim 3: the least signal-to-noise ratio at every K.
        public var universalitySNR = 5.0
        /// Claim 4: the most accuracy that AFCC may lose after retraining.
        public var pruningLoss = 0.01
        /// Claim 4: the most that AFCC may lie below the better baseline.
        public var pruningBehindBaselines = 0.005

        public init() {}
    }

    /// How the work is dealt; none of it changes results, but for the last bits where other kernels are admitted.
    public struct Cluster: Codable, Hashable, Sendable {
        public var heartbeatSeconds = 1.0
        /// Silence after which a worker counts as lost.
        public var workerTimeoutSeconds = 10.0
        /// How long a coordinator waits for enough workers before it gives up.
        public var waitForWorkersSeconds = 120.0
        /// Attempts that come to nothing by a unit's own fault before the run pauses.
        public var unitAttempts = 5
        /// Workers that must be there before the work begins.
        public var minimumWorkers = 1
        /// Encoded samples that a worker may be sent before their step is due, in MiB; 0: none.
        public var samplesAheadMegabytes = 256
        /// Whether workers take part whose kernels give other last bits than the coordinator's.
        public var mixedKernels = false
        /// A unit that is out for so many times what its like usually take is dealt to a second worker too; 0: none is.
        public var lateFactor = 4.0
        /// Seconds before which no unit counts as late.
        public var lateFloorSeconds = 1.0
        /// The share of units that two workers compute and whose results are compared.
        public var audit = 0.0
        /// MiB of log that are kept; the oldest records go.
        public var logMegabytes = 256
        /// Days for which log records are kept; 0: as long as there is room.
        public var logDays = 0.0
        /// Log records a second that one worker may write in the long run; it keeps what is beyond until there is time.
        public var logLinesPerSecond = 20_000.0

        public init() {}
    }

    public struct Checkpoints: Codable, Hashable, Sendable {
        /// Training steps between two checkpoints.
        public var everySteps = 200
        /// Checkpoints kept; older ones are removed.
        public var keep = 3

        public init() {}
    }
}
