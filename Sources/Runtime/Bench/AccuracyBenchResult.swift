import Foundation

/// What `bench accuracy` finds.
struct AccuracyBenchResult: Encodable {
    enum Direction: String, Encodable, CaseIterable {
        case forward
        case inputGradient = "input-gradient"
        case weightGradient = "weight-gradient"
    }

    struct Row: Encodable {
        /// The first layer of the shape.
        let layer: String
        /// [N, H, W, C]
        let input: [Int]
        let filters: Int
        let direction: Direction
        let scheme: String
        /// Whether the network computes the shape so.
        let isUsed: Bool
        /// The error's root mean square over that of the exact answer.
        let rootMeanSquare: Double
        /// The largest error over the largest magnitude of the exact answer.
        let largest: Double
        /// The same of the direct scheme.
        let directRootMeanSquare: Double
        let directLargest: Double

        private enum CodingKeys: String, CodingKey {
            case layer, input, filters, direction, scheme
            case isUsed = "used"
            case rootMeanSquare = "root_mean_square"
            case largest
            case directRootMeanSquare = "direct_root_mean_square"
            case directLargest = "direct_largest"
        }
    }

    let bench = "accuracy"
    let model: String
    let rows: [Row]
    let fingerprint: String

    var text: String {
        var cells = [["layer", "maps", "direction", "scheme", "", "rms error", "largest", "direct rms", "largest", "rms × direct"]]
        // The direct scheme stands beside the others.
        for row in rows where row.isUsed || row.scheme != "direct" {
            cells.append([
                row.layer, row.input.map(String.init).joined(separator: "×") + " → \(row.filters)", row.direction.rawValue, row.scheme,
                row.isUsed ? "<" : "", BenchText.scientific(row.rootMeanSquare), BenchText.scientific(row.largest),
                BenchText.scientific(row.directRootMeanSquare), BenchText.scientific(row.directLargest),
                BenchText.factor(row.rootMeanSquare / row.directRootMeanSquare),
            ])
        }
        return """
            \(model)
            \(BenchText.table(cells, [.left, .left, .left, .left, .left, .right, .right, .right, .right, .right]))
            < is what the network uses. Errors against plain sums in Double, over numbers from [-1, 1): root mean square over
            that of the answer, largest over the answer's largest magnitude.
            \(fingerprint)

            """
    }
}
