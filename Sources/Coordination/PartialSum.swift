import Kernels
import Mechanism
import Tensors

/// What a tree node yields: named sums that add up elementwise. Gradients and batch statistics are float32 as the kernels
/// made them; label sums, a layer's each, and figures (loss, correct, samples) are Double.
public struct PartialSum: Sendable, Equatable {
    public var floats: [String: Tensor]
    public var labelSums: [String: LabelMeans]
    public var figures: [String: Double]

    public init(floats: [String: Tensor] = [:], labelSums: [String: LabelMeans] = [:], figures: [String: Double] = [:]) {
        self.floats = floats
        self.labelSums = labelSums
        self.figures = figures
    }

    /// The names and sizes of a sum's parts.
    public struct Form: Sendable, Equatable {
        let floats: [String: Shape]
        let labelSums: [String: [Int]]
        let figures: Set<String>
    }

    public var form: Form {
        Form(
            floats: floats.mapValues(\.shape),
            labelSums: labelSums.mapValues { [$0.labels, $0.height, $0.width, $0.filters] }, figures: Set(figures.keys))
    }

    /// Whether another sum has the same names and sizes, which adding requires.
    public func matches(_ other: borrowing PartialSum) -> Bool { form == other.form }

    /// Adds `other` on the right, elementwise.
    /// - Parameter pool: where memory comes from if the left side's is read by others too or is another process's.
    /// - Precondition: the sums match.
    public mutating func add(_ other: consuming PartialSum, from pool: StoragePool) {
        precondition(matches(other), "sums of different make")
        for name in Array(floats.keys) {
            // Out of the dictionaries, so that a tensor that nobody else holds is seen to be one.
            guard let left = floats.removeValue(forKey: name), let right = other.floats.removeValue(forKey: name) else { continue }
            floats[name] = Self.sum(left, right, from: pool)
        }
        for (name, source) in other.labelSums {
            guard var target = labelSums.removeValue(forKey: name) else { continue }
            target.merge(source)
            labelSums[name] = target
        }
        for (name, value) in other.figures { figures[name, default: 0] += value }
    }

    /// left + right, in the memory of the one or the other where that may be written.
    private static func sum(_ left: consuming Tensor, _ right: consuming Tensor, from pool: StoragePool) -> Tensor {
        if left.isUnshared {
            left.withMutableBuffer { sum in right.withBuffer { addInto(sum, $0) } }
            return left
        }
        if right.isUnshared {
            right.withMutableBuffer { sum in left.withBuffer { sum.setToSum($0, sum) } }
            return right
        }
        var target = Tensor(left.shape, from: pool)
        target.withMutableBuffer { sum in
            left.withBuffer { left in right.withBuffer { sum.setToSum(left, $0) } }
        }
        return target
    }
}
