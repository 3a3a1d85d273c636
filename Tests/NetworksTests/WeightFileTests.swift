import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

struct WeightFileTests {
    private let directory: TemporaryDirectory
    private let network: Network
    private let parameters: ParameterVector
    private let statistics: ParameterVector
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        network = try Network(ModelSpecification(name: "vgg11", width: 2, inputSize: 64, inputChannels: 3, labels: 5))
        parameters = network.initialParameters(seed: 1)
        statistics = network.initialStatistics()
        for (index, entry) in parameters.layout.entries.enumerated() where entry.name.hasSuffix(".bias") {
            parameters.buffer(entry).copy(from: randomFloats(entry.count, seed: UInt64(index)))
        }
        for (index, entry) in statistics.layout.entries.enumerated() {
            statistics.buffer(entry).copy(from: randomFloats(entry.count, seed: UInt64(1000 + index)))
        }
        path = directory.file("weights.safetensors")
        try network.saveWeights(parameters: parameters, statistics: statistics, path: path, batchesTracked: 12)
    }

    /// The saved file with changes, written again.
    private func rewritten(
        without left: Set<String> = [], renaming names: [String: String] = [:], reshaping shapes: [String: Shape] = [:],
        adding added: [(String, Shape)] = []
    ) throws -> String {
        let file = try SafetensorsFile(path: path)
        var writer = SafetensorsWriter()
        for entry in file.entries where !left.contains(entry.name) {
            let name = names[entry.name] ?? entry.name
            if let shape = shapes[entry.name] {
                writer.add(name, shape, [Float](repeating: 1, count: shape.count))
            } else {
                writer.add(name, entry.type, entry.shape, try file.rawBytes(entry.name))
            }
        }
        for (name, shape) in added { writer.add(name, shape, [Float](repeating: 1, count: shape.count)) }
        let path = directory.file("changed.safetensors")
        try writer.write(to: path)
        return path
    }

    private func loadingProblem(_ path: String, _ network: Network? = nil) -> Problem? {
        do throws(Problem) { _ = try (network ?? self.network).loadWeights(path: path) } catch { return error }
        return nil
    }

    @Test func comesBackBitForBit() throws {
        let loaded = try network.loadWeights(path: path)
        #expect(loaded.parameters.buffer.array == parameters.buffer.array)
        #expect(loaded.statistics.buffer.array == statistics.buffer.array)
        let again = directory.file("again.safetensors")
        let digest = try network.saveWeights(
            parameters: loaded.parameters, statistics: loaded.statistics, path: again, batchesTracked: 12)
        #expect(try digest == Digest.sha256(ofFile: path))
    }

    @Test func fileHasTorchvisionsNamesAndOrders() throws {
        let file = try SafetensorsFile(path: path)
        #expect(file["features.4.weight"]?.shape == [4, 2, 3, 3])
        #expect(file["classifier.weight"]?.shape == [5, 64])
        #expect(file["features.1.num_batches_tracked"]?.shape == [])
        #expect(file["features.1.num_batches_tracked"]?.type == .int64)
        #expect(try file.integers("features.26.num_batches_tracked") == [12])
        #expect(file.metadata["format"] == "pt")
        #expect(file.entries.count == parameters.layout.entries.count + statistics.layout.entries.count + 8)
        // Memory [kH, kW, Cin, Cout] = [3, 3, 2, 4], file [Cout, Cin, kH, kW].
        let (memory, stored) = (parameters.buffer("features.4.weight"), try file.floats("features.4.weight"))
        for (f, c, i, j) in [(0, 0, 0, 1), (3, 1, 2, 0), (1, 0, 1, 2)] {
            #expect(stored[((f * 2 + c) * 3 + i) * 3 + j] == memory[((i * 3 + j) * 2 + c) * 4 + f])
        }
        // Memory [out, row, column, channel] = [5, 2, 2, 16], file [out, channel, row, column].
        let (linear, storedLinear) = (parameters.buffer("classifier.weight"), try file.floats("classifier.weight"))
        for (o, i, j, c) in [(0, 0, 1, 0), (4, 1, 0, 15), (2, 1, 1, 7)] {
            #expect(storedLinear[o * 64 + (c * 2 + i) * 2 + j] == linear[o * 64 + (i * 2 + j) * 16 + c])
        }
    }

    @Test func missingAndSurplusTensorsAreNamed() throws {
        let renamed = try #require(loadingProblem(rewritten(renaming: ["features.4.weight": "features.4.wieght"])))
        #expect(renamed.what.hasPrefix("has no tensor \"features.4.weight\" [4, 2, 3, 3], which vgg11 (width 2"))
        #expect(renamed.remedy?.hasPrefix("did you mean its \"features.4.wieght\"?") == true)
        let missing = try #require(loadingProblem(rewritten(without: ["classifier.weight", "features.25.weight"])))
        #expect(missing.what.contains("\"features.25.weight\" [16, 16, 3, 3]") && missing.what.contains("and 1 more"))
        let surplus = try #require(loadingProblem(rewritten(adding: [("features.99.weight", [1])])))
        #expect(surplus.what.contains("has a tensor \"features.99.weight\""))
        #expect(surplus.remedy?.contains("\"features.9.weight\"") == true)
        // Counters are ignored, and may be missing, but not under any name.
        #expect(try loadingProblem(rewritten(without: ["features.1.num_batches_tracked"])) == nil)
        #expect(try loadingProblem(rewritten(adding: [("features.2.num_batches_tracked", [])])) != nil)
        #expect(try loadingProblem(rewritten(without: ["features.1.running_mean"])) != nil)
    }

    @Test func otherShapesAreNamed() throws {
        let problem = try #require(loadingProblem(rewritten(reshaping: ["features.4.weight": [4, 2, 5, 5]])))
        #expect(problem.what.contains("\"features.4.weight\" has shape [4, 2, 5, 5]"))
        #expect(problem.what.contains("expects [4, 2, 3, 3]"))
        #expect(problem.location == directory.file("changed.safetensors"))
        // As many elements in another order are another shape still.
        #expect(try loadingProblem(rewritten(reshaping: ["features.4.weight": [3, 3, 2, 4]])) != nil)
        let narrow = try Network(ModelSpecification(name: "vgg11", width: 2, inputSize: 32, inputChannels: 3, labels: 5))
        #expect(loadingProblem(path, narrow)?.what.contains("\"classifier.weight\" has shape [5, 64]") == true)
    }

    @Test func damagedAndForeignFilesAreRefused() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for length in [0, 7, 100, bytes.count - 1] {
            #expect(loadingProblem(try directory.write(bytes.prefix(length), to: "cut.safetensors")) != nil, "\(length) bytes")
        }
        #expect(loadingProblem(directory.file("absent.safetensors")) != nil)
        let zip = try directory.write(Data([0x50, 0x4B, 3, 4]) + Data(count: 60), to: "vgg11.pth")
        let refused = try #require(loadingProblem(zip))
        #expect(refused.what.contains("pickle"))
        #expect(refused.remedy?.contains("import torch, safetensors.torch; d = torch.load(\"\(zip)\"") == true)
        var writer = SafetensorsWriter()
        let file = try SafetensorsFile(path: path)
        for entry in file.entries where entry.name != "features.4.bias" {
            writer.add(entry.name, entry.type, entry.shape, try file.rawBytes(entry.name))
        }
        writer.add("features.4.bias", [4], [Int64](repeating: 1, count: 4))
        let integers = directory.file("integers.safetensors")
        try writer.write(to: integers)
        #expect(loadingProblem(integers)?.what.contains("holds I64") == true)
    }

    @Test func convolutionBiasesMayBeMissingInFrontOfBatchNormOnly() throws {
        let biases = Set(parameters.layout.entries.filter { $0.shape.count > 0 && $0.name.hasSuffix(".bias") }.map(\.name))
        let ofConvolutions = biases.filter { parameters.layout[$0.replacingOccurrences(of: ".bias", with: ".weight")]?.shape.rank == 4 }
        #expect(ofConvolutions.count == 8)
        let loaded = try network.loadWeights(path: rewritten(without: ofConvolutions)).parameters
        for name in ofConvolutions { #expect(loaded.buffer(name).array.allSatisfy { $0 == 0 }) }
        #expect(loaded.buffer("features.1.bias").array == parameters.buffer("features.1.bias").array)
        #expect(try loadingProblem(rewritten(without: ["features.1.bias"])) != nil)
        let plain = try Network(
            ModelSpecification(name: "vgg11", width: 2, batchNorm: false, inputChannels: 3, labels: 5))
        let plainPath = directory.file("plain.safetensors")
        try plain.saveWeights(parameters: plain.initialParameters(seed: 1), statistics: plain.initialStatistics(), path: plainPath)
        #expect(try SafetensorsFile(path: plainPath).entries.count == 18)
        #expect(loadingProblem(plainPath, plain) == nil)
        #expect(loadingProblem(plainPath) != nil)
    }

    @Test func aSpecificationAdaptsToTheFile() throws {
        let base = ModelSpecification(name: "vgg11", width: 2, inputSize: 64, inputChannels: 3, labels: 1000)
        let same = try base.adapted(to: SafetensorsFile(path: path))
        #expect(same == network.specification)
        #expect(try base.adapted(to: SafetensorsFile(path: path), labels: 8).labels == 8)
        let unbiased = try SafetensorsFile(path: rewritten(without: ["classifier.bias"]))
        let adapted = try base.adapted(to: unbiased)
        #expect(!adapted.classifierBias && adapted.batchNorm && adapted.labels == 5)
        let loaded = try Network(adapted).loadWeights(unbiased).parameters
        #expect(loaded.buffer("classifier.weight").array == parameters.buffer("classifier.weight").array)
        let plain = try Network(
            ModelSpecification(
                name: "vgg16", width: 1, classifier: .mlp, batchNorm: false, inputSize: 32, inputChannels: 1, labels: 3))
        let plainPath = directory.file("plain16.safetensors")
        try plain.saveWeights(parameters: plain.initialParameters(seed: 1), statistics: plain.initialStatistics(), path: plainPath)
        let plainFile = try SafetensorsFile(path: plainPath)
        let traits = WeightFileTraits(plainFile)
        #expect(traits.name == "vgg16" && traits.width == 1 && traits.inputChannels == 1 && traits.labels == 3)
        #expect(traits.batchNorm == false && traits.classifier == .mlp && traits.classifierBias == true)
        func refusal(_ change: (inout ModelSpecification) -> Void) -> String? {
            var specification = plain.specification
            change(&specification)
            do throws(Problem) { _ = try specification.adapted(to: plainFile) } catch { return error.remedy }
            return nil
        }
        #expect(refusal { $0.batchNorm = true } == nil)
        #expect(refusal { $0.name = "vgg11" } == "set name to vgg16")
        #expect(refusal { $0.width = 64 } == "set width to 1")
        #expect(refusal { $0.classifier = .linear } == "set classifier to mlp")
        #expect(refusal { $0.inputChannels = 3 } == "set inputChannels to 1")
    }

    @Test(arguments: [nil, 3] as [Int?])
    func headsComeBackBitForBit(headPool: Int?) throws {
        let heads = try HeadSet(network, labels: 7, headPool: headPool, layers: ["conv2", "conv3", "conv8"])
        let weights = heads.initialParameters(seed: 3)
        let path = directory.file("heads.safetensors")
        try heads.saveWeights(parameters: weights, path: path)
        let file = try SafetensorsFile(path: path)
        let found = try HeadSet(network, in: file)
        #expect(found.heads == heads.heads && found.labels == 7 && found.pool == headPool)
        let loaded = try found.loadWeights(path: path)
        #expect(loaded.buffer.array == weights.buffer.array)
        // Memory [K, row, column, channel], file [K, channel, row, column]; conv2 has 4 channels on 16×16, or 3×3 pooled.
        let side = headPool ?? 16
        #expect(file["head.conv2.weight"]?.shape == [7, 4 * side * side])
        let (memory, stored) = (weights.buffer("head.conv2.weight"), try file.floats("head.conv2.weight"))
        let inputs = 4 * side * side
        for (k, i, j, c) in [(0, 0, 1, 0), (6, 2, 1, 3), (3, 1, 0, 2)] {
            #expect(stored[k * inputs + (c * side + i) * side + j] == memory[k * inputs + (i * side + j) * 4 + c])
        }
    }

    @Test func wrongHeadFilesAreRefused() throws {
        #expect(throws: Problem.self) { try HeadSet(network, in: SafetensorsFile(path: path)) }
        var writer = SafetensorsWriter()
        writer.add("head.conv1.weight", [3, 2 * 7], [Float](repeating: 0, count: 42))
        let odd = directory.file("odd.safetensors")
        try writer.write(to: odd)
        #expect(throws: Problem.self) { try HeadSet(network, in: SafetensorsFile(path: odd)) }
        let heads = try HeadSet(network, labels: 7, headPool: 1)
        let unpooled = try HeadSet(network, labels: 7)
        let whole = directory.file("whole.safetensors")
        try unpooled.saveWeights(parameters: unpooled.initialParameters(seed: 1), path: whole)
        do throws(Problem) {
            _ = try heads.loadWeights(path: whole)
            Issue.record("whole heads were taken for pooled ones")
        } catch {
            #expect(error.what.contains("\"head.conv1.weight\" has shape [7, 2048]") && error.what.contains("expects [7, 2]"))
        }
    }
}
