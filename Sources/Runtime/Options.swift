import Recipes
import Service

// What the commands hand over once a command line has been parsed: plain values, defaults filled in.

/// How much a command tells on standard error.
public enum Verbosity: Int, Sendable, Comparable {
    /// Warnings and errors.
    case quiet
    /// Progress, and what is made where.
    case normal
    /// Debug records too.
    case verbose

    public static func < (a: Verbosity, b: Verbosity) -> Bool { a.rawValue < b.rawValue }
}

/// Where a coordinator answers HTTP, and what it may be called there beside its address.
public struct HTTPOptions: Sendable {
    public var setting: HTTPSetting
    public var names: [String]

    public init(_ setting: HTTPSetting = .automatic, names: [String] = []) {
        self.setting = setting
        self.names = names
    }
}

/// `filterscope run`.
public struct RunOptions: Sendable {
    /// With the data set of `--dataset` in place, where one was given.
    public var recipe: Recipe
    public var recipeSource: RecipeSource
    /// Worker processes on this machine.
    public var workers: Int
    /// Threads of each worker; nil shares the machine's cores among the workers.
    public var threads: Int?
    /// Nil for a fresh directory named after the recipe and the time.
    public var runDirectory: String?
    public var resume: Bool
    public var verbosity: Verbosity
    /// The process of the sweep that the run belongs to: it decides when the run ends, and the run ends when it is gone.
    public var parent: Int32?
    public var http: HTTPOptions

    public init(
        recipe: Recipe, recipeSource: RecipeSource, workers: Int = 1, threads: Int? = nil, runDirectory: String? = nil,
        resume: Bool = false, verbosity: Verbosity = .normal, parent: Int32? = nil, http: HTTPOptions = HTTPOptions()
    ) {
        self.http = http
        self.recipe = recipe
        self.recipeSource = recipeSource
        self.workers = workers
        self.threads = threads
        self.runDirectory = runDirectory
        self.resume = resume
        self.verbosity = verbosity
        self.parent = parent
    }
}

/// `filterscope coordinator`.
public struct CoordinatorOptions: Sendable {
    /// With the data set of `--dataset` in place, where one was given.
    public var recipe: Recipe
    public var recipeSource: RecipeSource
    /// `tcp://HOST:PORT`.
    public var bind: String
    public var runDirectory: String?
    public var resume: Bool
    /// A directory of keys: only who holds one that its list names is admitted.
    public var keys: String?
    /// Allows an address beyond this machine without keys.
    public var insecure: Bool
    public var verbosity: Verbosity
    public var http: HTTPOptions

    public init(
        recipe: Recipe, recipeSource: RecipeSource, bind: String, runDirectory: String? = nil, resume: Bool = false,
        keys: String? = nil, insecure: Bool = false, verbosity: Verbosity = .normal, http: HTTPOptions = HTTPOptions()
    ) {
        self.http = http
        self.keys = keys
        self.recipe = recipe
        self.recipeSource = recipeSource
        self.bind = bind
        self.runDirectory = runDirectory
        self.resume = resume
        self.insecure = insecure
        self.verbosity = verbosity
    }
}

/// `filterscope worker`.
public struct WorkerOptions: Sendable {
    /// `tcp://HOST:PORT`.
    public var connect: String
    /// Nil for one per core.
    public var threads: Int?
    /// Nil for host name and process number.
    public var name: String?
    /// A copy of the run's data set on the worker's machine: a specification, or the path at which it lies; nil for samples sent.
    public var data: String?
    /// A directory with the worker's key and the coordinator's public one; nil for a coordinator without keys.
    public var keys: String?
    /// How long it tries to reach a coordinator before it ends.
    public var giveUpAfterSeconds: Double
    /// Started by `run`, which decides when it ends: Ctrl-C, which the terminal sends to both, is not for it.
    public var supervised: Bool
    public var verbosity: Verbosity

    public init(
        connect: String, threads: Int? = nil, name: String? = nil, data: String? = nil, keys: String? = nil, giveUpAfterSeconds: Double = 60,
        supervised: Bool = false, verbosity: Verbosity = .normal
    ) {
        self.keys = keys
        self.connect = connect
        self.threads = threads
        self.name = name
        self.data = data
        self.giveUpAfterSeconds = giveUpAfterSeconds
        self.supervised = supervised
        self.verbosity = verbosity
    }
}

