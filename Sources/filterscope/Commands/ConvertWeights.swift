import Diagnostics
import Networks
import Runtime
import Tensors

/// What `import` and `export` are asked for.
struct ConversionOptions {
    let input: String
    let output: String
    /// The network that the input should hold; nil for the one that it shows.
    let model: String?
    /// How the input's tensors are named; nil for what their names show.
    var from: WeightConvention?
    var to = WeightConvention.torchvision
    /// A JSON file of names that go before the input's convention.
    var inputMapping: String?
    /// The same for the output's.
    var outputMapping: String?
    let verbosity: Verbosity
}

/// Writes a file of weights again under the names of another convention.
func convertWeights(_ options: ConversionOptions) throws(Problem) -> ExitCode {
    let file = try SafetensorsFile(path: options.input)
    let inputMapping = try mapping(options.inputMapping)
    let outputMapping = try mapping(options.outputMapping)
    let weights = try NamedWeights(file, convention: options.from, mapping: inputMapping, model: options.model)
    if options.verbosity > .quiet {
        if !weights.strippedPrefix.isEmpty { StandardError.writeLine("left out \"\(weights.strippedPrefix)\", with which all names begin") }
        if let first = weights.missing.first {
            StandardError.writeLine(
                "\(options.input) lacks \(weights.missing.count) tensors that it may lack (\"\(first.name)\" …); they are written as zeros")
        }
    }
    let digest = try weights.write(to: options.output, convention: options.to, mapping: outputMapping)
    let source = weights.convention.rawValue + (inputMapping == nil ? "" : " and a mapping")
    let target = options.to.rawValue + (outputMapping == nil ? "" : " and a mapping")
    StandardOutput.writeLine(
        "\(weights.network.specification.summary), from the names of \(source) to those of \(target): "
            + "\(options.output), SHA-256 \(digest.hexadecimal)")
    return .done
}

private func mapping(_ path: String?) throws(Problem) -> WeightMapping? {
    guard let path else { return nil }
    return try WeightMapping(path: path)
}
