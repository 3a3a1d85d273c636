import Kernels
import TestSupport
import Testing

@Suite struct LabelSmoothingTests {
    private func loss(
        _ logits: [Float], _ labels: [Int32], _ shares: [LabelShare]?, smoothing: Double, classes: Int, scale: Float
    ) -> (lossSum: Double, correct: Int, gradient: [Float]) {
        let (source, gradient) = (Memory(logits), Memory(count: logits.count))
        let result = softmaxCrossEntropy(
            logits: source.buffer, labels: labels, shares: shares, smoothing: smoothing, logitsGradient: gradient.buffer,
            rows: labels.count, classes: classes, gradientScale: scale)
        withExtendedLifetime(source) {}
        return (result.lossSum, result.correct, gradient.array)
    }

    private func mixtures(_ count: Int, classes: Int) -> (labels: [Int32], shares: [LabelShare]) {
        (
            (0..<count).map { Int32($0 * 37 % classes) },
            (0..<count).map { LabelShare(otherLabel: Int32($0 * 11 % classes), weight: Float($0) / Float(count - 1)) }
        )
    }

    /// Losses and gradients of labels and of mixtures, which mixup and CutMix make.
    @Test func agreesWithPyTorch() throws {
        let cases = try OptimizerFixture.recorded.get().losses
        #expect(cases.contains { $0.others != nil } && cases.contains { $0.others == nil })
        for own in cases {
            let shares = try own.others.map { others in
                zip(others, try #require(own.shares)).map { LabelShare(otherLabel: $0, weight: Float($1)) }
            }
            let result = loss(
                own.logits.map { Float($0) }, own.labels, shares, smoothing: own.smoothing, classes: own.classes,
                scale: 1 / Float(own.rows))
            #expect(abs(result.lossSum - own.lossSum) <= 1e-6 * own.lossSum)
            expectClose(result.gradient, own.gradient, relative: 5e-7)
            let reference = Reference.softmaxCrossEntropy(
                logits: own.logits, labels: own.labels, shares: shares, smoothing: own.smoothing, rows: own.rows, classes: own.classes,
                gradientScale: 1 / Double(own.rows))
            #expect(abs(reference.lossSum - own.lossSum) <= 1e-13 * own.lossSum)
            expectClose(reference.logitsGradient, own.gradient, relative: 1e-13)
        }
    }

    @Test(arguments: [(1, 0.1), (2, 0.1), (10, 0.3), (17, 1), (100, 0.05)])
    func agreesWithReference(classes: Int, smoothing: Double) {
        let (labels, shares) = mixtures(9, classes: classes)
        let logits = randomFloats(9 * classes, seed: 1).map { $0 * 12 }
        for shares in [nil, shares] {
            let fast = loss(logits, labels, shares, smoothing: smoothing, classes: classes, scale: 0.01)
            let expected = Reference.softmaxCrossEntropy(
                logits: logits.map(Double.init), labels: labels, shares: shares, smoothing: smoothing, rows: 9, classes: classes,
                gradientScale: Double(Float(0.01)))
            #expect(abs(fast.lossSum - expected.lossSum) <= 1e-6 * max(1, expected.lossSum))
            // Of one class nothing is left but roundings of the scale.
            #expect(classes == 1
                ? fast.gradient.allSatisfy { abs($0) < 1e-8 } : relativeError(fast.gradient, expected.logitsGradient) < 5e-7)
            #expect(fast.correct == loss(logits, labels, shares, smoothing: 0, classes: classes, scale: 0.01).correct)
        }
    }

    @Test(arguments: [0.1, 0.5]) func gradientsAreThoseOfFiniteDifferences(smoothing: Double) {
        let classes = 7
        let (labels, shares) = mixtures(4, classes: classes)
        let logits = randomDoubles(4 * classes, seed: 1).map { 3 * $0 }
        func result(_ logits: [Double]) -> (lossSum: Double, logitsGradient: [Double]) {
            Reference.softmaxCrossEntropy(
                logits: logits, labels: labels, shares: shares, smoothing: smoothing, rows: 4, classes: classes, gradientScale: 1)
        }
        expectClose(
            result(logits).logitsGradient, numericalGradient(logits, upper: [1]) { [result($0).lossSum] }, relative: 1e-7)
    }

    /// Smoothed as much as can be, no label counts: the loss is least where all logits are equal.
    @Test func allSmoothedAwayIsNoLabelsLoss() {
        let result = loss([2, 2, 2, 2], [1], nil, smoothing: 1, classes: 4, scale: 1)
        #expect(abs(result.lossSum - 1.386_294_361_119_890_6) < 1e-7)
        expectClose(result.gradient.map { $0 + 1 }, [1, 1, 1, 1] as [Double], relative: 1e-7)
    }
}
