extension ShippedRecipes {
    /// Photographs of a hundred labels, in minutes. Where they lie is said with `--dataset`.
    static let tinyImageNet: Recipe = {
        var recipe = Recipe()
        recipe.name = "tiny-imagenet"
        recipe.description = "VGG-16 of width 16 on Tiny ImageNet at 32 pixels; --dataset tiny-imagenet:DIR-or-TAR says where it lies."
        recipe.dataset = "tiny-imagenet"
        recipe.model.name = "vgg16"
        recipe.model.width = 16
        recipe.training.epochs = 14
        recipe.training.learningRate = 0.1
        recipe.training.momentum = 0.9
        recipe.training.weightDecay = 5e-4
        recipe.training.schedule = .oneCycle
        recipe.heads.epochs = 2
        recipe.heads.decayFactor = 0.6
        recipe.heads.decayEvery = 100
        recipe.heads.decayUnit = .steps
        recipe.heads.augment = false
        return recipe
    }()
}
