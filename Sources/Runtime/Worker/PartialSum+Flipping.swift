import Coordination
import Tensors

extension PartialSum {
    /// The same with the lowest bit of one element flipped, as faulty memory would. Only tests ask for it, with
    /// FILTERSCOPE_TEST_FLIP_BIT=1 in a worker's environment.
    var withFlippedBit: PartialSum {
        var copy = self
        if let name = copy.floats.keys.sorted().first, var tensor = copy.floats.removeValue(forKey: name), tensor.count > 0 {
            tensor.withMutableBuffer { $0[0] = Float(bitPattern: $0[0].bitPattern ^ 1) }
            copy.floats[name] = tensor
        } else if let name = copy.figures.keys.sorted().first, let value = copy.figures[name] {
            copy.figures[name] = Double(bitPattern: value.bitPattern ^ 1)
        }
        return copy
    }
}
