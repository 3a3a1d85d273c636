import Foundation
import Mechanism
import Reporting
import Tensors

/// A run that never was: label means and head weights drawn so that filters sharpen from layer to layer, as in a trained
/// network, and measured by `Mechanism` like real ones.
struct SampleRun {
    let labelNames: [String]
    let layers: [LayerResult]
    let means: [Tensor]
    let weights: [Tensor]
    let input: ReportInput

    static let fashion = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]

    init(labelNames: [String] = Self.fashion, layerCount: Int = 8, filters: Int = 48, recipe: String = "fashion-demo") throws {
        self.labelNames = labelNames
        let labels = labelNames.count
        let positions = 4
        var layers: [LayerResult] = []
        var means: [Tensor] = []
        var weights: [Tensor] = []
        for layer in 0..<layerCount {
            let sharpness = Float(layer + 1) / Float(layerCount)
            var stream = RandomStream(seed: 11, purpose: .synthetic, major: layer)
            // In each filter a few groups of labels light up; the rest is a floor that sinks from layer to layer.
            var a = [Float](repeating: 0, count: labels * positions * filters)
            var w = a
            for filter in 0..<filters {
                let groups = 2 + stream.nextInt(below: max(1, labels / 4))
                let dead = stream.nextInt(below: 16) == 0
                for label in 0..<labels {
                    let lit = stream.nextInt(below: groups) == 0
                    for position in 0..<positions {
                        let at = (label * positions + position) * filters + filter
                        let floor = (1.15 - sharpness) * stream.nextUniform()
                        a[at] = dead ? 0 : (lit ? 0.4 + 0.6 * stream.nextUniform() : floor)
                        w[at] = (lit ? 0.3 + 0.7 * stream.nextUniform() : floor - 0.3 * sharpness * stream.nextUniform())
                    }
                }
            }
            means.append(Tensor([labels, 2, 2, filters], a))
            weights.append(Tensor([labels, positions, filters], w))
            let results = try FilterPerformance.measure(
                labelMeans: means[layer], headWeights: weights[layer], filters: 0..<filters, threshold: 0.3, layer: "conv\(layer + 1)")
            let accuracy = 0.93 - 0.45 * Foundation.exp(-0.55 * Double(layer))
            layers.append(LayerResult(layer: "conv\(layer + 1)", accuracy: accuracy, labels: labels, filters: results))
        }
        self.layers = layers
        self.means = means
        self.weights = weights

        let summary = RunSummary(
            testAccuracy: 0.9237, testTop5Accuracy: 0.9981,
            weightsSHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", wallSeconds: 1284.6, recipe: recipe,
            model: "vgg11, width 16", dataset: "fashion-mnist", labelNames: labelNames, threshold: 0.3, layers: layers.map(\.row),
            claims: Claim.verdicts(layers: layers.map(\.evidence)))
        var input = ReportInput(summary: summary)
        input.setting.description = "A small VGG on Fashion-MNIST, in minutes on a laptop."
        input.setting.trainImages = 60_000
        input.setting.testImages = 10_000
        input.setting.networkParameters = 580_330
        input.setting.trainingEpochs = 5
        input.setting.trainingSteps = 3000
        input.setting.batchSize = 100
        input.setting.headSteps = 1200
        input.setting.seed = 1
        input.setting.startedAt = 1_795_000_000
        input.recipe = [
            .init(name: "model.name", value: "vgg11"), .init(name: "model.width", value: "16"),
            .init(name: "training.learningRate", value: "0.028"), .init(name: "training.momentum", value: "0.9175"),
            .init(name: "analysis.threshold", value: "0.3"),
        ]
        input.phases = [.init(name: "training", seconds: 902), .init(name: "heads", seconds: 301), .init(name: "analysis", seconds: 81.6)]
        input.workers = [
            .init(name: "worker-1", host: "anna", threads: 2, unitsDone: 6400), .init(name: "worker-2", host: "bela", threads: 2, unitsDone: 5900),
        ]
        input.metrics = Self.metrics(layers: layers)
        for index in ExampleRule.layers(of: layerCount) {
            for choice in ExampleRule.choose(layers[index].filters, count: 2) {
                let field = try filterFields(
                    labelMeans: means[index], headWeights: weights[index], filters: choice.filter..<choice.filter + 1)[0]
                input.examples.append(FieldExample(
                    layer: layers[index].layer, result: layers[index].filters[choice.filter], field: field, reason: choice.reason))
            }
        }
        self.input = input
    }

    private static func metrics(layers: [LayerResult]) -> [MetricPoint] {
        var metrics: [MetricPoint] = []
        var stream = RandomStream(seed: 4, purpose: .synthetic)
        for step in 1...3000 {
            let progress = Double(step) / 600
            let jitter = Double(stream.nextUniform() - 0.5)
            metrics.append(MetricPoint(
                phase: "training", name: "loss", step: step, epoch: progress, value: 0.25 + 2 * Foundation.exp(-1.6 * progress) + 0.2 * jitter))
            metrics.append(MetricPoint(
                phase: "training", name: "accuracy", step: step, epoch: progress, value: 0.92 - 0.8 * Foundation.exp(-1.8 * progress) + 0.06 * jitter))
            if step % 600 == 0 {
                metrics.append(MetricPoint(
                    phase: "training", name: "test_accuracy", step: step, epoch: progress, value: 0.925 - 0.3 * Foundation.exp(-1.2 * progress)))
            }
        }
        for epoch in 1...6 {
            for layer in layers {
                metrics.append(MetricPoint(
                    phase: "heads", name: "test_accuracy", layer: layer.layer, step: epoch * 200, epoch: Double(epoch),
                    value: (layer.accuracy ?? 0) - 0.1 * Foundation.exp(-Double(epoch))))
            }
        }
        return metrics
    }
}
