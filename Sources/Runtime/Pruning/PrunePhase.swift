import Diagnostics
import Foundation
import Mechanism
import Networks
import Recipes
import Reporting
import RunStore
import Tensors

/// Phase 5 on the cluster: masks from clusters, retraining under each, and the two baselines alike. A network that is done
/// stands in the journal with its weights, so that a run that goes on takes only what is missing, and the one in hand from its last checkpoint.
struct PrunePhase {
    let plan: PrunePlan
    let recipe: Recipe
    let network: Network
    let directory: RunDirectory
    let journal: Journal

    var thresholds: [Double] { recipe.prune.thresholds.isEmpty ? [recipe.analysis.threshold] : recipe.prune.thresholds }
    private var methods: [PruneDocument.Method] { recipe.prune.baselines ? PruneDocument.Method.allCases : [.clusters] }

    /// - Parameters:
    ///   - accuracy: of the whole network, 0 to 1.
    ///   - clusters: of each head's filters, at a threshold.
    ///   - evaluate: a network's accuracy on the test split.
    ///   - retrain: trains a state under a mask; the name is the variant's.
    func run(
        _ state: TrainingState, accuracy: Double, clusters: (Double) throws -> [LayerClusters],
        evaluate: (TrainingState) throws -> Double, retrain: (TrainingState, _ mask: ParameterVector, _ name: String) throws -> Void
    ) throws -> PruneDocument {
        // What an earlier recipe pruned otherwise is no part of this one.
        let settings = recipe.pruneSettings
        if try journal.value(for: "prune_settings") != settings {
            try journal.removePrunings()
            try journal.removeMetrics(phase: RunPhase.prune.rawValue, from: 0)
            try journal.setValue(settings, for: "prune_settings")
        }
        var variants: [PruneDocument.Variant] = []
        for threshold in thresholds {
            var found: [LayerClusters]?
            for method in methods {
                if let done = try finished(method, threshold) {
                    variants.append(done)
                    continue
                }
                let known = try found ?? clusters(threshold)
                found = known
                let masks = plan.masks(method, clusters: known, magnitudes: plan.layers.map { $0.magnitudes(state.network) })
                variants.append(try prune(state, masks, method, threshold, accuracy: accuracy, evaluate: evaluate, retrain: retrain))
            }
        }
        let measurement = CompactMeasurement(network: network)
        for index in variants.indices {
            let weights = variants[index].weights
            variants[index].compact = try measurement.run(weights: directory.file(weights), mask: maskPath(weights))
        }
        let document = PruneDocument(
            recipe: recipe.name, model: network.specification.summary, dataset: recipe.dataset, accuracy: accuracy,
            parameters: network.parameterCount, multiplyAdds: network.multiplyAdds, variants: variants,
            claims: [claim(accuracy: accuracy, variants)])
        try document.write(resultsPath: directory.resultsPath)
        return document
    }

