import Diagnostics
import Foundation
import Networks
import Tensors
import Testing

struct SpecificationTests {
    private func problem(_ change: (inout ModelSpecification) -> Void) -> Problem? {
        var specification = ModelSpecification(name: "vgg11", width: 4, inputChannels: 1, labels: 10)
        change(&specification)
        do throws(Problem) { _ = try Network(specification) } catch { return error }
        return nil
    }

    @Test func impossibleFieldsAreNamed() throws {
        #expect(problem { _ in } == nil)
        let unknown = try #require(problem { $0.name = "vgg61" })
        #expect(unknown.what == "unknown model \"vgg61\"")
        #expect(unknown.remedy == "did you mean \"vgg11\"?" || unknown.remedy == "did you mean \"vgg16\"?")
        #expect(problem { $0.name = "transformer" }?.remedy == "known: vgg11, vgg16, efficientnet-b0, linear")
        #expect(problem { $0.width = 0 }?.what == "width is 0")
        #expect(problem { $0.width = .max }?.what == "width is \(Int.max)")
        #expect(problem { $0.labels = 0 }?.what == "labels is 0")
        #expect(problem { $0.labels = -1 }?.what == "labels is -1")
        #expect(problem { $0.inputChannels = 0 }?.what == "inputChannels is 0")
        #expect(problem { $0.inputSize = 28 }?.remedy == "use 32")
        #expect(problem { $0.inputSize = 33 }?.remedy == "use 32 or 64")
        #expect(problem { $0.inputSize = 0 }?.remedy == "use 32")
        #expect(problem { $0.inputSize = -32 }?.remedy == "use 32")
        #expect(problem { $0.inputSize = 1 << 40 }?.remedy == "use 4096")
        #expect(problem { $0.dropout = 1 }?.what == "dropout is 1.0")
        #expect(problem { $0.dropout = .nan }?.what == "dropout is nan")
        #expect(problem { $0.inputSize = 224 } == nil)
    }

    /// The counts that torchvision's documentation gives for its weights; multiply-adds (15.47 and 7.61 GFLOPS there) from
    /// the same tables.
    @Test(arguments: [
        ("vgg11", false, 132_863_336, 7_609_090_048), ("vgg11", true, 132_868_840, 7_609_090_048),
        ("vgg16", false, 138_357_544, 15_470_264_320), ("vgg16", true, 138_365_992, 15_470_264_320),
    ])
    func sizesAreTorchvisions(name: String, batchNorm: Bool, parameters: Int, multiplyAdds: Int) throws {
        let network = try Network(
            ModelSpecification(
                name: name, classifier: .mlp, batchNorm: batchNorm, inputSize: 224, inputChannels: 3, labels: 1000))
        #expect(network.parameterCount == parameters)
        #expect(network.multiplyAdds == multiplyAdds)
        #expect(network.layers.reduce(0) { $0 + $1.parameterCount } == parameters)
        #expect(network.layers.reduce(0) { $0 + $1.multiplyAdds } == multiplyAdds)
    }

    @Test func tapsAreTheMapsOfSimonyanAndZisserman() throws {
        let vgg16 = try Network(ModelSpecification(name: "vgg16", inputSize: 224, inputChannels: 3, labels: 1000))
        #expect(vgg16.taps.map(\.name) == (1...13).map { "conv\($0)" })
        #expect(vgg16.taps.map(\.height) == [224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14, 7])
        #expect(vgg16.taps.map(\.width) == vgg16.taps.map(\.height))
        #expect(vgg16.taps.map(\.channels) == [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512])
        let vgg11 = try Network(ModelSpecification(name: "vgg11", width: 16, inputChannels: 1, labels: 10))
        #expect(vgg11.taps.map(\.height) == [16, 8, 8, 4, 4, 2, 2, 1])
        #expect(vgg11.taps.map(\.channels) == [16, 32, 64, 64, 128, 128, 128, 128])
        #expect(vgg11.layers.last?.kind == "linear")
        #expect(vgg11.layers.first?.kind == "conv 3x3 + BN + ReLU + max-pool")
    }

