import Tensors

/// Adds each sample's row to the row of its label, in Double: what the mean activation of a label is made of.
///
/// - Parameters:
///   - sums: [labels, width], row-major
///   - activations: [count, width]
///   - labels: [count], each a row of `sums`
public func accumulateLabelSums(
    sums: inout [Double], activations: FloatBuffer, labels: [Int32], count: Int, width: Int
) {
    require(width > 0 && sums.count % width == 0, "sums is not a whole number of rows")
    require(labels.count == count, "not one label per sample")
    requireCount(activations, count * width, "activations")
    let rows = sums.count / width
    sums.withUnsafeMutableBufferPointer { sums in
        guard let base = sums.baseAddress else { return }
        for sample in 0..<count {
            require(labels[sample] >= 0 && Int(labels[sample]) < rows, "a label has no row in sums")
            let target = UnsafeMutableRawPointer(base + Int(labels[sample]) * width)
            let source = UnsafeRawPointer(activations.pointer + sample * width)
            var place = 0
            while place &+ 8 <= width {
                let values = SIMD8<Double>(source.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self))
                let sum = target.loadUnaligned(fromByteOffset: place &* 8, as: SIMD8<Double>.self) + values
                target.storeBytes(of: sum, toByteOffset: place &* 8, as: SIMD8<Double>.self)
                place &+= 8
            }
            while place < width {
                base[Int(labels[sample]) * width + place] += Double(activations.pointer[sample * width + place])
                place &+= 1
            }
        }
    }
}