/// Which network a file of weights belongs to: `--model vgg16 --width 64 --classifier linear`. Labels and input channels
/// come from the files, and so does what is not given here.
public struct ModelOptions: Sendable, Hashable {
    public var name: String
    /// Filters of the first convolution; nil for what the file of weights holds, or 64 without a file.
    public var width: Int?
    /// Nil for what the file of weights holds; without a file, the mlp from 224 pixels on, linear below.
    public var classifier: Recipe.Classifier?
    /// Height and width of the input in pixels; nil for the data set's usual one.
    public var inputSize: Int?
    /// Where there is no file of weights, which tells it.
    public var batchNorm: Bool

    public init(
        name: String, width: Int? = nil, classifier: Recipe.Classifier? = nil, inputSize: Int? = nil, batchNorm: Bool = true
    ) {
        self.name = name
        self.width = width
        self.classifier = classifier
        self.inputSize = inputSize
        self.batchNorm = batchNorm
    }
}

/// `filterscope evaluate`.
public struct EvaluateOptions: Sendable {
    public var model: ModelOptions
    /// A safetensors file.
    public var weights: String
    /// A data set specification.
    public var dataset: String
    /// Nil for one per core.
    public var threads: Int?
    /// Where all logits go, as safetensors; nil for nowhere.
    public var logits: String?
    /// Where the result goes as JSON; `-` for standard output; nil for nowhere.
    public var json: String?
    public var verbosity: Verbosity

    public init(
        model: ModelOptions, weights: String, dataset: String, threads: Int? = nil, logits: String? = nil, json: String? = nil,
        verbosity: Verbosity = .normal
    ) {
        self.model = model
        self.weights = weights
        self.dataset = dataset
        self.threads = threads
        self.logits = logits
        self.json = json
        self.verbosity = verbosity
    }
}

/// `filterscope analyze` over the files of a user.
public struct AnalyzeOptions: Sendable {
    public var model: ModelOptions
    /// A safetensors file.
    public var weights: String
    /// A safetensors file of the heads.
    public var heads: String
    /// A data set specification.
    public var dataset: String
    public var threshold: Double
    /// Further thresholds, at which the figures of every layer are given.
    public var thresholds: [Double]
    /// Take the training split's samples, not the test split's.
    public var usesTrainingSplit: Bool
    /// Measure every head's accuracy, which takes several times as long as all that the filters need.
    public var wantsAccuracies: Bool
    /// Worker processes; 1 is this process alone.
    public var workers: Int
    /// Threads of each worker; nil shares the machine's cores among the workers.
    public var threads: Int?
    /// Where the result goes as JSON; `-` for standard output; nil for nowhere.
    public var json: String?
    /// The directory of the tables as CSV; nil for none.
    public var csv: String?
    /// The SQLite file of the tables, laid out as a run's; nil for none.
    public var sqlite: String?
    public var verbosity: Verbosity

    public init(
        model: ModelOptions, weights: String, heads: String, dataset: String, threshold: Double = 0.3, thresholds: [Double] = [],
        usesTrainingSplit: Bool = false, wantsAccuracies: Bool = true, workers: Int = 1, threads: Int? = nil, json: String? = nil,
        csv: String? = nil,
        sqlite: String? = nil, verbosity: Verbosity = .normal
    ) {
        self.model = model
        self.weights = weights
        self.heads = heads
        self.dataset = dataset
        self.threshold = threshold
        self.thresholds = thresholds
        self.usesTrainingSplit = usesTrainingSplit
        self.wantsAccuracies = wantsAccuracies
        self.csv = csv
        self.sqlite = sqlite
        self.workers = workers
        self.threads = threads
        self.json = json
        self.verbosity = verbosity
    }
}

/// `filterscope bench`.
public struct BenchOptions: Sendable {
    public enum Subject: String, CaseIterable, Sendable {
        case training, inference, kernels, blocks, accuracy
    }

    public var subject: Subject
    public var model: ModelOptions
    /// Samples of a mini-batch.
    public var batch: Int
    public var labels: Int
    /// Nil for one per core.
    public var threads: Int?
    /// Worker processes; 0 measures inside this process.
    public var workers: Int
    /// Timed runs, of which the median counts.
    public var runs: Int
    /// Where the time of a training step goes.
    public var profile: Bool
    /// As JSON on standard output.
    public var json: Bool

    public init(
        subject: Subject, model: ModelOptions = ModelOptions(name: "vgg16"), batch: Int = 100, labels: Int = 100, threads: Int? = nil,
        workers: Int = 0, runs: Int = 5, profile: Bool = false, json: Bool = false
    ) {
        self.subject = subject
        self.model = model
        self.batch = batch
        self.labels = labels
        self.threads = threads
        self.workers = workers
        self.runs = runs
        self.profile = profile
        self.json = json
    }
}
