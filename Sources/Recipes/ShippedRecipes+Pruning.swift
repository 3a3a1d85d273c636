// Phase 5: what a trained network can do without.
extension ShippedRecipes {
    /// The classifier and the last three convolutions, at three thresholds, with both baselines.
    static let tinyImageNetPruning: Recipe = {
        var recipe = tinyImageNet
        recipe.name = "prune-tiny-imagenet"
        recipe.description = "tiny-imagenet, then AFCC on the classifier and the last three convolutions beside both baselines."
        recipe.analysis.thresholds = [0.1, 0.2, 0.4, 0.5, 0.6]
        recipe.prune.classifier = true
        recipe.prune.firstConvolution = 11
        recipe.prune.thresholds = [0.3, 0.5]
        recipe.prune.epochs = 2
        return recipe
    }()
}
