import Kernels
import TestSupport
import Tensors
import Testing

@Suite struct LossTests {
    private func loss(
        _ logits: [Float], _ labels: [Int32], _ shares: [LabelShare]? = nil, classes: Int, scale: Float = 1
    ) -> (lossSum: Double, correct: Int, gradient: [Float]) {
        let (source, gradient) = (Memory(logits), Memory(count: logits.count))
        let result = softmaxCrossEntropy(
            logits: source.buffer, labels: labels, shares: shares, logitsGradient: gradient.buffer, rows: labels.count,
            classes: classes, gradientScale: scale)
        withExtendedLifetime(source) {}
        return (result.lossSum, result.correct, gradient.array)
    }

    @Test(arguments: [1, 2, 3, 10, 16, 17, 100, 1000])
    func agreesWithReference(classes: Int) {
        let labels = (0..<9).map { Int32($0 * 37 % classes) }
        let logits = randomFloats(9 * classes, seed: 1).map { $0 * 12 }
        let fast = loss(logits, labels, classes: classes, scale: 0.01)
        let expected = Reference.softmaxCrossEntropy(
            logits: logits.map(Double.init), labels: labels, rows: 9, classes: classes, gradientScale: Double(Float(0.01)))
        // A probability has the error of one exponential and two roundings: a few times 6e-8.
        #expect(abs(fast.lossSum - expected.lossSum) <= 1e-6 * max(1, expected.lossSum))
        expectClose(fast.gradient, expected.logitsGradient, relative: 5e-7)
        let right = labels.indices.filter { row in
            Reference.labelRank(logits: Array(logits[(row * classes)..<((row + 1) * classes)]), label: Int(labels[row])) == 0
        }
        #expect(fast.correct == right.count)
    }

    @Test(arguments: [1, 2, 3, 10, 17, 100, 1000])
    func mixturesAgreeWithReference(classes: Int) {
        let labels = (0..<9).map { Int32($0 * 37 % classes) }
        // Own and other label may be the same; weights reach from all of one label to all of the other.
        let shares = (0..<9).map { LabelShare(otherLabel: Int32($0 * 11 % classes), weight: Float($0) / 8) }
        let logits = randomFloats(9 * classes, seed: 1).map { $0 * 12 }
        let fast = loss(logits, labels, shares, classes: classes, scale: 0.01)
        let expected = Reference.softmaxCrossEntropy(
            logits: logits.map(Double.init), labels: labels, shares: shares, rows: 9, classes: classes,
            gradientScale: Double(Float(0.01)))
        #expect(abs(fast.lossSum - expected.lossSum) <= 1e-6 * max(1, expected.lossSum))
        expectClose(fast.gradient, expected.logitsGradient, relative: 5e-7)
        let right = labels.indices.filter { row in
            let heavier = shares[row].weight < 0.5 ? shares[row].otherLabel : labels[row]
            return Reference.labelRank(logits: Array(logits[(row * classes)..<((row + 1) * classes)]), label: Int(heavier)) == 0
        }
        #expect(fast.correct == right.count)
    }

    @Test func allOfOneLabelIsThatLabelsLoss() {
        let logits = randomFloats(3 * 20, seed: 1)
        let labels: [Int32] = [3, 19, 0]
        let alone = loss(logits, labels, classes: 20)
        let own = loss(logits, labels, labels.map { LabelShare(otherLabel: 7 - $0 % 7, weight: 1) }, classes: 20)
        #expect(own == alone)
        #expect(loss(logits, [5, 6, 7], labels.map { LabelShare(otherLabel: $0, weight: 0) }, classes: 20) == alone)
        // A label that counts nothing may have any logit.
        let result = loss([1, -.infinity, 3], [2], [LabelShare(otherLabel: 1, weight: 1)], classes: 3)
        #expect(result == loss([1, -.infinity, 3], [2], classes: 3) && result.lossSum.isFinite)
    }

    @Test func theHeavierLabelCounts() {
        let logits: [Float] = [1, 3, 2]
        func isRight(_ label: Int32, _ other: Int32, _ weight: Float) -> Bool {
            loss(logits, [label], [LabelShare(otherLabel: other, weight: weight)], classes: 3).correct == 1
        }
        #expect(isRight(1, 0, 0.6) && isRight(1, 0, 0.5) && !isRight(1, 0, 0.4))
        #expect(!isRight(0, 1, 0.6) && !isRight(0, 1, 0.5) && isRight(0, 1, 0.4))
    }

