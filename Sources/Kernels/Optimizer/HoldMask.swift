import Tensors

/// Sets to 0 what a mask cuts: where the mask is 0. The mask holds zeros and ones.
public func holdMask(_ values: FloatBuffer, mask: FloatBuffer) {
    requireCount(mask, values.count, "mask")
    let (v, m) = (values.pointer, mask.pointer)
    forEachVector(values.count) { place, lanes in
        let value = v.vector(at: place, count: lanes)
        v.store(value.replacing(with: 0, where: m.vector(at: place, count: lanes) .== 0), at: place, count: lanes)
    }
}
