import Diagnostics
import Networks
import Runtime

/// `filterscope models`: the networks that can be built, or one of them layer by layer.
enum ModelsCommand {
    private static let labels = CommandOption.integer("labels", "K", 1...1_048_576, "labels, the outputs; 100 unless given")
    private static let channels = CommandOption.integer("channels", "C", 1...1024, "channels of the input; 3 unless given")

    static let description = CommandDescription(
        name: "models", summary: "list the networks, or one of them layer by layer",
        positionals: [Positional("NAME", "one network", isOptional: true, choices: ModelSpecification.knownNames)],
        options: [
            CommandOption.integer("width", "W", 1...1024, "filters of the first convolution; 64 unless given"),
            CommandOption.choice(
                "classifier", "KIND", ModelSpecification.Classifier.allCases.map(\.rawValue),
                "linear, or mlp as torchvision's; by the size unless given"),
            ModelFlags.size, ModelFlags.plain, channels, labels, SharedOptions.json,
        ],
        example: "filterscope models vgg16 --width 64 --labels 10"
    ) { arguments in
        let names = arguments.positionals.first.map { [$0] } ?? ModelSpecification.knownNames
        let models = try names.map { try ModelEntry(Network(specification($0, arguments))) }
        if arguments.has(SharedOptions.json) {
            StandardOutput.write(arguments.positionals.isEmpty ? try jsonText(models) : try jsonText(models[0]))
        } else {
            StandardOutput.write(arguments.positionals.isEmpty ? list(models) : models[0].text)
        }
        return .done
    }

    private static func specification(_ name: String, _ arguments: ParsedArguments) -> ModelSpecification {
        let size = arguments.value(ModelFlags.size) ?? 32
        let given = arguments.value(ModelFlags.classifier).flatMap(ModelSpecification.Classifier.init(rawValue:))
        return ModelSpecification(
            name: name, width: arguments.value(ModelFlags.width) ?? 64,
            classifier: given ?? ModelSpecification.usualClassifier(name, inputSize: size),
            batchNorm: !arguments.has(ModelFlags.plain), inputSize: size, inputChannels: arguments.value(channels) ?? 3,
            labels: arguments.value(labels) ?? 100)
    }

    private static func list(_ models: [ModelEntry]) -> String {
        var table = TextTable([
            ("model", .left), ("input", .left), ("classifier", .left), ("labels", .right), ("layers", .right), ("filters", .right),
            ("parameters", .right), ("multiply-adds", .right),
        ])
        for model in models {
            table.add([
                model.name, model.input, model.classifier, "\(model.labels)", "\(model.taps.count)",
                "\(model.filters)", "\(model.parameters)", "\(model.multiplyAdds)",
            ])
        }
        return table.text
    }
}

/// One network as the command shows it.
private struct ModelEntry: Encodable {
    struct Layer: Encodable {
        let layer: String
        let kind: String
        /// Of the output.
        let height: Int
        let width: Int
        let channels: Int
        let parameters: Int
        let multiplyAdds: Int
    }

    let name: String
    /// Filters of a VGG's first convolution.
    let width: Int?
    let classifier: String
    let inputSize: Int
    let inputChannels: Int
    let labels: Int
    let parameters: Int
    /// Per image, forward.
    let multiplyAdds: Int
    /// The layers that get a head, in order.
    let taps: [String]
    let layers: [Layer]

    var input: String { "\(inputSize)x\(inputSize)x\(inputChannels)" }
    /// Of all convolutions.
    var filters: Int { layers.filter { taps.contains($0.layer) }.reduce(0) { $0 + $1.channels } }

    init(_ network: Network) {
        let specification = network.specification
        name = specification.name
        width = specification.isVGG ? specification.width : nil
        classifier = specification.classifier.rawValue
        inputSize = specification.inputSize
        inputChannels = specification.inputChannels
        labels = specification.labels
        parameters = network.parameterCount
        multiplyAdds = network.multiplyAdds
        taps = network.taps.map(\.name)
        layers = network.layers.map { layer in
            Layer(
                layer: layer.name, kind: layer.kind, height: layer.height, width: layer.width, channels: layer.channels,
                parameters: layer.parameterCount, multiplyAdds: layer.multiplyAdds)
        }
    }

    var text: String {
        var table = TextTable([("layer", .left), ("what it is", .left), ("output", .left), ("parameters", .right), ("multiply-adds", .right)])
        for layer in layers {
            table.add([layer.layer, layer.kind, "\(layer.height)x\(layer.width)x\(layer.channels)", "\(layer.parameters)", "\(layer.multiplyAdds)"])
        }
        table.add(["all", "", "", "\(parameters)", "\(multiplyAdds)"])
        return "\(name), \(width.map { "width \($0), " } ?? "")input \(input), \(labels) labels; multiply-adds per image, forward\n\n\(table.text)"
    }
}
