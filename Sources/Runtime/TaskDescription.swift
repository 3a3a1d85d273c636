import Datasets
import Diagnostics
import Foundation
import Networks
import Tensors

/// What a worker must know to compute any unit of a run. It travels in the welcome, as JSON.
struct TaskDescription: Codable, Sendable, Hashable {
    var model: ModelSpecification
    var preprocessing: Preprocessing
    /// Samples in a full shard of training, and of head training.
    var trainingShardSize: Int
    /// Samples in a full shard of a survey or an evaluation.
    var surveyShardSize: Int
    /// K of the heads and of the samples' labels; the network's own may be another.
    var labels: Int
    /// Heads average-pool larger maps to this size first; nil: never.
    var headPool: Int?
    /// The layers that have a head; nil: all.
    var headLayers: [String]?
    /// The share of every label that the network's training spreads over all of them; nil: none.
    var labelSmoothing: Double?

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    static func decoded(from text: String) throws(Problem) -> TaskDescription {
        let remedy = "run coordinator and worker from the same version"
        do {
            let task = try JSONDecoder().decode(TaskDescription.self, from: Data(text.utf8))
            // Unlike in a message's header nothing may be passed over: what is not known may change what is to be computed.
            if let unknown = try Self.unknownField(of: Data(text.utf8), knowing: Data(try task.encoded().utf8)) {
                throw Problem("the coordinator's task says \"\(unknown)\", which this worker does not know: this worker is too old", remedy: remedy)
            }
            return task
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem("the coordinator's task cannot be read: \(error)", remedy: remedy)
        }
    }

    /// The first field, by its path, that stands in one JSON object and not in the other.
    private static func unknownField(of text: Data, knowing known: Data) throws -> String? {
        func first(_ value: Any, _ known: Any?, _ path: String) -> String? {
            guard let members = value as? [String: Any] else { return nil }
            let others = known as? [String: Any] ?? [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key }) where !(member is NSNull) {
                let place = path.isEmpty ? name : "\(path).\(name)"
                guard let other = others[name] else { return place }
                if let inner = first(member, other, place) { return inner }
            }
            return nil
        }
        return first(try JSONSerialization.jsonObject(with: text), try JSONSerialization.jsonObject(with: known), "")
    }
}

extension TaskDescription {
    /// The layout of each parameter set; a set travels as one flat vector.
    func parameterLayouts() throws(Problem) -> [String: TensorLayout] {
        let network = try Network(model)
        return [
            ParameterSet.network: network.parameterLayout, ParameterSet.statistics: network.statisticsLayout,
            ParameterSet.heads: try headSet(of: network).layout,
        ]
    }

    func headSet(of network: Network) throws(Problem) -> HeadSet {
        try HeadSet(network, labels: labels, headPool: headPool, layers: headLayers)
    }

    /// Whether the network's own outputs can be compared with the samples' labels.
    var judgesNetwork: Bool { model.labels == labels }
}

/// The names of the parameter sets that travel.
enum ParameterSet {
    /// Weights, biases, batch-norm scales and shifts of the network.
    static let network = "network"
    /// Running means and variances of batch norm.
    static let statistics = "statistics"
    /// One head per layer.
    static let heads = "heads"
}

/// The names of what a unit's result carries.
enum Figure {
    static let samples = "samples"
    /// Lane time of the frozen network's forward passes. It is for reports of speed and reaches no result.
    static let forwardSeconds = "seconds.forward"
    static let loss = "loss"
    static let correct = "correct"
    static let correctTop5 = "correct.top5"
    static func loss(of layer: String) -> String { "loss.\(layer)" }
    static func correct(of layer: String) -> String { "correct.\(layer)" }
    static func labelSums(of layer: String) -> String { "sums.\(layer)" }
    static let labelCounts = "counts"
    static let gradient = "gradient"
    static let batchStatistics = "statistics"
}
