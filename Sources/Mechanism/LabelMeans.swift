import Kernels
import Tensors

/// Accumulates the mean activation of each label at one layer: A[i, y, x, f] of `method.md`, phase 3. Sums are Double;
/// `merge` adds another worker's sums, and since floating-point sums depend on their order, whoever merges does so in a
/// fixed one (by the range of samples, never by arrival).
///
/// Only labels that have images take memory, H·W·F elements each. So samples that come sorted by label make small sums:
/// those of a part of them, and what is added is still in the cache.
///
///     var means = LabelMeans(labels: 2, height: 1, width: 1, filters: 1)
///     means.accumulate(activations: batch, labels: [0, 0, 1])   // batch holds 1, 3, 5
///     try means.means(layer: "conv1").array   // [2, 5]
public struct LabelMeans: Sendable, Equatable {
    public let labels: Int
    public let height: Int
    public let width: Int
    public let filters: Int
    /// Images per label.
    public private(set) var counts: [Int]
    /// [H, W, F] of each label that has images, row-major.
    private var sums: [Int: [Double]]

    /// Elements of one image's activation, H·W·F.
    public var featureCount: Int { height * width * filters }

    public init(labels: Int, height: Int, width: Int, filters: Int) {
        self.init(
            labels: labels, height: height, width: width, filters: filters, sums: [], counts: [Int](repeating: 0, count: labels))
    }

    /// Sums and counts made elsewhere.
    /// - Parameters:
    ///   - sums: [H·W·F] for each label that has images, in the order of the labels.
    ///   - counts: [K]
    /// - Precondition: `sums` is as long as `counts` says, and every element of it H·W·F.
    public init(labels: Int, height: Int, width: Int, filters: Int, sums: [[Double]], counts: [Int]) {
        let present = counts.indices.filter { counts[$0] > 0 }
        precondition(
            counts.count == labels && sums.count == present.count && sums.allSatisfy { $0.count == height * width * filters },
            "label sums of another shape")
        self.labels = labels
        self.height = height
        self.width = width
        self.filters = filters
        self.sums = Dictionary(uniqueKeysWithValues: zip(present, sums))
        self.counts = counts
    }

    /// [H·W·F] for each label that has images, in the order of the labels.
    public var sumsOfPresentLabels: [[Double]] { counts.indices.compactMap { sums[$0] } }

    /// Back to no images.
    public mutating func reset() {
        sums = [:]
        counts = [Int](repeating: 0, count: labels)
    }

    /// Adds a batch's activations.
    /// - Parameters:
    ///   - activations: [n, H, W, F], or more rows than `labels` has; the surplus is not read.
    ///   - imageLabels: one label in 0 ..< K per image.
    public mutating func accumulate(activations: FloatBuffer, labels imageLabels: [Int32]) {
        let width = featureCount
        precondition(activations.count >= imageLabels.count * width, "activations of fewer images than labels")
        precondition(imageLabels.allSatisfy { $0 >= 0 && Int($0) < labels }, "a label outside 0..<\(labels)")
        var first = 0
        while first < imageLabels.count {
            let label = Int(imageLabels[first])
            let end = imageLabels[first...].firstIndex { Int($0) != label } ?? imageLabels.count
            // Taken out, so that it is added to in place.
            var sum = sums.removeValue(forKey: label) ?? [Double](repeating: 0, count: width)
            accumulateRows(sums: &sum, rows: activations.slice(first * width, (end - first) * width), count: end - first)
            sums[label] = sum
            counts[label] += end - first
            first = end
        }
    }

    /// Whether another layer's sums have this one's shape, which merging requires.
    public func matches(_ other: borrowing LabelMeans) -> Bool {
        (other.labels, other.height, other.width, other.filters) == (labels, height, width, filters)
    }

    /// Adds the sums and counts of other images of the same layer, on the right.
    public mutating func merge(_ other: consuming LabelMeans) {
        precondition(matches(other), "merge of label sums of different shapes")
        for (label, row) in other.sums {
            guard var sum = sums.removeValue(forKey: label) else {
                sums[label] = row
                continue
            }
            for index in sum.indices { sum[index] += row[index] }
            sums[label] = sum
        }
        for label in counts.indices { counts[label] += other.counts[label] }
    }

    /// A as a tensor [K, H, W, F], rounded to float32 once.
    /// - Throws: `labelsWithoutImages` where a label's count is zero: its mean is undefined.
    public func means(layer: String) throws(MechanismFault) -> Tensor {
        try requireImages(layer: layer)
        return means(of: 0..<filters, shape: [labels, height, width, filters])
    }

    /// The same of some filters, [K, H·W, count]: what a unit of the filter phase takes, without the whole tensor.
    /// - Precondition: every label has images.
    public func means(of range: Range<Int>) -> Tensor {
        precondition(sums.count == labels, "labels without images have no means")
        return means(of: range, shape: [labels, height * width, range.count])
    }

    private func means(of range: Range<Int>, shape: Shape) -> Tensor {
        let count = height * width * range.count
        var means = Tensor(shape)
        means.withMutableBuffer { means in
            for (label, sum) in sums {
                averageColumns(
                    output: means.slice(label * count, count), sums: sum, count: counts[label], columns: filters, range: range)
            }
        }
        return means
    }

    /// - Throws: `labelsWithoutImages` where a label has none.
    public func requireImages(layer: String) throws(MechanismFault) {
        let missing = counts.indices.filter { counts[$0] == 0 }
        guard missing.isEmpty else { throw .labelsWithoutImages(layer: layer, labels: missing) }
    }
}
