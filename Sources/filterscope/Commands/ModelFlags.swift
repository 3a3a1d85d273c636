import Networks
import Recipes
import Runtime

/// The flags that say which network is meant: `--model vgg16 --width 64 --classifier linear --size 32`.
enum ModelFlags {
    static let model = CommandOption.choice(
        "model", "M", ModelSpecification.knownNames, "the network: " + ModelSpecification.knownNames.joined(separator: ", "))
    static let width = CommandOption.integer("width", "W", 1...1024, "filters of the first convolution; told from the weights, or 64, unless given")
    static let classifier = CommandOption.choice(
        "classifier", "KIND", ModelSpecification.Classifier.allCases.map(\.rawValue),
        "linear, or mlp as torchvision's; told from the weights, or by the size, unless given")
    static let size = CommandOption.integer("size", "PIXELS", 32...4096, "height and width of the input; for a VGG a multiple of 32")

    /// Where there are no weights to tell it.
    static let plain = CommandFlag("no-batch-norm", "the network without batch norm, as torchvision's vgg11 and vgg16")

    static let all: [any OptionDeclaration] = [model, width, classifier, size]

    /// - Parameter defaultName: the model where `--model` is not given; nil demands it.
    static func options(_ arguments: ParsedArguments, defaultName: String? = nil) throws(UsageError) -> ModelOptions {
        let name = if let defaultName { arguments.value(model) ?? defaultName } else { try arguments.required(model) }
        return ModelOptions(
            name: name, width: arguments.value(width),
            classifier: arguments.value(classifier).flatMap(Recipe.Classifier.init(rawValue:)), inputSize: arguments.value(size),
            batchNorm: !arguments.has(plain))
    }
}
