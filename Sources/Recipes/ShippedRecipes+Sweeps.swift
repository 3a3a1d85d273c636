// Phase 4: the same network at several numbers of labels.
extension ShippedRecipes {
    /// The papers' network and training, K up to all of CIFAR-100.
    static let cifar100Sweep: Recipe = {
        var recipe = cifar100
        recipe.name = "labels-sweep-cifar100"
        recipe.description = "VGG-16 on 3 to 100 labels of CIFAR-100, the papers' settings; days. --dataset cifar100:DIR says where it lies."
        recipe.sweep.labels = [3, 5, 10, 20, 40, 60, 80, 100]
        recipe.sweep.seeds = 3
        recipe.sweep.seedsUpTo = 20
        return recipe
    }()

    /// Photographs, in an hour or so on two cores.
    static let tinyImageNetSweep: Recipe = {
        var recipe = tinyImageNet
        recipe.name = "labels-sweep-tiny-imagenet"
        recipe.description = "VGG-16 of width 16 on 3 to 100 labels of Tiny ImageNet; --dataset tiny-imagenet:DIR-or-TAR says where it lies."
        recipe.sweep.labels = [3, 5, 10, 20, 50, 100]
        recipe.sweep.seeds = 3
        recipe.sweep.seedsUpTo = 20
        return recipe
    }()

    /// Minutes, with what the demo needs.
    static let fashionSweep: Recipe = {
        var recipe = fashionDemo
        recipe.name = "labels-sweep-fashion"
        recipe.description = "VGG-11 of width 16 on 3, 5, 7 and 10 labels of Fashion-MNIST, five draws of each; minutes on a laptop."
        recipe.sweep.labels = [3, 5, 7, 10]
        recipe.sweep.seeds = 5
        return recipe
    }()
}
