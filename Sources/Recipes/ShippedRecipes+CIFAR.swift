extension ShippedRecipes {
    /// The papers' training of VGG-16 on CIFAR-100, which is what a recipe's defaults are. Hours; for many machines.
    static let cifar100: Recipe = {
        var recipe = Recipe()
        recipe.name = "vgg16-cifar100"
        recipe.description = "VGG-16 on CIFAR-100 with the papers' settings; --dataset cifar100:DIR says where it lies."
        recipe.dataset = "cifar100"
        recipe.checkpoints.everySteps = 500
        return recipe
    }()

    /// The same on CIFAR-10.
    static let cifar10: Recipe = {
        var recipe = cifar100
        recipe.name = "vgg16-cifar10"
        recipe.description = "VGG-16 on CIFAR-10 with the papers' settings; --dataset cifar10:DIR says where it lies."
        recipe.dataset = "cifar10"
        return recipe
    }()
}
