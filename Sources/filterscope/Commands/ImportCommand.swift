import Foundation
import Networks
import RunStore
import Runtime

/// `filterscope import`: a weight file from elsewhere under our names, which are torchvision's.
enum ImportCommand {
    private static let from = CommandOption.choice(
        "from", "NAMES", WeightConvention.allCases.map(\.rawValue), "how the tensors of IN are named; told from the names unless given")

    static let description = CommandDescription(
        name: "import", summary: "write a network's weights from elsewhere under torchvision's names",
        positionals: [
            Positional("IN", "a safetensors file with the names of torchvision, timm, layerN.0/layerN.1 or a mapping"),
            Positional("OUT", "the safetensors file to write"),
        ],
        options: [ConversionFlags.model, from, ConversionFlags.map, SharedOptions.quiet],
        example: "filterscope import efficientnet_b0-timm.safetensors weights.safetensors",
        notes: ConversionFlags.notes
    ) { arguments in
        try convertWeights(ConversionOptions(
            input: arguments.positionals[0], output: arguments.positionals[1], model: arguments.value(ConversionFlags.model),
            from: arguments.value(from).flatMap(WeightConvention.init(rawValue:)), inputMapping: arguments.value(ConversionFlags.map),
            verbosity: try SharedOptions.verbosity(arguments)))
    }
}

/// `filterscope export`: a network of ours under another convention's names.
enum ExportCommand {
    private static let to = CommandOption.choice(
        "to", "NAMES", WeightConvention.allCases.map(\.rawValue), "how the tensors of OUT are named; torchvision unless given")

    static let description = CommandDescription(
        name: "export", summary: "write a network's weights for PyTorch: torchvision, timm or other names",
        positionals: [
            Positional("IN", "a safetensors file of weights, or the directory of a run"),
            Positional("OUT", "the safetensors file to write"),
        ],
        options: [ConversionFlags.model, to, ConversionFlags.map, SharedOptions.quiet],
        example: "filterscope export runs/mine weights-timm.safetensors --to timm",
        notes: ConversionFlags.notes
    ) { arguments in
        try convertWeights(ConversionOptions(
            input: try weights(arguments.positionals[0]), output: arguments.positionals[1],
            model: arguments.value(ConversionFlags.model),
            to: arguments.value(to).flatMap(WeightConvention.init(rawValue:)) ?? .torchvision,
            outputMapping: arguments.value(ConversionFlags.map), verbosity: try SharedOptions.verbosity(arguments)))
    }

    /// A run's network where a directory is named.
    private static func weights(_ path: String) throws -> String {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else { return path }
        return try RunDirectory.open(path: path).file("checkpoints/network.safetensors")
    }
}

/// What both commands take.
private enum ConversionFlags {
    static let model = CommandOption.choice(
        "model", "M", ModelSpecification.knownNames, "the network that IN should hold; told from its tensors unless given")
    static let map = CommandOption.text("map", "FILE.json", "names that differ from the convention's: {\"torchvision's\": \"the file's\", ...}")

    static let notes = [
        "The numbers stay as they are, in half, single or double precision; only names change. In a mapping {x} in both names stands",
        "for any piece without a dot: {\"features.0.{part}\": \"stem.{part}\"}. A prefix that all names of IN have (module., model.,",
        "_orig_mod., state_dict.) is left out. docs/weights.md has the names of every convention.",
    ]
}
