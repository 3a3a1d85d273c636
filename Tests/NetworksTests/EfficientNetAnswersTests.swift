import Kernels
import Networks
import Tensors
import TestSupport
import Testing

/// Small EfficientNets of torchvision's own class; Scripts/fixtures/efficientnet.py says what the files hold.
struct EfficientNetAnswersTests {
    static let names = ["efficientnet-small-32", "efficientnet-small-40"]

    @Test(arguments: names)
    func evaluationHasPyTorchsLogitsAndTaps(name: String) throws {
        let fixture = try Fixture(name)
        let (parameters, statistics) = try fixture.initial()
        let lane = InferenceLane(fixture.network, shardSize: fixture.sampleCount)
        lane.input.copy(from: try fixture.images(batch: 0))
        let logits = lane.run(sampleCount: fixture.sampleCount, parameters: parameters, statistics: statistics)
        expectClose(
            logits.array, try fixture.floats("evaluation/logits"), relative: try fixture.tolerance("evaluation.logits"), name)
        for (index, tap) in fixture.network.taps.enumerated() {
            let expected = try fixture.channelsLast("evaluation/tap/" + tap.name)
            expectClose(lane.tap(index).array, expected, relative: try fixture.tolerance("taps"), tap.name)
        }
    }

    @Test(arguments: names)
    func trainingHasPyTorchsLossLogitsAndGradients(name: String) throws {
        let fixture = try Fixture(name)
        let (parameters, running) = try fixture.initial()
        let lane = TrainingLane(fixture.network, shardSize: fixture.sampleCount)
        lane.input.copy(from: try fixture.images(batch: 0))
        let gradients = ParameterVector(fixture.network.parameterLayout)
        let statistics = ParameterVector(fixture.network.statisticsLayout)
        let outcome = lane.run(
            sampleCount: fixture.sampleCount, labels: try fixture.labels(batch: 0), parameters: parameters, gradients: gradients,
            batchStatistics: statistics, gradientScale: 1 / Float(fixture.sampleCount),
            dropout: DropoutContext(seed: 0, step: 0, sampleIndices: Array(0..<fixture.sampleCount)))
        let loss = try #require(try fixture.file.doubles("training/loss").first)
        #expect(abs(outcome.lossSum / Double(fixture.sampleCount) - loss) <= loss * (try fixture.tolerance("loss")))
        updateRunningStatistics(running, meanOfShards: statistics)
        let answers = try fixture.inFileOrder(gradients, running)
        for entry in fixture.network.statisticsLayout.entries {
            expectClose(
                try answers.floats(entry.name).array, try fixture.floats("training/" + entry.name),
                relative: try fixture.tolerance("statistics"), entry.name)
        }
        // As the file measures errors: against the tensor's largest magnitude, or a thousandth of the largest of all.
        let expected = try fixture.network.parameterLayout.entries.map { try fixture.floats("training/gradient/" + $0.name) }
        let largest = expected.joined().reduce(0) { max($0, abs($1)) }
        for (entry, expected) in zip(fixture.network.parameterLayout.entries, expected) {
            let scale = Double(max(expected.reduce(0) { max($0, abs($1)) }, largest * 1e-3))
            let found = try answers.floats(entry.name).array
            let error = zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) } / scale
            #expect(error <= (try fixture.tolerance("gradients")), "\(entry.name): relative error \(error)")
        }
    }
}
