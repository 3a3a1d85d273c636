import Kernels
import Mechanism
import Tensors

/// What a tree node yields: named sums that add up elementwise. Gradients and batch statistics are float32 as the kernels
/// made them; label sums, a layer's each, and figures (loss, correct, samples) are Double.
public struct PartialSum: Sendable, Equatable {
    public var floats: [String: Tensor]
    /// Large float32 sums that lie where frames brought them. Added to another, they are read there and become one of `floats`.
    public var pieces: [String: FloatPieces]
    public var labelSums: [String: LabelMeans]
    public var figures: [String: Double]

    public init(
        floats: [String: Tensor] = [:], pieces: [String: FloatPieces] = [:], labelSums: [String: LabelMeans] = [:],
        figures: [String: Double] = [:]
    ) {
        self.floats = floats
        self.pieces = pieces
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
            floats: floats.mapValues(\.shape).merging(pieces.mapValues(\.shape)) { own, _ in own },
            labelSums: labelSums.mapValues { [$0.labels, $0.height, $0.width, $0.filters] }, figures: Set(figures.keys))
    }

    /// Whether another sum has the same names and sizes, which adding requires.
    public func matches(_ other: borrowing PartialSum) -> Bool { form == other.form }

    /// Takes a float32 sum out, to be read in slices.
    public mutating func takeFloats(_ name: String) -> FloatSource? {
        if let pieces = pieces.removeValue(forKey: name) { return .pieces(pieces) }
        return floats.removeValue(forKey: name).map { .tensor($0) }
    }

    /// A float32 sum in one place, where it is copied unless it lies in one already.
    public func tensor(_ name: String, from pool: StoragePool) -> Tensor? {
        floats[name] ?? pieces[name]?.gathered(from: pool)
    }

    /// Adds `other` on the right, elementwise.
    /// - Parameter pool: where memory comes from if the left side's is read by others too or is another process's.
    /// - Precondition: the sums match.
    public mutating func add(_ other: consuming PartialSum, from pool: StoragePool) {
        precondition(matches(other), "sums of different make")
        for name in Array(floats.keys) + Array(pieces.keys) {
            // Out of the dictionaries, so that a tensor that nobody else holds is seen to be one.
            let (left, right) = (pieces.removeValue(forKey: name), other.pieces.removeValue(forKey: name))
            if let left, let right {
                floats[name] = Self.sum(left, right, from: pool)
            } else if let left, let right = other.floats.removeValue(forKey: name) {
                floats[name] = Self.sum(left, right, from: pool)
            } else if let right, let left = floats.removeValue(forKey: name) {
                floats[name] = Self.sum(left, right, from: pool)
            } else if let left = floats.removeValue(forKey: name), let right = other.floats.removeValue(forKey: name) {
                floats[name] = Self.sum(left, right, from: pool)
            }
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

    private static func sum(_ left: consuming Tensor, _ right: FloatPieces, from pool: StoragePool) -> Tensor {
        if left.isUnshared {
            left.withMutableBuffer { sum in
                right.forEachSlice { range, right in addInto(sum.slice(range.lowerBound, range.count), right) }
            }
            return left
        }
        return sum(.tensor(left), .pieces(right), right.shape, from: pool)
    }

    private static func sum(_ left: FloatPieces, _ right: consuming Tensor, from pool: StoragePool) -> Tensor {
        if right.isUnshared {
            right.withMutableBuffer { sum in
                left.forEachSlice { range, left in
                    let target = sum.slice(range.lowerBound, range.count)
                    target.setToSum(left, target)
                }
            }
            return right
        }
        return sum(.pieces(left), .tensor(right), left.shape, from: pool)
    }

    private static func sum(_ left: FloatPieces, _ right: FloatPieces, from pool: StoragePool) -> Tensor {
        sum(.pieces(left), .pieces(right), left.shape, from: pool)
    }

    /// left + right in memory of its own.
    private static func sum(_ left: FloatSource, _ right: FloatSource, _ shape: Shape, from pool: StoragePool) -> Tensor {
        var target = Tensor(shape, from: pool)
        target.withMutableBuffer { sum in
            for start in stride(from: 0, to: sum.count, by: FloatPieces.grain) {
                let range = start..<min(start + FloatPieces.grain, sum.count)
                left.withSlice(range) { left in
                    right.withSlice(range) { sum.slice(range.lowerBound, range.count).setToSum(left, $0) }
                }
            }
        }
        return target
    }
}