    /// torchvision's documentation: 5,288,548 parameters, 0.39 GFLOPS.
    @Test func efficientNetIsTorchvisions() throws {
        let network = try Network(ModelSpecification(name: "efficientnet-b0", inputSize: 224, inputChannels: 3, labels: 1000))
        #expect(network.parameterCount == 5_288_548)
        #expect(network.layers.reduce(0) { $0 + $1.parameterCount } == 5_288_548)
        #expect(network.multiplyAdds == 385_814_752)
        #expect(network.layers.reduce(0) { $0 + $1.multiplyAdds } == network.multiplyAdds)
        #expect(network.taps.map(\.name) == ["stem"] + (1...7).map { "stage\($0)" } + ["head"])
        #expect(network.taps.map(\.height) == [112, 112, 56, 28, 14, 14, 7, 7, 7])
        #expect(network.taps.map(\.width) == network.taps.map(\.height))
        #expect(network.taps.map(\.channels) == [32, 16, 24, 40, 80, 112, 192, 320, 1280])
        let usual = network.specification
        #expect(usual.dropout == 0.2 && usual.stochasticDepth == nil)
        // Halved, rounded up, by the stem and four stages.
        for (size, heights) in [(32, [16, 16, 8, 4, 2, 2, 1, 1, 1]), (33, [17, 17, 9, 5, 3, 3, 2, 2, 2]), (100, [50, 50, 25, 13, 7, 7, 4, 4, 4])] {
            var specification = usual
            specification.inputSize = size
            #expect(try Network(specification).taps.map(\.height) == heights)
        }
    }

