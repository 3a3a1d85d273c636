import Kernels
import Networks
import Tensors
import TestSupport
import Testing

/// Ten steps of training against PyTorch.
struct KnownAnswersTests {
    @Test(arguments: Fixture.names)
    func firstStepHasPyTorchsLossAndGradients(name: String) throws {
        let fixture = try Fixture(name)
        let training = try Training(fixture)
        let outcome = try training.step(batch: 0)
        let losses = try fixture.file.doubles("losses")
        #expect(abs(outcome.lossSum / Double(fixture.sampleCount) - losses[0]) <= losses[0] * (try fixture.tolerance("losses")))
        try fixture.expectGradients(training.gradients, "step1", "gradients1")
    }

    /// In training mode, so by a batch norm whose running statistics are the batch's own biased ones.
    @Test(arguments: Fixture.names)
    func firstStepHasPyTorchsLogits(name: String) throws {
        let fixture = try Fixture(name)
        let training = try Training(fixture)
        _ = try training.step(batch: 0)
        let statistics = training.batchStatistics
        for (entry, tap) in zip(statistics.layout.entries.filter { $0.name.hasSuffix("running_var") }, training.mapSizes) {
            let rows = Float(fixture.sampleCount * tap * tap)
            let variance = statistics.buffer(entry)
            for channel in 0..<entry.count { variance[channel] *= (rows - 1) / rows }
        }
        let lane = InferenceLane(fixture.network, shardSize: fixture.sampleCount)
        lane.input.copy(from: try fixture.images(batch: 0))
        let logits = lane.run(sampleCount: fixture.sampleCount, parameters: training.parameters, statistics: statistics)
        expectClose(
            logits.array, try fixture.floats("step1/logits"), relative: try fixture.tolerance("step1.logits"), name)
        let expected = try topLabels(fixture.floats("step1/logits"), classes: fixture.network.specification.labels)
        let correct = zip(expected, try fixture.labels(batch: 0)).count { $0 == Int($1) }
        #expect(try training.step(batch: 0).correct == correct)
    }

    @Test(arguments: Fixture.names)
    func tenStepsStayWithPyTorch(name: String) throws {
        let fixture = try Fixture(name)
        let network = fixture.network
        let training = try Training(fixture)
        let running = network.initialStatistics()
        let velocity = ParameterVector(network.parameterLayout)
        let losses = try fixture.file.doubles("losses")
        #expect(losses.count == 10)
        for (step, loss) in losses.enumerated() {
            let outcome = try training.step(batch: step % 2)
            #expect(
                abs(outcome.lossSum / Double(fixture.sampleCount) - loss) <= losses[0] * (try fixture.tolerance("losses")),
                "loss of step \(step)")
            updateRunningStatistics(running, meanOfShards: training.batchStatistics)
            nesterovStep(
                weights: training.parameters.buffer, velocity: velocity.buffer, gradient: training.gradients.buffer,
                learningRate: Float(try fixture.number("lr")), momentum: Float(try fixture.number("momentum")),
                weightDecay: Float(try fixture.number("weight_decay")))
        }
        try fixture.expectGradients(training.gradients, "step10", "gradients10")
        let trained = try fixture.inFileOrder(training.parameters, running)
        for entry in network.parameterLayout.entries {
            expectClose(
                try trained.floats(entry.name).array, try fixture.floats("step10/" + entry.name),
                relative: try fixture.tolerance("weights10"), entry.name)
        }
        for entry in network.statisticsLayout.entries {
            expectClose(
                try trained.floats(entry.name).array, try fixture.floats("step10/" + entry.name),
                relative: try fixture.tolerance("statistics10"), entry.name)
        }
        let lane = InferenceLane(network, shardSize: fixture.sampleCount)
        lane.input.copy(from: try fixture.images(batch: 0))
        let logits = lane.run(sampleCount: fixture.sampleCount, parameters: training.parameters, statistics: running)
        expectClose(
            logits.array, try fixture.floats("evaluation/logits"), relative: try fixture.tolerance("evaluation.logits"), name)
    }

    private func topLabels(_ logits: [Float], classes: Int) -> [Int] {
        stride(from: 0, to: logits.count, by: classes).map { row in
            (0..<classes).max { logits[row + $0] < logits[row + $1] } ?? 0
        }
    }
}

/// A lane with the fixture's weights and data.
private struct Training {
    let fixture: Fixture
    let lane: TrainingLane
    let parameters: ParameterVector
    let gradients: ParameterVector
    let batchStatistics: ParameterVector

    init(_ fixture: Fixture) throws {
        self.fixture = fixture
        lane = TrainingLane(fixture.network, shardSize: fixture.sampleCount)
        parameters = try fixture.initialParameters()
        gradients = ParameterVector(fixture.network.parameterLayout)
        batchStatistics = ParameterVector(fixture.network.statisticsLayout)
    }

    /// Rows of each convolution's map before the max-pool.
    var mapSizes: [Int] {
        let taps = fixture.network.taps
        return taps.indices.map { $0 == 0 ? fixture.network.specification.inputSize : taps[$0 - 1].height }
    }

    func step(batch: Int) throws -> ShardOutcome {
        lane.input.copy(from: try fixture.images(batch: batch))
        return lane.run(
            sampleCount: fixture.sampleCount, labels: try fixture.labels(batch: batch), parameters: parameters,
            gradients: gradients, batchStatistics: batchStatistics, gradientScale: 1 / Float(fixture.sampleCount),
            dropout: DropoutContext(seed: 0, step: 0, sampleIndices: Array(0..<fixture.sampleCount)))
    }
}
