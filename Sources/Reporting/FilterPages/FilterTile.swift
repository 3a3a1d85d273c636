import Mechanism

/// A filter's field and bits as one small picture: labels in the order that lays clusters side by side on the diagonal, a row
/// for the images of each label, a column for each label that the filter may speak for.
struct FilterTile {
    /// More labels than this are drawn several to a pixel.
    static let greatestSide = 200

    /// White; three tints for elements at or below the threshold; four shades, by share of the field's top, for each of
    /// clusters, internal noise and external noise.
    static let palette: [(UInt8, UInt8, UInt8)] = [
        (255, 255, 255), (244, 247, 250), (232, 238, 243), (217, 226, 234),
        (94, 158, 202), (50, 125, 178), (13, 94, 152), (0, 62, 110),
        (247, 184, 116), (240, 154, 66), (230, 126, 34), (190, 92, 8),
        (184, 190, 198), (155, 162, 171), (124, 131, 141), (92, 99, 109),
    ]

    let labels: Int
    /// Labels of each pixel's side.
    var block: Int { max(1, (labels + Self.greatestSide - 1) / Self.greatestSide) }
    /// Pixels.
    var side: Int { (labels + block - 1) / block }

    /// The rule by which matrices of many labels are made smaller, in words; nil where each pair of labels has its own pixel.
    var reduction: String? {
        block == 1
            ? nil
            : "Each pixel stands for \(block) × \(block) pairs of labels that are neighbours in this order, and shows the one for which "
                + "the field is largest."
    }

    /// Indices into the palette, row by row, `side` · `side` of them; all 0 for a silent filter.
    func pixels(field: LabelField, result: FilterResult, threshold: Double) -> [UInt8] {
        var pixels = [UInt8](repeating: 0, count: side * side)
        let top = field.top
        guard top > 0 else { return pixels }
        let limit = Float(threshold)
        let order = result.labelOrder(labels: labels)
        var clusterOf = [Int](repeating: -1, count: labels)
        for (index, cluster) in result.clusters.enumerated() { for label in cluster { clusterOf[label] = index } }
        var largest = [Float](repeating: 0, count: side)
        for row in 0..<side {
            for column in largest.indices { largest[column] = -.infinity }
            for input in order[row * block..<min((row + 1) * block, labels)] {
                for (place, output) in order.enumerated() {
                    let share = field[input, output] / top
                    let column = place / block
                    guard share > largest[column] else { continue }
                    largest[column] = share
                    pixels[row * side + column] = Self.color(
                        share, limit, ofCluster: clusterOf[output] >= 0 && clusterOf[output] == clusterOf[input],
                        spokenFor: clusterOf[output] >= 0)
                }
            }
        }
        return pixels
    }

    private static func color(_ share: Float, _ limit: Float, ofCluster: Bool, spokenFor: Bool) -> UInt8 {
        guard share > limit else { return share <= 0 ? 0 : UInt8(1 + min(2, Int(share / limit * 3))) }
        let shade = UInt8(min(3, max(0, Int((share - limit) / (1 - limit) * 4))))
        return shade + (ofCluster ? 4 : spokenFor ? 8 : 12)
    }
}