    @Test func impossibleFieldsOfAnEfficientNetAreNamed() throws {
        func problem(_ change: (inout ModelSpecification) -> Void) -> Problem? {
            var specification = ModelSpecification(name: "efficientnet-b0", inputChannels: 3, labels: 10)
            change(&specification)
            do throws(Problem) { _ = try Network(specification) } catch { return error }
            return nil
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.inputSize = 31 }?.what == "inputSize is 31")
        #expect(problem { $0.labels = 0 }?.what == "labels is 0")
        #expect(problem { $0.stochasticDepth = 1 }?.what == "stochasticDepth is 1.0")
        #expect(problem { $0.dropout = -0.5 }?.what == "dropout is -0.5")
        #expect(problem { $0.batchNorm = false } != nil)
        #expect(problem { $0.classifier = .mlp } != nil)
        #expect(problem { $0.classifierBias = false } != nil)
        #expect(problem { $0.channels = [8] }?.what == "channels has 1 elements, and efficientnet-b0 needs 9: stem, seven stages, head")
        #expect(problem { $0.channels = [8, 8, 8, 8, 8, 8, 8, 8, 8] }?.remedy == "let them differ")
        #expect(problem { $0.channels = [9, 8, 8, 8, 8, 8, 8, 8, 0] }?.what == "channels is 0")
    }

    /// As torchvision's EfficientNet draws them: Kaiming normal over fan-out, which for a depthwise convolution is k·k·C, and a linear
    /// layer uniform in ±1/√K.
    @Test func initialWeightsOfAnEfficientNetFollowTheirDistributions() throws {
        let network = try Network(ModelSpecification(name: "efficientnet-b0", inputChannels: 3, labels: 100))
        let parameters = network.initialParameters(seed: 5)
        let variances: [(name: String, variance: Double)] = [
            ("features.2.0.block.0.0.weight", 2 / 96), ("features.3.0.block.1.0.weight", 2 / 3600),
            ("features.6.1.block.2.fc1.weight", 2 / 48), ("features.8.0.weight", 2 / 1280), ("classifier.1.weight", 0.01 / 3),
        ]
        for (name, variance) in variances {
            let values = parameters.buffer(name).array
            let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
            let found = squares / Double(values.count)
            // Five standard errors of a normal variance.
            let limit = 5 * (2 / Double(values.count)).squareRoot()
            #expect(abs(found / variance - 1) < limit, "\(name): \(found)")
        }
        #expect(parameters.buffer("classifier.1.weight").array.allSatisfy { abs($0) <= 0.1 })
        #expect(parameters.buffer("features.8.1.weight").array.allSatisfy { $0 == 1 })
        for name in ["features.8.1.bias", "features.2.0.block.2.fc1.bias", "classifier.1.bias"] {
            #expect(parameters.buffer(name).array.allSatisfy { $0 == 0 })
        }
        #expect(network.initialStatistics().buffer("features.8.1.running_var").array.allSatisfy { $0 == 1 })
    }

    @Test func namesAreTorchvisions() throws {
        func names(_ name: String, _ classifier: ModelSpecification.Classifier, bias: Bool, batchNorm: Bool) throws -> [String] {
            try Network(
                ModelSpecification(
                    name: name, width: 1, classifier: classifier, classifierBias: bias, batchNorm: batchNorm, inputChannels: 3,
                    labels: 2)
            ).parameterLayout.entries.map(\.name)
        }
        func both(_ modules: [String]) -> [String] { modules.flatMap { [$0 + ".weight", $0 + ".bias"] } }
        // Indices as print(torchvision.models.vgg11_bn()) and its siblings list them.
        let bn11 = [0, 1, 4, 5, 8, 9, 11, 12, 15, 16, 18, 19, 22, 23, 25, 26].map { "features.\($0)" }
        #expect(try names("vgg11", .linear, bias: true, batchNorm: true) == both(bn11 + ["classifier"]))
        #expect(try names("vgg11", .linear, bias: false, batchNorm: true) == both(bn11) + ["classifier.weight"])
        let plain16 = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28].map { "features.\($0)" }
        #expect(
            try names("vgg16", .mlp, bias: true, batchNorm: false)
                == both(plain16 + ["classifier.0", "classifier.3", "classifier.6"]))
        let bn16 = try Network(ModelSpecification(name: "vgg16", width: 1, inputChannels: 3, labels: 2)).statisticsLayout
        #expect(bn16.entries.count == 26)
        #expect(bn16.entries[0].name == "features.1.running_mean")
        #expect(bn16.entries[25].name == "features.41.running_var")
    }

    @Test func travelsAsJSON() throws {
        let specification = ModelSpecification(
            name: "vgg16", width: 8, classifier: .mlp, batchNorm: false, inputSize: 64, inputChannels: 3, labels: 7, dropout: 0.25)
        let data = try JSONEncoder().encode(specification)
        #expect(try JSONDecoder().decode(ModelSpecification.self, from: data) == specification)
    }

    @Test func initialWeightsFollowTheirDistributions() throws {
        let network = try Network(ModelSpecification(name: "vgg11", width: 16, classifier: .mlp, inputChannels: 3, labels: 10))
        let parameters = network.initialParameters(seed: 5)
        func moments(_ name: String) -> (mean: Double, deviation: Double, count: Double) {
            let values = parameters.buffer(name).array.map(Double.init)
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            return (mean, variance.squareRoot(), Double(values.count))
        }
        for (name, deviation) in [
            ("features.4.weight", (2.0 / (9 * 32)).squareRoot()), ("features.25.weight", (2.0 / (9 * 128)).squareRoot()),
            ("classifier.0.weight", 0.01), ("classifier.3.weight", 0.01),
        ] {
            let found = moments(name)
            // Five standard errors of a mean and of a deviation.
            #expect(abs(found.mean) < 5 * deviation / found.count.squareRoot(), "\(name)")
            #expect(abs(found.deviation / deviation - 1) < 5 / (2 * found.count).squareRoot(), "\(name)")
        }
        #expect(parameters.buffer("features.1.weight").array.allSatisfy { $0 == 1 })
        #expect(parameters.buffer("features.1.bias").array.allSatisfy { $0 == 0 })
        #expect(parameters.buffer("classifier.0.bias").array.allSatisfy { $0 == 0 })
        let statistics = network.initialStatistics()
        #expect(statistics.buffer("features.1.running_var").array.allSatisfy { $0 == 1 })
        #expect(statistics.buffer("features.1.running_mean").array.allSatisfy { $0 == 0 })
        let (again, others) = (network.initialParameters(seed: 5), network.initialParameters(seed: 6))
        #expect(again.buffer.array == parameters.buffer.array)
        #expect(others.buffer.array != parameters.buffer.array)
    }
}