    /// Softmax of two logits is the logistic function, so its exponential shows at every size.
    @Test func exponentialsAreAccurateOverTheirWholeRange() {
        for step in 0...860 {
            let x = Float(step) * -0.1
            let gradient = loss([0, x], [0], classes: 2).gradient[1]
            let expected = Reference.softmaxCrossEntropy(
                logits: [0, Double(x)], labels: [0], rows: 1, classes: 2, gradientScale: 1)
            expectClose([gradient], [expected.logitsGradient[1]], relative: 3e-7, "exp \(x)")
        }
    }

    @Test func hugeLogitsAreStable() {
        let result = loss([1e30, -1e30, 0, 3e38, 3e38, -3e38], [0, 0], classes: 3)
        #expect(result.correct == 2)
        // Row one is certain; row two has two equal winners: ln 2.
        expectClose([result.lossSum], [0.693_147_180_559_945_3], relative: 1e-7)
        expectClose(result.gradient, [0, 0, 0, -0.5, 0.5, 0] as [Double], relative: 1e-7)
    }

    @Test(arguments: [Float.nan, .infinity]) func whatIsNotFiniteGivesNaNAndIsNeverRight(bad: Float) {
        for place in 0..<3 {
            var logits: [Float] = [1, 2, 3]
            logits[place] = bad
            let result = loss(logits, [2], classes: 3)
            #expect(result.lossSum.isNaN)
            if bad.isNaN { #expect(result.correct == 0) }
        }
    }

    @Test func tiesGoToTheLowestLabel() {
        #expect(loss([1, 1, 0], [0], classes: 3).correct == 1)
        #expect(loss([1, 1, 0], [1], classes: 3).correct == 0)
    }

    @Test func gradientMayOverwriteTheLogits() {
        let logits = randomFloats(3 * 20, seed: 1)
        let labels: [Int32] = [3, 19, 0]
        let inPlace = Memory(logits)
        _ = softmaxCrossEntropy(
            logits: inPlace.buffer, labels: labels, logitsGradient: inPlace.buffer, rows: 3, classes: 20, gradientScale: 1)
        #expect(inPlace.array == loss(logits, labels, classes: 20).gradient)
    }

    @Test func ranksAgreeWithSorting() {
        // Few distinct values, so that there are ties.
        let values = randomFloats(4 * 11, seed: 1).map { ($0 * 4).rounded() }
        let logits = Memory(values)
        for row in 0..<4 {
            for label in 0..<11 {
                let expected = Reference.labelRank(logits: Array(values[(row * 11)..<((row + 1) * 11)]), label: label)
                #expect(labelRank(logits: logits.buffer, row: row, classes: 11, label: Int32(label)) == expected)
                if expected == 0 { #expect(topClass(logits: logits.buffer, row: row, classes: 11) == label) }
            }
        }
    }

    @Test func ranksTakeNaNForTheLargest() {
        let logits = Memory([1, .nan, 3])
        #expect(labelRank(logits: logits.buffer, row: 0, classes: 3, label: 0) == 2)
        #expect(labelRank(logits: logits.buffer, row: 0, classes: 3, label: 1) == 3)
        #expect(labelRank(logits: logits.buffer, row: 0, classes: 3, label: 2) == 1)
        #expect(topClass(logits: logits.buffer, row: 0, classes: 3) == nil)
    }

    @Test(arguments: [1, 8, 13, 40, 1023, 1024, 2500], [1, 3, 4, 7, 8])
    func sumsOfRowsAgreeWithReference(width: Int, count: Int) {
        let rows = Memory(randomFloats(count * width, seed: 1))
        var sums = [Double](repeating: 0, count: width)
        accumulateRows(sums: &sums, rows: rows.buffer, count: count)
        let labels = [Int32](repeating: 0, count: count)
        let expected = Reference.labelSums(activations: rows.doubles, labels: labels, labelCount: 1, width: width)
        // Sums of floats in Double, in the same order.
        #expect(sums == expected)
        accumulateRows(sums: &sums, rows: rows.buffer, count: count)
        expectClose(sums, expected.map { 2 * $0 }, relative: 1e-15)
    }
}
