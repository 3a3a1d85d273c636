/// The recipes that come with the program. They are values, not files, so that the one executable works anywhere.
public enum ShippedRecipes {
    public static let all: [Recipe] = [fashionDemo, fashionSmoke]

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
        recipe.training.epochs = 3
        recipe.training.decayEvery = 1
        recipe.training.decayFactor = 0.4
        recipe.training.translation = 2
        recipe.heads.epochs = 1
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
