import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// Weight files under the names of other conventions.
struct NamedWeightsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let networks = [
        ModelSpecification(name: "vgg11", width: 2, inputSize: 64, inputChannels: 3, labels: 5),
        ModelSpecification(name: "vgg16", width: 1, classifierBias: false, batchNorm: false, inputSize: 32, inputChannels: 1, labels: 4),
        ModelSpecification(name: "vgg16", width: 1, classifier: .mlp, inputSize: 224, inputChannels: 3, labels: 3),
        ModelSpecification(name: "vgg11", width: 1, classifier: .mlp, batchNorm: false, inputSize: 224, inputChannels: 3, labels: 3),
    ]

    /// A file with random weights and statistics.
    private func saved(_ specification: ModelSpecification, _ name: String = "ours.safetensors") throws -> SafetensorsFile {
        let network = try Network(specification)
        let (parameters, statistics) = (network.initialParameters(seed: 1), network.initialStatistics())
        for vector in [parameters, statistics] {
            for (index, entry) in vector.layout.entries.enumerated() where entry.shape.rank == 1 {
                vector.buffer(entry).copy(from: randomFloats(entry.count, seed: UInt64(index)))
            }
        }
        try network.saveWeights(parameters: parameters, statistics: statistics, path: directory.file(name), batchesTracked: 12)
        return try SafetensorsFile(path: directory.file(name))
    }

    /// The file with other names, shapes or types.
    private func rewritten(
        _ file: SafetensorsFile, to name: String = "changed.safetensors",
        _ change: (SafetensorsFile.Entry) throws -> (String, ElementType, Shape, Data)?
    ) throws -> SafetensorsFile {
        var writer = SafetensorsWriter()
        for entry in file.entries {
            if let (name, type, shape, data) = try change(entry) { writer.add(name, type, shape, data) }
        }
        try writer.write(to: directory.file(name))
        return try SafetensorsFile(path: directory.file(name))
    }

    private func renamed(_ file: SafetensorsFile, _ name: (String) -> String?) throws -> SafetensorsFile {
        try rewritten(file) { entry in
            try name(entry.name).map { ($0, entry.type, entry.shape, try file.rawBytes(entry.name)) }
        }
    }

    private func expectSame(_ a: SafetensorsFile, _ b: SafetensorsFile) throws {
        #expect(Set(a.entries.map(\.name)) == Set(b.entries.map(\.name)))
        for entry in a.entries {
            #expect(b[entry.name]?.shape == entry.shape && b[entry.name]?.type == entry.type, "\(entry.name)")
            #expect(try a.rawBytes(entry.name) == b.rawBytes(entry.name), "\(entry.name)")
        }
    }

    private func problem(_ file: SafetensorsFile, _ mapping: WeightMapping? = nil, model: String? = nil) -> Problem? {
        do throws(Problem) { _ = try NamedWeights(file, mapping: mapping, model: model) } catch { return error }
        return nil
    }

    private func mapping(_ json: String) throws -> WeightMapping {
        try WeightMapping(path: directory.write(Data(json.utf8), to: "map.json"))
    }

    @Test(arguments: networks, WeightConvention.allCases)
    func everyConventionComesBackBitForBit(specification: ModelSpecification, convention: WeightConvention) throws {
        let file = try saved(specification)
        let there = directory.file("there.safetensors")
        if convention == .timm, specification.classifier == .linear {
            #expect(throws: Problem.self) { try NamedWeights(file).write(to: there, convention: convention) }
            return
        }
        try NamedWeights(file).write(to: there, convention: convention)
        let weights = try NamedWeights(SafetensorsFile(path: there))
        #expect(weights.convention == convention && weights.missing.isEmpty && weights.strippedPrefix.isEmpty)
        // The mlp takes any size, so that a file does not tell it.
        #expect(weights.network.specification == specification)
        try weights.write(to: directory.file("back.safetensors"))
        try expectSame(file, SafetensorsFile(path: directory.file("back.safetensors")))
    }

    @Test func namesAreThoseOfTheConventions() throws {
        let file = try saved(Self.networks[2])
        let path = directory.file("there.safetensors")
        try NamedWeights(file).write(to: path, convention: .layers)
        let layers = try SafetensorsFile(path: path)
        #expect(layers["layer13.0.weight"]?.shape == [8, 8, 3, 3] && layers["layer13.1.running_var"]?.shape == [8])
        #expect(layers["layer1.1.num_batches_tracked"]?.type == .int64)
        #expect(layers["fc.1.weight"]?.shape == [64, 392] && layers["fc2.0.bias"]?.shape == [3])
        // The third convolution is the fourth module behind the first max-pool.
        #expect(try layers.rawBytes("layer3.0.weight") == file.rawBytes("features.7.weight"))
        try NamedWeights(file).write(to: path, convention: .timm)
        let timm = try SafetensorsFile(path: path)
        #expect(timm["pre_logits.fc1.weight"]?.shape == [64, 8, 7, 7] && timm["pre_logits.fc2.weight"]?.shape == [64, 64, 1, 1])
        #expect(timm["head.fc.weight"]?.shape == [3, 64] && timm["features.41.running_mean"] != nil)
    }

    /// All 360 names of the real models, both ways.
    @Test func timmsEfficientNetHasTorchvisionsTensors() throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        let lines = try String(contentsOf: folder.appendingPathComponent("efficientnet-b0-names.txt"), encoding: .utf8).split(separator: "\n")
        let pairs = lines.map { $0.split(separator: " ").map(String.init) }
        #expect(pairs.count == 360)
        let ours = Dictionary(uniqueKeysWithValues: pairs.map { ($0[1], Shape([1])) })
        let theirs = Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], Shape([1])) })
        let writing = try WeightNames.writing(.timm, ours, path: "")
        let reading = try WeightNames.reading(.timm, theirs, path: "")
        for pair in pairs {
            #expect(writing.name(of: pair[1]) == pair[0])
            #expect(reading.torchvisionName(of: pair[0]) == pair[1])
        }
    }

    @Test func layersInBlocksAndOtherClassifiersAreRead() throws {
        let file = try saved(Self.networks[0])
        // vgg11: blocks of 1, 1, 2, 2 and 2 convolutions.
        let blocks = [0: "1.0", 4: "2.0", 8: "3.0", 11: "3.1", 15: "4.0", 18: "4.1", 22: "5.0", 25: "5.1"]
        let changed = try renamed(file) { name in
            let parts = name.split(separator: ".").map(String.init)
            guard let index = Int(parts[1]) else { return "fc.0." + parts[1] }
            if let place = blocks[index] { return "layer\(place).0.\(parts[2])" }
            return blocks[index - 1].map { "layer\($0).1.\(parts[2])" }
        }
        try NamedWeights(changed).write(to: directory.file("back.safetensors"))
        try expectSame(file, SafetensorsFile(path: directory.file("back.safetensors")))
    }

    @Test func prefixesOfWrappersAreLeftOut() throws {
        let file = try saved(Self.networks[1])
        for prefix in ["module.", "module._orig_mod.model."] {
            let weights = try NamedWeights(renamed(file) { prefix + $0 })
            #expect(weights.strippedPrefix == prefix)
            try weights.write(to: directory.file("back.safetensors"))
            try expectSame(file, SafetensorsFile(path: directory.file("back.safetensors")))
        }
        // Not where only some have it.
        #expect(problem(try renamed(file) { $0 == "features.0.bias" ? $0 : "module." + $0 }) != nil)
    }

    @Test func aMappingGoesBothWays() throws {
        let file = try saved(Self.networks[0])
        let map = try mapping("""
            {"features.{n}.weight": "net.conv_{n}.w", "features.{n}.{leaf}": "net.{leaf}_{n}", "features.0.weight": "stem",
             "classifier.{leaf}": "head.{leaf}"}
            """)
        let there = directory.file("there.safetensors")
        try NamedWeights(file).write(to: there, mapping: map)
        let written = try SafetensorsFile(path: there)
        #expect(written.contains("stem") && written.contains("net.conv_4.w") && written.contains("net.running_mean_1"))
        #expect(written.contains("head.bias") && !written.entries.contains { $0.name.hasPrefix("features") })
        try NamedWeights(written, mapping: map).write(to: directory.file("back.safetensors"))
        try expectSame(file, SafetensorsFile(path: directory.file("back.safetensors")))
        let unknown = try #require(problem(written))
        #expect(unknown.what.contains("names of no convention") && unknown.remedy?.contains("--map") == true)
    }

    @Test func faultyMappingsAreRefused() throws {
        func refusal(_ json: String) throws -> String {
            do { _ = try mapping(json) } catch let error as Problem { return error.what }
            return ""
        }
        #expect(try refusal("[1]").contains("not a mapping"))
        #expect(try refusal("{\"a.{n}\": \"b.{m}\"}").contains("placeholders"))
        #expect(try refusal("{\"a.{n}.{n}\": \"b.{n}\"}").contains("placeholders"))
        #expect(try refusal("{\"a\": \"c\", \"b\": \"c\"}").contains("same name"))
        #expect(try refusal("{\"a\": \"__metadata__\"}").contains("cannot be named"))
        #expect(throws: Problem.self) { try WeightMapping(path: directory.file("absent.json")) }
        let collision = try mapping("{\"features.{n}.weight\": \"{n}.w\", \"features.1.bias\": \"0.w\"}")
        let file = try saved(Self.networks[0])
        #expect(throws: Problem.self) { try NamedWeights(file).write(to: directory.file("x"), mapping: collision) }
    }

    /// Twenty placeholders in a row divide a name of sixty characters in more ways than could be tried one by one.
    @Test(.timeLimit(.minutes(1))) func manyPlaceholdersTakeNoTime() throws {
        let row = (0..<20).map { "{p\($0)}" }.joined()
        let map = try mapping("{\"\(row)q\": \"\(row)r\"}")
        let file = try saved(Self.networks[0])
        let longName = try renamed(file) { $0 == "features.0.bias" ? String(repeating: "x", count: 60) : $0 }
        #expect(problem(longName, map)?.description.contains("xxx") == true)
        // The first nineteen stand for one character each, the last for the rest, and that back again.
        let fitting = try renamed(file) { $0 == "features.0.bias" ? String(repeating: "x", count: 60) + "r" : $0 }
        #expect(problem(fitting, map)?.description.contains(String(repeating: "x", count: 60)) == true)
    }

    @Test func otherPrecisionsStayAsTheyAre() throws {
        let file = try saved(Self.networks[0])
        let mixed = try rewritten(file) { entry in
            guard entry.type == .float32 else { return (entry.name, entry.type, entry.shape, try file.rawBytes(entry.name)) }
            let values = try file.floats(entry.name).array
            return entry.shape.rank == 4
                ? (entry.name, .float16, entry.shape, values.map { Float16($0).bitPattern }.withUnsafeBytes { Data($0) })
                : (entry.name, .float64, entry.shape, values.map(Double.init).withUnsafeBytes { Data($0) })
        }
        try NamedWeights(mixed).write(to: directory.file("there.safetensors"), convention: .layers)
        let there = try SafetensorsFile(path: directory.file("there.safetensors"))
        #expect(there["layer1.0.weight"]?.type == .float16 && there["layer1.1.bias"]?.type == .float64)
        try NamedWeights(there).write(to: directory.file("back.safetensors"))
        try expectSame(mixed, SafetensorsFile(path: directory.file("back.safetensors")))
        let whole = try rewritten(file) { entry in
            entry.name == "features.4.bias"
                ? (entry.name, .int32, entry.shape, Data(count: 4 * entry.shape.count))
                : (entry.name, entry.type, entry.shape, try file.rawBytes(entry.name))
        }
        #expect(problem(whole)?.what.contains("\"features.4.bias\" holds I32") == true)
    }

    @Test func biasesInFrontOfBatchNormAreAddedAsZeros() throws {
        let file = try saved(Self.networks[0])
        let weights = try NamedWeights(renamed(file) { $0 == "features.4.bias" || $0 == "features.0.bias" ? nil : $0 })
        #expect(weights.missing.map(\.name) == ["features.0.bias", "features.4.bias"])
        try weights.write(to: directory.file("back.safetensors"))
        let back = try SafetensorsFile(path: directory.file("back.safetensors"))
        #expect(back.entries.count == file.entries.count)
        #expect(try back.floats("features.4.bias").array == [0, 0, 0, 0])
        // Without batch norm there is nothing to make up for a bias.
        let plain = try saved(Self.networks[1], "plain.safetensors")
        #expect(problem(try renamed(plain) { $0 == "features.2.bias" ? nil : $0 })?.what.contains("no tensor \"features.2.bias\"") == true)
    }

    @Test func faultsAreToldUnderTheNamesOfTheFile() throws {
        let path = directory.file("layers.safetensors")
        try NamedWeights(saved(Self.networks[0])).write(to: path, convention: .layers)
        let layers = try SafetensorsFile(path: path)
        let missing = try #require(problem(renamed(layers) { $0 == "layer3.1.running_var" ? "layer3.1.runing_var" : $0 }))
        #expect(missing.what.contains("no tensor \"layer3.1.running_var\" (torchvision's \"features.9.running_var\") [8]"))
        #expect(missing.remedy?.contains("\"layer3.1.runing_var\"") == true)
        let surplus = try #require(problem(rewritten(layers) { ($0.name, $0.type, $0.shape, try layers.rawBytes($0.name)) }
            .adding("layer3.2.weight", [8], in: directory)))
        #expect(surplus.what.contains("has a tensor \"layer3.2.weight\"") && surplus.remedy?.contains("layer3.") == true)
        // Two tensors that were exchanged.
        let exchanged = try #require(problem(renamed(layers) { name in
            switch name {
            case "layer2.0.weight": "layer5.0.weight"
            case "layer5.0.weight": "layer2.0.weight"
            default: name
            }
        }))
        #expect(exchanged.what.contains("\"layer2.0.weight\" (torchvision's \"features.4.weight\") has shape [16, 8, 3, 3]"))
        #expect(exchanged.what.contains("expects [4, 2, 3, 3] (and 1 more"))
        #expect(exchanged.remedy == "its \"layer5.0.weight\" has the shape that fits")
        // Axes in another order.
        let turned = try #require(problem(rewritten(layers) {
            ($0.name, $0.type, $0.name == "layer2.0.weight" ? [3, 3, 2, 4] : $0.shape, try layers.rawBytes($0.name))
        }))
        #expect(turned.remedy?.contains("another order") == true)
        #expect(problem(layers, model: "vgg16")?.remedy == "use --model vgg11")
    }

    @Test func readingForeignNamesPointsToImport() throws {
        let file = try saved(Self.networks[0])
        let network = try Network(Self.networks[0])
        let path = directory.file("layers.safetensors")
        try NamedWeights(file).write(to: path, convention: .layers)
        for foreign in [path, try renamed(file) { "module." + $0 }.path] {
            do throws(Problem) {
                _ = try network.loadWeights(path: foreign)
                Issue.record("foreign names were taken")
            } catch {
                #expect(error.remedy?.contains("filterscope import") == true)
            }
        }
    }
}

extension SafetensorsFile {
    fileprivate func adding(_ name: String, _ shape: Shape, in directory: TemporaryDirectory) throws -> SafetensorsFile {
        var writer = SafetensorsWriter()
        for entry in entries { writer.add(entry.name, entry.type, entry.shape, try rawBytes(entry.name)) }
        writer.add(name, shape, [Float](repeating: 1, count: shape.count))
        try writer.write(to: directory.file("added.safetensors"))
        return try SafetensorsFile(path: directory.file("added.safetensors"))
    }
}
