import Diagnostics
import Foundation
import Mechanism

/// `results/summary.json`: what a run ends with. Every figure of the report's tables is in it.
public struct RunSummary: Codable, Hashable, Sendable {
    /// Top-1 and top-5 accuracy of the trained network on the test split, 0 to 1; nil where not given.
    public var testAccuracy: Double?
    public var testTop5Accuracy: Double?
    /// SHA-256 of the final weights' file, in hexadecimal.
    public var weightsSHA256: String
    /// From the run's start to its results, interruptions left out.
    public var wallSeconds: Double
    public var recipe: String
    public var model: String
    public var dataset: String
    public var labels: Int
    public var labelNames: [String]
    /// The draw of labels; nil where the data set was taken with all of them.
    public var labelDraw: LabelDraw?
    /// Of phase 3.
    public var threshold: Double
    /// The side to which heads average-pool larger maps; nil where they do not.
    public var headPool: Int?
    public var layers: [LayerRow]
    public var claims: [Claim]
    /// Samples that could not be decoded and were left out; nil in summaries of earlier versions.
    public var damagedSamples: Int?
    /// The share of lanes' time in which they waited for samples.
    public var waitingShare: Double?
    /// Whether the same recipe and data give the same weights to the last bit wherever the kernels have the run's fingerprint. False
    /// where workers with other kernels took part; nil in summaries of earlier versions, which admitted none.
    public var bitReproducible: Bool?
    /// The kernels of those workers.
    public var otherKernels: [String]?

    public init(
        testAccuracy: Double?, testTop5Accuracy: Double? = nil, weightsSHA256: String, wallSeconds: Double, recipe: String,
        model: String, dataset: String, labelNames: [String], labelDraw: LabelDraw? = nil, threshold: Double, headPool: Int? = nil,
        layers: [LayerRow], claims: [Claim], damagedSamples: Int? = nil, waitingShare: Double? = nil, otherKernels: [String]? = nil
    ) {
        self.testAccuracy = testAccuracy
        self.testTop5Accuracy = testTop5Accuracy
        self.weightsSHA256 = weightsSHA256
        self.wallSeconds = wallSeconds
        self.recipe = recipe
        self.model = model
        self.dataset = dataset
        labels = labelNames.count
        self.labelNames = labelNames
        self.labelDraw = labelDraw
        self.threshold = threshold
        self.headPool = headPool
        self.layers = layers
        self.claims = claims
        self.damagedSamples = damagedSamples
        self.waitingShare = waitingShare
        self.otherKernels = otherKernels
        bitReproducible = otherKernels.map(\.isEmpty)
    }

    private enum CodingKeys: String, CodingKey {
        case testAccuracy = "test_accuracy"
        case testTop5Accuracy = "test_top5_accuracy"
        case weightsSHA256 = "weights_sha256"
        case wallSeconds = "wall_seconds"
        case recipe, model, dataset, labels
        case labelNames = "label_names"
        case labelDraw = "label_draw"
        case threshold
        case headPool = "head_pool"
        case layers, claims
        case damagedSamples = "damaged_samples"
        case waitingShare = "waiting_share"
        case bitReproducible = "bit_reproducible"
        case otherKernels = "other_kernels"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(testAccuracy, forKey: .testAccuracy)
        try container.encode(testTop5Accuracy, forKey: .testTop5Accuracy)
        try container.encode(weightsSHA256, forKey: .weightsSHA256)
        try container.encode(wallSeconds, forKey: .wallSeconds)
        try container.encode(recipe, forKey: .recipe)
        try container.encode(model, forKey: .model)
        try container.encode(dataset, forKey: .dataset)
        try container.encode(labels, forKey: .labels)
        try container.encode(labelNames, forKey: .labelNames)
        try container.encode(labelDraw, forKey: .labelDraw)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(headPool, forKey: .headPool)
        try container.encode(layers, forKey: .layers)
        try container.encode(claims, forKey: .claims)
        try container.encode(damagedSamples, forKey: .damagedSamples)
        try container.encode(waitingShare, forKey: .waitingShare)
        try container.encode(bitReproducible, forKey: .bitReproducible)
        try container.encode(otherKernels, forKey: .otherKernels)
    }

    /// Reads a summary that `ResultFiles` wrote.
    public static func load(path: String) throws(Problem) -> RunSummary {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw Problem("cannot be read", at: path, remedy: "name a run directory whose analysis is finished")
        }
        do { return try JSONDecoder().decode(RunSummary.self, from: data) } catch {
            throw Problem("is not a run's summary: \(error)", at: path, remedy: "analyse the run again")
        }
    }
}
