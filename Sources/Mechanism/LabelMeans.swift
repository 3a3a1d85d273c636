import Kernels
import Tensors

/// Accumulates the mean activation of each label at one layer: A[i, y, x, f] of `method.md`, phase 3. Sums are Double;
/// `merge` adds another worker's sums, and since floating-point sums depend on their order, whoever merges does so in a
/// fixed one (by the range of samples, never by arrival).
///
///     var means = LabelMeans(labels: 2, height: 1, width: 1, filters: 1)
///     means.accumulate(activations: batch, labels: [0, 0, 1])   // batch holds 1, 3, 5
///     try means.means(layer: "conv1").array   // [2, 5]
public struct LabelMeans: Sendable, Equatable {
    public let labels: Int
    public let height: Int
    public let width: Int
    public let filters: Int
    /// [K, H, W, F], row-major.
    public private(set) var sums: [Double]
    /// Images per label.
    public private(set) var counts: [Int]

    /// Elements of one image's activation, H·W·F.
    public var featureCount: Int { height * width * filters }

    public init(labels: Int, height: Int, width: Int, filters: Int) {
        self.init(
            labels: labels, height: height, width: width, filters: filters,
            sums: [Double](repeating: 0, count: labels * height * width * filters), counts: [Int](repeating: 0, count: labels))
    }

    /// Sums and counts made elsewhere.
    /// - Precondition: `sums` has K·H·W·F elements and `counts` K.
    public init(labels: Int, height: Int, width: Int, filters: Int, sums: [Double], counts: [Int]) {
        precondition(sums.count == labels * height * width * filters && counts.count == labels, "label sums of another shape")
        self.labels = labels
        self.height = height
        self.width = width
        self.filters = filters
        self.sums = sums
        self.counts = counts
    }

    /// Back to no images.
    public mutating func reset() {
        sums = [Double](repeating: 0, count: sums.count)
        counts = [Int](repeating: 0, count: labels)
    }

    /// Adds a batch's activations.
    /// - Parameters:
    ///   - activations: [n, H, W, F], or more rows than `labels` has; the surplus is not read.
    ///   - imageLabels: one label in 0 ..< K per image.
    public mutating func accumulate(activations: FloatBuffer, labels imageLabels: [Int32]) {
        let count = featureCount
        precondition(activations.count >= imageLabels.count * count, "activations of fewer images than labels")
        precondition(imageLabels.allSatisfy { $0 >= 0 && Int($0) < labels }, "a label outside 0..<\(labels)")
        accumulateLabelSums(
            sums: &sums, activations: activations.slice(0, imageLabels.count * count), labels: imageLabels, count: imageLabels.count,
            width: count)
        for label in imageLabels { counts[Int(label)] += 1 }
    }

    /// Adds the sums and counts of other images of the same layer.
    public mutating func merge(_ other: LabelMeans) {
        precondition(
            (other.labels, other.height, other.width, other.filters) == (labels, height, width, filters),
            "merge of label sums of different shapes")
        for index in sums.indices { sums[index] += other.sums[index] }
        for label in counts.indices { counts[label] += other.counts[label] }
    }

    /// A as a tensor [K, H, W, F], rounded to float32 once.
    /// - Throws: `labelsWithoutImages` where a label's count is zero: its mean is undefined.
    public func means(layer: String) throws(MechanismFault) -> Tensor {
        let missing = counts.indices.filter { counts[$0] == 0 }
        guard missing.isEmpty else { throw .labelsWithoutImages(layer: layer, labels: missing) }
        let count = featureCount
        var values = [Float](repeating: 0, count: sums.count)
        for label in 0..<labels {
            let images = Double(counts[label])
            for index in label * count..<(label + 1) * count { values[index] = Float(sums[index] / images) }
        }
        return Tensor([labels, height, width, filters], values)
    }
}
