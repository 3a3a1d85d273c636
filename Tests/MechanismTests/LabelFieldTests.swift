import Kernels
import Mechanism
import Tensors
import TestSupport
import Testing

@Suite struct LabelFieldTests {
    @Test(arguments: [(1, 1, 1, 3), (3, 2, 2, 5), (10, 4, 3, 37), (13, 1, 1, 20), (100, 2, 2, 17)])
    func agreesWithTheSumWrittenOut(labels: Int, height: Int, width: Int, filters: Int) throws {
        let positions = height * width
        let means = randomFloats(labels * positions * filters, seed: 1)
        let weights = randomFloats(labels * positions * filters, seed: 2)
        let fields = try filterFields(
            labelMeans: Tensor([labels, height, width, filters], means),
            headWeights: Tensor([labels, positions * filters], weights), filters: 0..<filters)
        #expect(fields.count == filters)
        for (filter, field) in fields.enumerated() {
            let expected = LiteralMethod.field(
                means: means, weights: weights, labels: labels, positions: positions, filters: filters, filter: filter)
            // Sums of exact products in the same order: the same bits, not just close ones.
            #expect(field.values == expected.flatMap { $0 })
        }
    }

    @Test func bitsDoNotDependOnTheRanges() throws {
        let means = Tensor([7, 3, 3, 41], randomFloats(7 * 9 * 41, seed: 3))
        let weights = Tensor([7, 9 * 41], randomFloats(7 * 9 * 41, seed: 4))
        let whole = try filterFields(labelMeans: means, headWeights: weights, filters: 0..<41)
        for cuts in [[0, 1, 41], [0, 16, 17, 33, 41], Array(0...41)] {
            var parts: [LabelField] = []
            for (start, end) in zip(cuts, cuts.dropFirst()) {
                parts += try filterFields(labelMeans: means, headWeights: weights, filters: start..<end)
            }
            #expect(parts == whole)
        }
    }

    @Test func weightsOfAnotherShapeAreRefused() {
        #expect(throws: MechanismFault.self) {
            try filterFields(labelMeans: Tensor([2, 2, 2, 3]), headWeights: Tensor([2, 3]), filters: 0..<3, layer: "conv2")
        }
    }

    @Test func sumsAreExactWhereFloat32IsNot() {
        // 2²⁴ + 1 − 2²⁴ loses the 1 in float32.
        let left = Tensor([1, 3], [16_777_216, 1, -16_777_216])
        let right = Tensor([1, 3], [1, 1, 1])
        var output = Tensor([1, 1])
        output.withMutableBuffer { result in
            left.withBuffer { a in
                right.withBuffer { b in
                    exactProductTransposed(output: result, left: a, right: b, rows: 1, columns: 1, inner: 3)
                }
            }
        }
        #expect(output.array == [1])
    }
}
