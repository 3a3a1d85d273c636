import Foundation
import Networks
import Reporting
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

    private static let run = CommandOption.text("run", "DIR", "write the results of this finished run or sweep instead: its tables and figures")
    private static let out = CommandOption.text("out", "DIR", "with --run: the directory to write them to, as tables/ and figures/")
    private static let formats = CommandOption.choices(
        "formats", "F,F,...", ResultExport.Format.allCases.map(\.rawValue), "with --run: which files; all unless given")

    static let description = CommandDescription(
        name: "export", summary: "write a network's weights for PyTorch, or a run's tables and figures for other programs",
        positionals: [
            Positional("IN", "a safetensors file of weights, or the directory of a run", isOptional: true),
            Positional("OUT", "the safetensors file to write", isOptional: true),
        ],
        options: [ConversionFlags.model, to, ConversionFlags.map, run, out, formats, SharedOptions.quiet],
        example: "filterscope export runs/mine weights-timm.safetensors --to timm",
        notes: ConversionFlags.notes + [
            "Results: filterscope export --run runs/mine --out results --formats csv,pdf. Tables as CSV and JSON, figures as SVG, PNG and PDF,",
            "each figure with its numbers beside it as CSV. docs/reading.md says what is in them.",
        ]
    ) { arguments in
        if let path = arguments.value(run) { return try writeResults(of: path, arguments) }
        for option in [out.name, formats.name] where arguments.hasValue(option) {
            throw arguments.usageError("--\(option) needs --run", remedy: "name the run whose results are meant")
        }
        guard arguments.positionals.count == 2 else {
            let missing = arguments.command.positionals[arguments.positionals.count]
            throw arguments.usageError("\(missing.name) is missing", remedy: missing.help)
        }
        return try convertWeights(ConversionOptions(
            input: try weights(arguments.positionals[0]), output: arguments.positionals[1],
            model: arguments.value(ConversionFlags.model),
            to: arguments.value(to).flatMap(WeightConvention.init(rawValue:)) ?? .torchvision,
            outputMapping: arguments.value(ConversionFlags.map), verbosity: try SharedOptions.verbosity(arguments)))
    }

    private static func writeResults(of path: String, _ arguments: ParsedArguments) throws -> ExitCode {
        guard arguments.positionals.isEmpty, !arguments.hasValue(to.name), !arguments.hasValue(ConversionFlags.model.name),
            !arguments.hasValue(ConversionFlags.map.name)
        else {
            throw arguments.usageError("--run writes results, not weights", remedy: "leave out --run, or IN, OUT and what belongs to weights")
        }
        let target = try arguments.required(out)
        let names = arguments.value(formats) ?? ResultExport.Format.allCases.map(\.rawValue)
        let directory = try RunDirectory.open(path: path)
        // Says so where it is a sweep's that is not finished.
        _ = try finishedSweep(in: directory)
        let counts = try ResultExport(formats: names.compactMap(ResultExport.Format.init(rawValue:))).write(directory, to: target)
        StandardOutput.writeLine("\(target): \(counts.tables) tables, \(counts.figures) figures")
        return .done
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
