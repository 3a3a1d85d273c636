import Datasets
import Diagnostics
import Recipes

/// The runs of a sweep (`method.md`, phase 4): the recipe once for each number of labels and seed.
struct SweepPlan {
    struct Point: Hashable {
        let labels: Int
        let seed: Int
        let recipe: Recipe

        /// Three digits and more, so that listings stand in order.
        var name: String {
            let digits = String(labels)
            return "labels-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + "-seed-\(seed)"
        }
        /// From the sweep's directory.
        var directory: String { "points/\(name)" }
        var recipeFile: String { "points/\(name).json" }
    }

    /// By labels, then seed.
    let points: [Point]

    /// - Parameter available: the labels that the data set has.
    /// - Throws: a `Problem` where the recipe has no sweep, asks for more labels than there are, or draws labels itself.
    init(_ recipe: Recipe, available: Int) throws(Problem) {
        guard !recipe.sweep.labels.isEmpty else {
            throw Problem(
                "\"sweep.labels\" is empty: the recipe has no sweep", at: "recipe \(recipe.name)",
                remedy: "give the numbers of labels with --labels 3,5,10, or in the recipe")
        }
        let specification = try recipe.datasetSpecification()
        guard specification.labels == nil else {
            throw Problem(
                "the data set's option labels= and the sweep both draw labels", at: "data set \"\(specification)\"",
                remedy: "leave labels= out; the sweep says how many")
        }
        if let greatest = recipe.sweep.labels.last, greatest > available {
            throw Problem(
                "\"sweep.labels\" asks for \(greatest) labels, and the data set has \(available)", at: "data set \"\(specification)\"",
                remedy: "take numbers from 2 to \(available)")
        }
        guard recipe.prune.firstConvolution == 0 else {
            throw Problem(
                "the recipe prunes convolutions, which needs heads on all of them, and a sweep's networks have one, on the last",
                at: "recipe \(recipe.name), \"prune.firstConvolution\"",
                remedy: "set it to 0, or prune a network of the sweep apart from it; prune.classifier can stay")
        }
        var points: [Point] = []
        for labels in recipe.sweep.labels {
            let single = recipe.sweep.seedsUpTo > 0 && labels > recipe.sweep.seedsUpTo
            for seed in 1...(single ? 1 : recipe.sweep.seeds) {
                var drawn = specification
                if labels < available {
                    drawn.labels = labels
                    drawn.seed = UInt64(seed)
                }
                var own = recipe
                own.dataset = drawn.description
                own.seed = recipe.seed &+ UInt64(seed - 1)
                own.heads.layers = "last"
                own.sweep = Recipe.Sweep()
                own.name = "\(recipe.name)-\(labels)-\(seed)"
                points.append(Point(labels: labels, seed: seed, recipe: own))
            }
        }
        self.points = points
    }
}
