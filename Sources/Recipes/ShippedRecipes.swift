/// The recipes that come with the program. They are values, not files, so that the one executable works anywhere.
public enum ShippedRecipes {
    public static let all: [Recipe] = [
        fashionDemo, fashionSmoke, tinyImageNet, efficientNetTinyImageNet, cifar10, cifar100, efficientNetImageNet,
        fashionSweep, tinyImageNetSweep, cifar100Sweep, imageNetSweep, tinyImageNetPruning,
    ]

    public static var names: [String] { all.map(\.name) }

    public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }

    /// The main job of `Scripts/demo`: minutes on a laptop.
    static let fashionDemo: Recipe = {
        var recipe = Recipe()
        recipe.name = "fashion-demo"
        recipe.description = "VGG-11 of width 16 on Fashion-MNIST with a head on each layer; minutes on a laptop."
        recipe.dataset = "fashion-mnist"
        recipe.model.name = "vgg11"
        recipe.model.width = 16
        // Two and a half epochs; the rate halves four times, so that the last steps are small.
        recipe.training.epochs = 3
        recipe.training.maxSteps = 1500
        recipe.training.learningRate = 0.05
        recipe.training.momentum = 0.9
        recipe.training.weightDecay = 5e-4
        recipe.training.decayFactor = 0.5
        recipe.training.decayEvery = 300
        recipe.training.decayUnit = .steps
        recipe.training.translation = 0
        recipe.heads.epochs = 1
        recipe.heads.maxSteps = 400
        recipe.heads.decayFactor = 0.6
        recipe.heads.decayEvery = 50
        recipe.heads.decayUnit = .steps
        recipe.heads.augment = false
        return recipe
    }()

    /// Every phase in seconds, on few samples: to try an installation, and for tests.
    static let fashionSmoke: Recipe = {
        var recipe = Recipe()
        recipe.name = "fashion-smoke"
        recipe.description = "Every phase on 2,000 images of Fashion-MNIST with VGG-11 of width 4; seconds, for trials and tests."
        recipe.dataset = "fashion-mnist?train=2000&test=500"
        recipe.model.name = "vgg11"
        recipe.model.width = 4
        recipe.training.epochs = 1
        recipe.training.translation = 2
        recipe.heads.epochs = 1
        recipe.heads.augment = false
        recipe.checkpoints.everySteps = 10
        return recipe
    }()
}
