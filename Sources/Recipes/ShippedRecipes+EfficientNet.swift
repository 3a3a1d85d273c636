extension ShippedRecipes {
    /// Photographs of a hundred labels at their own size, in about half an hour on two cores. Where they lie is said with `--dataset`.
    static let efficientNetTinyImageNet: Recipe = {
        var recipe = Recipe()
        recipe.name = "efficientnet-tiny-imagenet"
        recipe.description = "EfficientNet-B0 on Tiny ImageNet at 64 pixels; --dataset tiny-imagenet:DIR-or-TAR says where it lies."
        recipe.dataset = "tiny-imagenet"
        recipe.model = efficientNet(inputSize: 64)
        // Too few epochs for a network that is left out in part.
        recipe.model.stochasticDepth = 0
        recipe.training.epochs = 6
        recipe.training.optimizer = .adamw
        recipe.training.learningRate = 0.0015
        recipe.training.weightDecay = 0.05
        recipe.training.decayNormAndBias = false
        recipe.training.schedule = .oneCycle
        recipe.training.labelSmoothing = 0.1
        recipe.heads.epochs = 2
        recipe.heads.decayFactor = 0.6
        recipe.heads.decayEvery = 100
        recipe.heads.decayUnit = .steps
        recipe.heads.augment = false
        return recipe
    }()

    /// The EfficientNet paper's training (Tan and Le 2019, section 5.2): RMSprop with decay and momentum 0.9, weight decay 1e-5, a
    /// rate of 0.256 for 4,096 images a step, so 0.016 for 256, times 0.97 every 2.4 epochs, a warm-up of five epochs, running
    /// averages of the weights, smoothed labels. Weeks of one machine; for many.
    static let efficientNetImageNet: Recipe = {
        var recipe = Recipe()
        recipe.name = "efficientnet-b0-imagenet"
        recipe.description = "EfficientNet-B0 on ImageNet with its paper's settings; --dataset 'imagenet:DIR?normalize=imagenet' says where it lies."
        recipe.dataset = "imagenet?normalize=imagenet"
        recipe.damaged = .skip
        recipe.model = efficientNet(inputSize: 224)
        recipe.training.epochs = 350
        recipe.training.batchSize = 256
        recipe.training.shardSize = 16
        recipe.training.optimizer = .rmsprop
        recipe.training.learningRate = 0.016
        recipe.training.momentum = 0.9
        recipe.training.rmsDecay = 0.9
        recipe.training.epsilon = 1e-3
        recipe.training.weightDecay = 1e-5
        recipe.training.decayNormAndBias = false
        recipe.training.schedule = .stepDecay
        recipe.training.decayFactor = 0.97
        // 2.4 epochs of 5,005 steps.
        recipe.training.decayEvery = 12_012
        recipe.training.decayUnit = .steps
        recipe.training.warmup = 5
        recipe.training.labelSmoothing = 0.1
        recipe.training.averageDecay = 0.9999
        recipe.training.translation = 0
        recipe.training.cropLeastArea = 0.08
        recipe.training.evaluateEvery = 10
        recipe.heads.epochs = 20
        recipe.heads.maxSteps = 50_000
        recipe.heads.schedule = .oneCycle
        recipe.heads.headPool = 7
        recipe.heads.augment = false
        recipe.checkpoints.everySteps = 1000
        return recipe
    }()

    private static func efficientNet(inputSize: Int) -> Recipe.Model {
        var model = Recipe.Model()
        model.name = Recipe.Model.efficientNet
        model.inputSize = inputSize
        model.dropout = 0.2
        return model
    }
}
