import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// One file of known answers from PyTorch; Scripts/make-fixtures says what is in it.
struct Fixture {
    static let names = ["vgg11-linear", "vgg16-linear-without-bias", "vgg11-mlp", "vgg11-plain", "vgg16-plain-mlp"]

    let file: SafetensorsFile
    let network: Network
    let sampleCount: Int
    let directory: TemporaryDirectory

    init(_ name: String) throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        let file = try SafetensorsFile(path: folder.appendingPathComponent(name + ".safetensors").path)
        self.file = file
        (network, sampleCount) = try file.metadata["model.name"] == "efficientnet-b0" ? Self.efficientNet(file) : Self.vgg(file)
        directory = try TemporaryDirectory()
    }

    private static func vgg(_ file: SafetensorsFile) throws -> (Network, sampleCount: Int) {
        let images = try file.entry("images").shape
        func setting(_ key: String) throws -> String { try #require(file.metadata["model." + key]) }
        let specification = ModelSpecification(
            name: try setting("name"), width: try #require(Int(setting("width"))),
            classifier: try #require(ModelSpecification.Classifier(rawValue: setting("classifier"))),
            classifierBias: try setting("bias") == "true", batchNorm: try setting("batch_norm") == "true",
            inputSize: images[3], inputChannels: images[2], labels: try file.entry("step1/logits").shape[1], dropout: 0)
        return (try Network(specification), images[1])
    }

    private static func efficientNet(_ file: SafetensorsFile) throws -> (Network, sampleCount: Int) {
        let images = try file.entry("images").shape
        let channels = try #require(file.metadata["model.channels"]).split(separator: " ").compactMap { Int($0) }
        let specification = ModelSpecification(
            name: "efficientnet-b0", inputSize: images[2], inputChannels: images[1],
            labels: try file.entry("evaluation/logits").shape[1], dropout: 0, stochasticDepth: 0, channels: channels)
        return (try Network(specification), images[0])
    }

    func number(_ key: String) throws -> Double { try #require(file.metadata[key].flatMap(Double.init)) }

    /// What an answer may err by, relative to its largest magnitude. The file has the largest error of eight float32 runs of
    /// PyTorch's against float64. Ours is one more float32 run that sums in an order of its own, so its error comes from
    /// the same distribution; four times the largest of eight leaves room for its tail, and is still thousands of times
    /// below what any wrong term would do.
    func tolerance(_ what: String) throws -> Double { try 4 * number("gap." + what) }

    func floats(_ name: String) throws -> [Float] { try file.floats(name).array }

    /// A batch as lanes take it, [N, H, W, C].
    func images(batch: Int) throws -> [Float] {
        let (channels, size) = (network.specification.inputChannels, network.specification.inputSize)
        let pixels = try file.integers("images").map { Float($0) / 128 - 1 }
        let start = batch * sampleCount * channels * size * size
        var images: [Float] = []
        for sample in 0..<sampleCount {
            for position in 0..<size * size {
                for channel in 0..<channels {
                    images.append(pixels[start + (sample * channels + channel) * size * size + position])
                }
            }
        }
        return images
    }

    func labels(batch: Int) throws -> [Int32] {
        try file.integers("labels")[batch * sampleCount..<(batch + 1) * sampleCount].map { Int32($0) }
    }

    /// A map [N, C, H, W] of the file as lanes have it, [N, H, W, C].
    func channelsLast(_ name: String) throws -> [Float] {
        let shape = try file.entry(name).shape
        let (channels, positions) = (shape[1], shape[2] * shape[3])
        let values = try floats(name)
        return (0..<shape[0]).flatMap { sample in
            (0..<positions).flatMap { position in
                (0..<channels).map { values[(sample * channels + $0) * positions + position] }
            }
        }
    }

    /// Weights and running statistics before training, by way of a weight file as PyTorch would write it.
    func initial() throws -> (parameters: ParameterVector, statistics: ParameterVector) {
        var writer = SafetensorsWriter()
        for entry in file.entries where entry.name.hasPrefix("initial/") {
            writer.add(String(entry.name.dropFirst("initial/".count)), entry.type, entry.shape, try file.rawBytes(entry.name))
        }
        let path = directory.file("initial.safetensors")
        try writer.write(to: path)
        return try network.loadWeights(path: path)
    }

    /// The weights before training, by way of a weight file as PyTorch would write it.
    func initialParameters() throws -> ParameterVector {
        var writer = SafetensorsWriter()
        for entry in file.entries where entry.name.hasPrefix("initial/") {
            writer.add(String(entry.name.dropFirst("initial/".count)), entry.type, entry.shape, try file.rawBytes(entry.name))
        }
        for entry in network.statisticsLayout.entries { writer.add(entry.name, entry.shape, [Float](repeating: 1, count: entry.count)) }
        let path = directory.file("initial.safetensors")
        try writer.write(to: path)
        return try network.loadWeights(path: path).parameters
    }

    /// Tensors in the order that PyTorch has them, by way of a weight file.
    func inFileOrder(_ parameters: ParameterVector, _ statistics: ParameterVector) throws -> SafetensorsFile {
        let path = directory.file("answers.safetensors")
        try network.saveWeights(parameters: parameters, statistics: statistics, path: path)
        return try SafetensorsFile(path: path)
    }

    /// Compares every gradient by name.
    func expectGradients(_ gradients: ParameterVector, _ step: String, _ what: String) throws {
        let actual = try inFileOrder(gradients, network.initialStatistics())
        for entry in network.parameterLayout.entries {
            let name = "\(step)/gradient/\(entry.name)"
            let expected = try floats(name)
            var scale = magnitude(expected)
            // A convolution's bias in front of a batch norm has no gradient but rounding: see Scripts/make-fixtures.
            let weights = name.replacingOccurrences(of: ".bias", with: ".weight")
            if entry.name.hasSuffix(".bias"), try file.entry(weights).shape.rank == 4 {
                scale = max(scale, magnitude(try floats(weights)))
            }
            let difference = zip(try actual.floats(entry.name).array, expected).map { abs(Double($0) - Double($1)) }.max() ?? .infinity
            let tolerance = try tolerance(what)
            #expect(difference / scale <= tolerance, "\(name): relative error \(difference / scale)")
        }
    }

    private func magnitude(_ values: [Float]) -> Double { values.reduce(0) { max($0, abs(Double($1))) } }
}
