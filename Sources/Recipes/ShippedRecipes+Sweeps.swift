// Phase 4: the same network at several numbers of labels. Steps per epoch fall with K, so that a cap on steps with epochs enough to
// reach it, rather than a number of epochs, is what gives few labels as much training as many.
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

    /// VGG-16 on ImageNet at 224 pixels, K up to all thousand labels: for a cluster of machines, or weeks of one with many cores.
    static let imageNetSweep: Recipe = {
        var recipe = cifar100
        recipe.name = "labels-sweep-imagenet"
        recipe.description = "VGG-16 on 3 to 1,000 labels of ImageNet at 224 pixels; weeks. --dataset imagenet:DIR says where it lies."
        recipe.dataset = "imagenet"
        recipe.damaged = .skip
        recipe.model.inputSize = 224
        recipe.model.classifier = .mlp
        // 90 passes at K = 1,000 (12,812 steps each), and at least 3,500 steps of batches of 100 at K = 3.
        recipe.training.learningRate = 0.01
        recipe.training.momentum = 0.9
        recipe.training.weightDecay = 5e-4
        recipe.training.schedule = .oneCycle
        recipe.training.epochs = 90
        recipe.training.cropLeastArea = 0.08
        recipe.training.translation = 0
        recipe.training.evaluateEvery = 10
        recipe.heads.epochs = 20
        recipe.heads.maxSteps = 50_000
        recipe.heads.schedule = .oneCycle
        recipe.heads.augment = false
        recipe.checkpoints.everySteps = 1000
        recipe.sweep.labels = [3, 10, 30, 100, 300, 1000]
        recipe.sweep.seeds = 3
        recipe.sweep.seedsUpTo = 30
        return recipe
    }()

    /// Photographs, in an hour or so on two cores. The network of K = 100 is that of `tiny-imagenet`, whose 14 epochs are 7,000 steps:
    /// 10 labels and more take as many, 5 take 3,500 and 3 take 2,100, 140 epochs.
    static let tinyImageNetSweep: Recipe = {
        var recipe = tinyImageNet
        recipe.name = "labels-sweep-tiny-imagenet"
        recipe.description = "VGG-16 of width 16 on 3 to 100 labels of Tiny ImageNet; --dataset tiny-imagenet:DIR-or-TAR says where it lies."
        recipe.training.epochs = 140
        recipe.training.maxSteps = 7000
        recipe.training.evaluateEvery = 20
        recipe.heads.epochs = 67
        recipe.heads.maxSteps = 1000
        recipe.sweep.labels = [3, 5, 10, 20, 50, 100]
        recipe.sweep.seeds = 3
        recipe.sweep.seedsUpTo = 20
        return recipe
    }()

    /// Minutes, with what the demo needs: 1,500 steps of training and 400 of the head at every K.
    static let fashionSweep: Recipe = {
        var recipe = fashionDemo
        recipe.name = "labels-sweep-fashion"
        recipe.description = "VGG-11 of width 16 on 3, 5, 7 and 10 labels of Fashion-MNIST, five draws of each; minutes on a laptop."
        recipe.training.epochs = 9
        recipe.heads.epochs = 3
        recipe.sweep.labels = [3, 5, 7, 10]
        recipe.sweep.seeds = 5
        return recipe
    }()
}