    private func prune(
        _ whole: TrainingState, _ masks: [ConnectionMask], _ method: PruneDocument.Method, _ threshold: Double, accuracy: Double,
        evaluate: (TrainingState) throws -> Double, retrain: (TrainingState, ParameterVector, String) throws -> Void
    ) throws -> PruneDocument.Variant {
        let state = TrainingState(continuing: whole, optimizer: recipe.prune.kernelOptimizer)
        let mask = ParameterVector(network.parameterLayout)
        mask.buffer.fill(1)
        for (layer, own) in zip(plan.layers, masks) {
            layer.cut(mask, kept: own.kept)
            state.network.rewrite { _ in layer.cut(state.network, kept: own.kept) }
        }
        let masked = try evaluate(state)
        try retrain(state, mask, "\(method.rawValue)-\(threshold)")
        let retrained = try evaluate(state)
        let file = "checkpoints/pruned-\(method.rawValue)-\(threshold)"
        let digest = try network.saveWeights(
            parameters: state.network, statistics: state.statistics, path: directory.file(file + ".safetensors"))
        try saveMask(masks, path: maskPath(file + ".safetensors"))
        let cut = zip(plan.layers, masks).map { ($0, $0.connections - $1.keptCount) }
        let layers = zip(plan.layers, masks).map { PruneDocument.Layer(layer: $0.name, connections: $0.connections, kept: $1.keptCount) }
        let variant = PruneDocument.Variant(
            method: method, threshold: threshold,
            density: Double(layers.reduce(0) { $0 + $1.kept }) / Double(layers.reduce(0) { $0 + $1.connections }), layers: layers,
            accuracyMasked: masked, accuracyRetrained: retrained,
            parametersKept: network.parameterCount - cut.reduce(0) { $0 + $1.1 * $1.0.weightsPerConnection },
            multiplyAddsKept: network.multiplyAdds - cut.reduce(0) { $0 + $1.1 * $1.0.multiplyAddsPerConnection },
            weights: file + ".safetensors", weightsSHA256: digest.hexadecimal)
        try journal.record(PruningRow(
            method: method.rawValue, threshold: threshold, density: variant.density, accuracyBefore: accuracy, accuracyMasked: masked,
            accuracyRetrained: retrained, parametersKept: variant.parametersKept, multiplyAddsKept: variant.multiplyAddsKept,
            weights: variant.weights, weightsSHA256: variant.weightsSHA256, layers: try PruneDocument.layersJSON(layers)))
        return variant
    }

    /// Beside the weights, which are given from the run directory.
    private func maskPath(_ weights: String) -> String {
        directory.file(weights.replacing(".safetensors", with: ".mask.safetensors"))
    }

    /// Connections kept of each layer, outputs × inputs, under the names of their weights.
    private func saveMask(_ masks: [ConnectionMask], path: String) throws(Problem) {
        var writer = SafetensorsWriter(metadata: ["axes": "output, input", "values": "1 kept, 0 cut"])
        for (layer, mask) in zip(plan.layers, masks) {
            writer.add(layer.tensor, [layer.outputs, layer.inputs], mask.kept.map { $0 ? 1 as Float : 0 })
        }
        try writer.write(to: path)
    }

    private func finished(_ method: PruneDocument.Method, _ threshold: Double) throws(Problem) -> PruneDocument.Variant? {
        guard let row = try journal.prunings().first(where: { $0.method == method.rawValue && $0.threshold == threshold }),
            FileManager.default.fileExists(atPath: directory.file(row.weights)),
            FileManager.default.fileExists(atPath: maskPath(row.weights)),
            // Files that somebody changed are none of this network's.
            try Digest.sha256(ofFile: directory.file(row.weights)).hexadecimal == row.weightsSHA256
        else { return nil }
        return PruneDocument.Variant(
            method: method, threshold: threshold, density: row.density, layers: try PruneDocument.layers(json: row.layers),
            accuracyMasked: row.accuracyMasked, accuracyRetrained: row.accuracyRetrained, parametersKept: row.parametersKept,
            multiplyAddsKept: row.multiplyAddsKept, weights: row.weights, weightsSHA256: row.weightsSHA256)
    }

    /// At the analysis's own threshold where that was pruned, else at the first.
    private func claim(accuracy: Double, _ variants: [PruneDocument.Variant]) -> Claim {
        let threshold = thresholds.contains(recipe.analysis.threshold) ? recipe.analysis.threshold : thresholds[0]
        let own = variants.filter { $0.threshold == threshold }
        guard let clusters = own.first(where: { $0.method == .clusters }) else { return .pruningNotTested }
        return .pruning(
            accuracy: accuracy, density: clusters.density, clusters: clusters.accuracyRetrained,
            baselines: own.filter { $0.method != .clusters }.map(\.accuracyRetrained),
            thresholds: PruningThresholds(loss: recipe.claims.pruningLoss, behindBaselines: recipe.claims.pruningBehindBaselines))
    }
}
