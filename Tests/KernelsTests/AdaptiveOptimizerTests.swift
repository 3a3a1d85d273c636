import Kernels
import TestSupport
import Tensors
import Testing

/// RMSprop and AdamW against plain loops, against PyTorch, and by hand.
@Suite struct AdaptiveOptimizerTests {
    /// Weights and the two vectors that each of the two carries, in the order of `Optimizer.stateNames`.
    private struct Subject {
        let optimizer: Optimizer
        let weights: Memory
        let state: [Memory]

        init(_ optimizer: Optimizer, start: [Float]) {
            self.optimizer = optimizer
            weights = Memory(start)
            state = optimizer.stateNames.map { _ in Memory([Float](repeating: 0, count: start.count)) }
        }

        /// - Parameter cuts: where the vector is cut into ranges.
        func step(_ gradient: [Float], cuts: [Int] = [], rate: Double, decay: Double, step: Int) {
            let gradient = Memory(gradient)
            let ends = cuts + [gradient.buffer.count]
            for (start, end) in zip([0] + cuts, ends) {
                optimizer.step(
                    weights: weights.buffer.slice(start, end - start), state: state.map { $0.buffer.slice(start, end - start) },
                    gradient: gradient.buffer.slice(start, end - start), learningRate: rate, weightDecay: decay, step: step)
            }
            withExtendedLifetime(gradient) {}
        }
    }

    private static let optimizers: [Optimizer] = [
        .nesterov(momentum: 0.9), .rmsProp(RMSProp(decay: 0.9, epsilon: 0.0316, momentum: 0.9)), .rmsProp(RMSProp(decay: 0.5)),
        .adamW(AdamW()), .adamW(AdamW(beta1: 0, beta2: 0.5, epsilon: 1e-3)),
    ]

    @Test(arguments: [(0.01, 0.9, 0.0316, 0.9, 1e-3), (0.05, 0.99, 1e-8, 0, 0)])
    func twentyStepsOfRMSpropAgreeWithReference(rate: Double, decay: Double, epsilon: Double, momentum: Double, weightDecay: Double) {
        let start = randomFloats(37, seed: 1)
        let subject = Subject(.rmsProp(RMSProp(decay: decay, epsilon: epsilon, momentum: momentum)), start: start)
        var weights = start.map(Double.init)
        var (squares, velocity) = ([Double](repeating: 0, count: 37), [Double](repeating: 0, count: 37))
        for step in 0..<20 {
            let gradient = randomFloats(37, seed: UInt64(10 + step))
            subject.step(gradient, rate: rate, decay: weightDecay, step: step)
            Reference.rmsPropStep(
                weights: &weights, squares: &squares, velocity: &velocity, gradient: gradient.map(Double.init), decay: decay,
                epsilon: epsilon, momentum: momentum, learningRate: rate, weightDecay: weightDecay)
        }
        // Twenty steps of some six roundings each, on values of about one.
        expectClose(subject.weights.array, weights, relative: 2e-6)
        expectClose(subject.state[0].array, velocity, relative: 2e-6)
        expectClose(subject.state[1].array, squares, relative: 2e-6)
    }

    @Test(arguments: [(0.01, 0.9, 0.999, 1e-8, 0.05), (0.1, 0.5, 0.9, 1e-3, 0)])
    func twentyStepsOfAdamWAgreeWithReference(rate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double) {
        let start = randomFloats(37, seed: 1)
        let subject = Subject(.adamW(AdamW(beta1: beta1, beta2: beta2, epsilon: epsilon)), start: start)
        var weights = start.map(Double.init)
        var (mean, squares) = ([Double](repeating: 0, count: 37), [Double](repeating: 0, count: 37))
        for step in 0..<20 {
            let gradient = randomFloats(37, seed: UInt64(10 + step))
            subject.step(gradient, rate: rate, decay: weightDecay, step: step)
            Reference.adamWStep(
                weights: &weights, mean: &mean, squares: &squares, gradient: gradient.map(Double.init), beta1: beta1, beta2: beta2,
                epsilon: epsilon, learningRate: rate, weightDecay: weightDecay, step: step)
        }
        expectClose(subject.weights.array, weights, relative: 2e-6)
        expectClose(subject.state[0].array, mean, relative: 2e-6)
        expectClose(subject.state[1].array, squares, relative: 2e-6)
    }

