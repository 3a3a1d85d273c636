import Diagnostics
import Mechanism
import Networks
import Recipes
import Reporting

/// What a recipe prunes (`method.md`, phase 5), and the masks of each method.
struct PrunePlan {
    /// A layer to be pruned, and where in the list of heads the clusters of its two sides stand.
    private struct Part {
        let layer: PrunableLayer
        let before: Int
        /// Nil for the classifier, whose outputs are labels.
        let own: Int?
    }

    private let parts: [Part]
    private let labels: Int
    private let seed: UInt64
    var layers: [PrunableLayer] { parts.map(\.layer) }

    /// Nil where the recipe prunes nothing.
    /// - Throws: a `Problem` where it cannot be pruned so, or a layer has no head to know its clusters by.
    init?(_ recipe: Recipe, network: Network, headSet: HeadSet) throws(Problem) {
        let prune = recipe.prune
        guard prune.classifier || prune.firstConvolution > 0 else { return nil }
        let names = network.taps.map(\.name)
        guard !names.isEmpty else {
            throw Problem(
                "pruning goes by what filters know, and \(network.specification.name) has none", at: "recipe \(recipe.name), \"prune\"",
                remedy: "leave prune out")
        }
        func head(_ tap: Int) throws(Problem) -> Int {
            guard let place = headSet.heads.firstIndex(where: { $0.layer == names[tap] }) else {
                throw Problem(
                    "pruning needs the clusters of \(names[tap]), which has no head", at: "recipe \(recipe.name), \"heads.layers\"",
                    remedy: "give it one, or prune fewer layers")
            }
            return place
        }
        var parts: [Part] = []
        if prune.firstConvolution > 0 {
            guard network.hasPrunableConvolutions else {
                throw Problem(
                    "convolutions of \(network.specification.name) cannot be pruned: clusters are known of its stages' filters, not of "
                        + "those inside its blocks",
                    at: "recipe \(recipe.name), \"prune.firstConvolution\"", remedy: "set it to 0; the classifier can be pruned")
            }
            guard prune.firstConvolution >= 2, prune.firstConvolution <= names.count else {
                throw Problem(
                    "\"prune.firstConvolution\" is \(prune.firstConvolution)", at: "recipe \(recipe.name)",
                    remedy: "take 2 to \(names.count), for before the first convolution there are no filters; or 0 for none")
            }
            for index in prune.firstConvolution - 1..<names.count {
                parts.append(Part(layer: network.prunableConvolution(index), before: try head(index - 1), own: try head(index)))
            }
        }
        if prune.classifier {
            guard let classifier = network.prunableClassifier else {
                throw Problem(
                    "the mlp classifier cannot be pruned: clusters are known of filters, not of its hidden units",
                    at: "recipe \(recipe.name), \"prune.classifier\"", remedy: "set it to false, or take the linear classifier")
            }
            parts.append(Part(layer: classifier, before: try head(names.count - 1), own: nil))
        }
        self.parts = parts
        labels = headSet.labels
        seed = recipe.seed
    }

    /// One mask for each layer.
    /// - Parameter clusters: of each head's filters.
    func masks(_ method: PruneDocument.Method, clusters: [LayerClusters], magnitudes: [[Float]]) -> [ConnectionMask] {
        let found = masks(clusters)
        switch method {
        case .clusters: return found
        case .random:
            let random = clusters.enumerated().map { randomClusters(like: $1, labels: labels, seed: seed, minor: $0) }
            return zip(masks(random), found).enumerated().map { $1.0.adjusted(to: $1.1.keptCount, seed: seed, minor: $0) }
        case .magnitude:
            return zip(found, magnitudes).map {
                ConnectionMask.largest($0.keptCount, of: $1, outputs: $0.outputs, inputs: $0.inputs)
            }
        }
    }

    private func masks(_ clusters: [LayerClusters]) -> [ConnectionMask] {
        parts.map { part in
            part.own.map { .convolution(before: clusters[part.before], own: clusters[$0]) }
                ?? .classifier(clusters: clusters[part.before], labels: labels)
        }
    }
}
