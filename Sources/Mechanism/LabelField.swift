import Kernels
import Tensors

/// What one filter says about every label to every label: element [i][j] is the mean, over the images of label i, of what
/// the filter alone contributes to output j. Row-major, K×K (`method.md`, phase 3).
public struct LabelField: Hashable, Sendable {
    public let labels: Int
    public let values: [Float]

    /// - Precondition: K·K values.
    public init(labels: Int, values: [Float]) {
        precondition(values.count == labels * labels, "\(values.count) values for a field of \(labels) labels")
        self.labels = labels
        self.values = values
    }

    public subscript(input: Int, output: Int) -> Float { values[input * labels + output] }
    public var isFinite: Bool { areFinite(values) }
    /// The largest element; 0 for a field without labels.
    public var top: Float { largest(values) }
}

/// The fields of a range of filters of one layer: field[f] = A[:, :, f] · W[:, :, f]ᵀ, one K×P by P×K product per filter.
///
/// Sums run in Double over ascending positions (`exactProductTransposed`): bits of a field are thresholded, so that its
/// last digits matter, and a field is the same on every machine and for every way of cutting a layer's filters into
/// ranges. A float32 product by OpenBLAS would be several times faster, in a phase that takes seconds for a hundred labels.
///
/// - Parameters:
///   - labelMeans: A [K, H, W, F] or [K, P, F], channels last.
///   - headWeights: W, K·P·F elements in the same order as A (internal order of the heads).
///   - filters: which of the F filters.
/// - Returns: one field per filter of the range, in order.
public func filterFields(labelMeans: Tensor, headWeights: Tensor, filters: Range<Int>, layer: String = "") throws(MechanismFault) -> [LabelField] {
    var fields: [LabelField] = []
    fields.reserveCapacity(filters.count)
    try forEachField(labelMeans: labelMeans, headWeights: headWeights, filters: filters, layer: layer) { _, field throws(MechanismFault) in
        fields.append(field)
    }
    return fields
}

/// As `filterFields`, one field at a time, so that a thousand labels need not hold a whole range in memory.
public func forEachField(
    labelMeans: Tensor, headWeights: Tensor, filters: Range<Int>, layer: String = "",
    _ body: (_ filter: Int, _ field: LabelField) throws(MechanismFault) -> Void
) throws(MechanismFault) {
    guard labelMeans.shape.rank >= 2, labelMeans.count > 0 else {
        throw .shapeMismatch(layer: layer, what: "label means of shape \(labelMeans.shape)")
    }
    let labels = labelMeans.shape[0]
    let filterCount = labelMeans.shape[labelMeans.shape.rank - 1]
    let positions = labelMeans.count / (labels * filterCount)
    guard headWeights.count == labelMeans.count else {
        throw .shapeMismatch(
            layer: layer, what: "head weights of shape \(headWeights.shape) do not fit label means of shape \(labelMeans.shape)")
    }
    precondition(filters.lowerBound >= 0 && filters.upperBound <= filterCount, "filters \(filters) of \(filterCount)")

    // Blocks of 16 filters: one cache line of a channels-last row serves all of them.
    let blockWidth = 16
    var left = Tensor([blockWidth, labels * positions])
    var right = left
    var output = Tensor([labels, labels])
    var first = filters.lowerBound
    while first < filters.upperBound {
        let block = first..<min(first + blockWidth, filters.upperBound)
        gather(labelMeans, block, filterCount, into: &left)
        gather(headWeights, block, filterCount, into: &right)
        for filter in block {
            let start = (filter - block.lowerBound) * labels * positions
            output.withMutableBuffer { product in
                left.withBuffer { means in
                    right.withBuffer { weights in
                        exactProductTransposed(
                            output: product, left: means.slice(start, labels * positions),
                            right: weights.slice(start, labels * positions), rows: labels, columns: labels, inner: positions)
                    }
                }
            }
            try body(filter, LabelField(labels: labels, values: output.array))
        }
        first = block.upperBound
    }
}

/// Columns `block` of a [rows, F] matrix, each into a contiguous run of `rows` elements.
private func gather(_ matrix: Tensor, _ block: Range<Int>, _ filterCount: Int, into columns: inout Tensor) {
    let rows = matrix.count / filterCount
    columns.withMutableBuffer { target in
        matrix.withBuffer { source in
            gatherColumns(output: target.slice(0, block.count * rows), input: source, rows: rows, columns: filterCount, range: block)
        }
    }
}