    /// Kernels to the roundings of Float, references to those of Double.
    @Test func trajectoriesAreThoseOfPyTorch() throws {
        let cases = try OptimizerFixture.recorded.get().optimizers
        #expect(Set(cases.map(\.kind)) == ["rmsprop", "adamw"])
        for (index, own) in cases.enumerated() {
            let count = own.start.count
            var weights = own.start
            var (first, second) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
            let isAdam = own.kind == "adamw"
            let betas = own.betas ?? [0, 0]
            let optimizer: Optimizer = isAdam
                ? .adamW(AdamW(beta1: betas[0], beta2: betas[1], epsilon: own.eps))
                : .rmsProp(RMSProp(decay: try #require(own.alpha), epsilon: own.eps, momentum: try #require(own.momentum)))
            let subject = Subject(optimizer, start: own.start.map { Float($0) })
            for (step, gradient) in own.gradients.enumerated() {
                subject.step(gradient.map { Float($0) }, rate: own.rates[step], decay: own.weight_decay, step: step)
                if isAdam {
                    Reference.adamWStep(
                        weights: &weights, mean: &first, squares: &second, gradient: gradient, beta1: betas[0], beta2: betas[1],
                        epsilon: own.eps, learningRate: own.rates[step], weightDecay: own.weight_decay, step: step)
                } else {
                    Reference.rmsPropStep(
                        weights: &weights, squares: &second, velocity: &first, gradient: gradient, decay: try #require(own.alpha),
                        epsilon: own.eps, momentum: try #require(own.momentum), learningRate: own.rates[step],
                        weightDecay: own.weight_decay)
                }
                guard let expected = own.weights["\(step + 1)"] else { continue }
                expectClose(weights, expected, relative: 1e-13, "reference \(index), step \(step)")
                expectClose(subject.weights.array, expected, relative: 2e-6, "kernel \(index), step \(step)")
            }
            #expect(own.weights.count == 4)
            if let expected = own.momentum_buffer ?? own.exp_avg { expectClose(subject.state[0].array, expected, relative: 2e-6) }
            expectClose(subject.state[1].array, try #require(own.square_avg ?? own.exp_avg_sq), relative: 2e-6)
        }
    }

    /// RMSprop from w = 1, g = 2, decay ¾, epsilon 1, momentum ½, rate ½: s = 1, v = 2/(1 + 1) = 1, w = ½; then g = 0: s = ¾, v = ½, w = ¼.
    @Test func twoStepsOfRMSpropByHand() {
        let subject = Subject(.rmsProp(RMSProp(decay: 0.75, epsilon: 1, momentum: 0.5)), start: [1])
        for (gradient, weight, velocity, square) in [(Float(2), Float(0.5), Float(1), Float(1)), (0, 0.25, 0.5, 0.75)] {
            subject.step([gradient], rate: 0.5, decay: 0, step: 0)
            #expect(subject.weights.array == [weight])
            #expect(subject.state.map(\.array) == [[velocity], [square]])
        }
    }

    /// AdamW from w = 2, g = 3, betas ½ and ¾, epsilon 1, rate ½, decay ½: w = 2 − ½·½·2 = 1.5, m = 1.5, s = 9/4; m/(1 − ½) = 3,
    /// √s/√¼ = 3, w = 1.5 − ½ · 3/(3 + 1) = 1.125.
    @Test func aStepOfAdamWByHand() {
        let subject = Subject(.adamW(AdamW(beta1: 0.5, beta2: 0.75, epsilon: 1)), start: [2])
        subject.step([3], rate: 0.5, decay: 0.5, step: 0)
        #expect(subject.weights.array == [1.125])
        #expect(subject.state.map(\.array) == [[1.5], [2.25]])
    }

    /// Ranges are what weight decay and threads cut vectors into.
    @Test(arguments: optimizers) func cutsChangeNoBit(_ optimizer: Optimizer) {
        let start = randomFloats(100, seed: 1)
        let (whole, cut) = (Subject(optimizer, start: start), Subject(optimizer, start: start))
        for step in 0..<4 {
            let gradient = randomFloats(100, seed: UInt64(10 + step))
            whole.step(gradient, rate: 0.01, decay: 1e-3, step: step)
            cut.step(gradient, cuts: [16, 31, 32, 77], rate: 0.01, decay: 1e-3, step: step)
        }
        #expect(whole.weights.array == cut.weights.array && whole.weights.array != start)
        #expect(whole.state.map(\.array) == cut.state.map(\.array))
    }

    /// Padding of parameter vectors is zero and stays so.
    @Test(arguments: optimizers) func zerosWithoutGradientStayZero(_ optimizer: Optimizer) {
        let subject = Subject(optimizer, start: [Float](repeating: 0, count: 5))
        for step in 0..<3 { subject.step([0, 0, 0, 0, 0], rate: 0.1, decay: 0.1, step: step) }
        #expect(([subject.weights] + subject.state).allSatisfy { $0.array.allSatisfy { $0 == 0 } })
    }

    /// A gradient in two parts is their sum.
    @Test func addendsAreAdded() {
        let (start, left, right) = (randomFloats(37, seed: 1), Memory(randomFloats(37, seed: 2)), Memory(randomFloats(37, seed: 3)))
        let sum = Memory(zip(left.array, right.array).map { $0 + $1 })
        func weights(_ gradient: Memory, _ addend: Memory?, _ isAdam: Bool) -> [Float] {
            let (weights, first, second) = (Memory(start), Memory([Float](repeating: 0, count: 37)), Memory([Float](repeating: 0, count: 37)))
            if isAdam {
                adamWStep(
                    weights: weights.buffer, mean: first.buffer, squares: second.buffer, gradient: gradient.buffer,
                    addend: addend?.buffer, settings: AdamW(), learningRate: 0.1, weightDecay: 0.1, step: 3)
            } else {
                rmsPropStep(
                    weights: weights.buffer, squares: second.buffer, velocity: first.buffer, gradient: gradient.buffer,
                    addend: addend?.buffer, settings: RMSProp(), learningRate: 0.1, weightDecay: 0.1)
            }
            withExtendedLifetime((first, second)) {}
            return weights.array
        }
        for isAdam in [false, true] { #expect(weights(left, right, isAdam) == weights(sum, nil, isAdam)) }
    }
}

@Suite struct AverageTests {
    /// As AveragedModel(use_buffers=True) with torchvision's averaging function; it copies until the step after the warm-up's last.
    @Test func averagesAreThoseOfPyTorch() throws {
        for own in try OptimizerFixture.recorded.get().averages {
            let zeros = [Float](repeating: 0, count: own.steps[0].weight.count)
            let averages = [Memory(zeros), Memory(zeros)]
            for (index, step) in own.steps.enumerated() {
                for (average, (values, expected)) in zip(averages, [(step.weight, step.averageWeight), (step.running, step.averageRunning)]) {
                    let source = Memory(values.map { Float($0) })
                    if index <= own.warmup {
                        average.buffer.copy(from: source.buffer)
                    } else {
                        averageStep(average.buffer, toward: source.buffer, decay: own.decay)
                    }
                    expectClose(average.array, expected, relative: 3e-7, "step \(index)")
                }
            }
        }
    }

    @Test func standsWhereValuesStand() {
        let values = randomFloats(37, seed: 1)
        let (average, source) = (Memory(values), Memory(values))
        for _ in 0..<5 { averageStep(average.buffer, toward: source.buffer, decay: 0.999) }
        #expect(average.array == values)
        withExtendedLifetime(source) {}
    }
}

@Suite struct WeightDecayTests {
    /// [3, 3, 2, 4], [4], [4], [5, 4], [5] at 0, 80, 96, 112, 144: multiples of 16, 160 in all.
    private let layout = TensorLayout([
        ("conv.weight", [3, 3, 2, 4]), ("conv.bias", [4]), ("norm.weight", [4]), ("classifier.weight", [5, 4]), ("classifier.bias", [5]),
    ])

    private func ranges(_ decay: WeightDecay, _ slice: Range<Int>) -> [(Range<Int>, Double)] {
        var result: [(Range<Int>, Double)] = []
        decay.forEachRange(in: slice) { result.append(($0, $1)) }
        return result
    }

    @Test func oneFactorForAllIsOneRange() {
        let found = ranges(WeightDecay(0.1), 32..<77)
        #expect(found.count == 1 && found[0] == (32..<77, 0.1))
    }

    @Test func vectorsAreExempt() {
        #expect(layout.entries.map(\.offset) == [0, 80, 96, 112, 144] && layout.totalCount == 160)
        let decay = WeightDecay(0.1, exemptingVectorsOf: layout)
        let expected = [(0..<80, 0.1), (80..<112, 0), (112..<144, 0.1), (144..<160, 0)]
        #expect(ranges(decay, 0..<160).elementsEqual(expected, by: ==))
        // Every slice says of each element what the whole says.
        for start in 0..<160 {
            for end in (start + 1)...160 {
                var place = start
                for (range, factor) in ranges(decay, start..<end) {
                    #expect(range.lowerBound == place && !range.isEmpty)
                    #expect(expected.contains { $0.0.lowerBound <= range.lowerBound && range.upperBound <= $0.0.upperBound && $0.1 == factor })
                    place = range.upperBound
                }
                #expect(place == end)
            }
        }
    }
}
