import Kernels
import Tensors

/// What a tree node yields: named sums that add up elementwise. Gradients and batch statistics are float32 as the kernels
/// made them; label sums are Double; figures (loss, correct, samples) are Double scalars.
public struct PartialSum: Sendable, Equatable {
    public var floats: [String: Tensor]
    public var doubles: [String: [Double]]
    public var figures: [String: Double]

    public init(floats: [String: Tensor] = [:], doubles: [String: [Double]] = [:], figures: [String: Double] = [:]) {
        self.floats = floats
        self.doubles = doubles
        self.figures = figures
    }

    /// Whether another sum has the same names and sizes, which adding requires.
    public func matches(_ other: PartialSum) -> Bool {
        floats.mapValues(\.shape) == other.floats.mapValues(\.shape)
            && doubles.mapValues(\.count) == other.doubles.mapValues(\.count)
            && Set(figures.keys) == Set(other.figures.keys)
    }

    /// Adds `other` on the right, elementwise.
    /// - Precondition: the sums match.
    public mutating func add(_ other: PartialSum) {
        precondition(matches(other), "sums of different make")
        for (name, source) in other.floats {
            source.withBuffer { source in floats[name]?.withMutableBuffer { addInto($0, source) } }
        }
        for (name, source) in other.doubles {
            // Takes the array out so that it is unique and adds in place.
            guard var target = doubles.removeValue(forKey: name) else { continue }
            for index in target.indices { target[index] += source[index] }
            doubles[name] = target
        }
        for (name, value) in other.figures { figures[name, default: 0] += value }
    }
}
