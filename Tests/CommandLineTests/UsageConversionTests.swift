import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// `import`, `export` and `datasets --export` over files that are made here.
@Suite struct UsageConversionTests {
    private let directory: TemporaryDirectory
    private let weights: String

    init() throws {
        directory = try TemporaryDirectory()
        weights = directory.file("w.safetensors")
        let network = try Network(ModelSpecification(name: "vgg11", width: 2, batchNorm: false, inputChannels: 3, labels: 7))
        try network.saveWeights(parameters: network.initialParameters(seed: 3), statistics: network.initialStatistics(), path: weights)
    }

    @Test func thereAndBackGivesTheSameBytes() throws {
        let (there, back) = (directory.file("there.safetensors"), directory.file("back.safetensors"))
        let out = try runFilterscope(["export", weights, there, "--to", "layers"])
        #expect(out.status == 0, "\(out.stderr)")
        #expect(out.stdoutText.contains("vgg11 (width 2, linear classifier, no batch norm"), "\(out.stdoutText)")
        #expect(try SafetensorsFile(path: there).contains("layer8.0.bias"))
        let home = try runFilterscope(["import", there, back, "--model", "vgg11"])
        #expect(home.status == 0, "\(home.stderr)")
        #expect(home.stdoutText.contains("from the names of layers to those of torchvision"))
        #expect(FileManager.default.contentsEqual(atPath: weights, andPath: back))
        let wrong = try runFilterscope(["import", there, back, "--model", "vgg16"])
        #expect(wrong.status == 1 && wrong.stderr.contains("use --model vgg11"), "\(wrong.stderr)")
    }

    @Test func prefixIsToldAndMappingIsUsed() throws {
        let file = try SafetensorsFile(path: weights)
        var writer = SafetensorsWriter()
        for entry in file.entries {
            writer.add("module." + entry.name.replacingOccurrences(of: "classifier", with: "head"), entry.type, entry.shape, try file.rawBytes(entry.name))
        }
        let (foreign, out) = (directory.file("foreign.safetensors"), directory.file("out.safetensors"))
        try writer.write(to: foreign)
        let map = try directory.write(Data("{\"classifier.{part}\": \"head.{part}\"}".utf8), to: "map.json")
        let outcome = try runFilterscope(["import", foreign, out, "--map", map])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(outcome.stderr.contains("left out \"module.\""))
        #expect(FileManager.default.contentsEqual(atPath: weights, andPath: out))
        let unmapped = try runFilterscope(["import", foreign, directory.file("other.safetensors")])
        #expect(unmapped.status == 1)
        #expect(unmapped.stderr.contains("classifier.weight"), "\(unmapped.stderr)")
        #expect(!FileManager.default.fileExists(atPath: directory.file("other.safetensors")))
    }

    @Test func picklesAreRefusedWithTheLinesThatConvertThem() throws {
        let pickle = try directory.write(Data([0x50, 0x4B, 3, 4]) + Data(count: 60), to: "model.pth")
        let outcome = try runFilterscope(["import", pickle, directory.file("out.safetensors")])
        #expect(outcome.status == 1)
        #expect(outcome.stderr.contains("import torch, safetensors.torch; d = torch.load(\"\(pickle)\""), "\(outcome.stderr)")
        #expect(outcome.stderr.contains("save_file("))
    }

    @Test func wrongUsageIsExplained() throws {
        #expect(try runFilterscope(["import", weights]).status == 2)
        let names = try runFilterscope(["export", weights, "out", "--to", "tim"])
        #expect(names.status == 2 && names.stderr.contains("timm"))
        #expect(try runFilterscope(["import", "--help"]).stdoutText.contains("Example:\n  filterscope import "))
        let notARun = try runFilterscope(["export", directory.path, directory.file("out.safetensors")])
        #expect(notARun.status == 1)
    }

    @Test func samplesAreWrittenAsTheNetworkSeesThem() throws {
        let images = randomFloats(5 * 3 * 32 * 32, seed: 1)
        var writer = SafetensorsWriter()
        writer.add("images", [5, 3, 32, 32], images)
        writer.add("labels", [5], [3, 1, 4, 1, 5] as [Int64])
        try writer.write(to: directory.file("x.safetensors"))
        let out = directory.file("out.safetensors")
        let outcome = try runFilterscope(["datasets", "tensor:" + directory.file("x.safetensors"), "--export", out, "--count", "4"])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(outcome.stdoutText.contains("4 samples"))
        let file = try SafetensorsFile(path: out)
        #expect(file["images"]?.shape == [4, 3, 32, 32])
        #expect(try file.floats("images").withBuffer { $0.array } == Array(images.prefix(4 * 3 * 32 * 32)))
        #expect(try file.integers("labels") == [3, 1, 4, 1])
        #expect(try runFilterscope(["datasets", "fashion-mnist", "--count", "4"]).status == 2)
    }

    /// Plain VGG, as torchvision's without batch norm, is told from the weights.
    @Test func networksWithoutBatchNormAreEvaluated() throws {
        var writer = SafetensorsWriter()
        writer.add("images", [5, 3, 32, 32], randomFloats(5 * 3 * 32 * 32, seed: 1))
        writer.add("labels", [5], [3, 1, 4, 1, 6] as [Int64])
        try writer.write(to: directory.file("x.safetensors"))
        let outcome = try runFilterscope(["evaluate", "--model", "vgg11", "--weights", weights, "--dataset", "tensor:" + directory.file("x.safetensors")])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(outcome.stdoutText.contains("no batch norm"))
    }
}
