import Tensors

/// One step of an exponential moving average: average = average + (1 − decay) · (values − average), the difference and the product with
/// its sum rounded once each. Where values stand still, the average stays exactly where it has come to them.
///
/// It is torchvision's decay · average + (1 − decay) · values but for roundings. With decay 0 the average is a copy, up to one
/// rounding; `FloatBuffer.copy(from:)` makes an exact one.
///
/// - Parameter decay: the share that stays, 0 ..< 1.
public func averageStep(_ average: FloatBuffer, toward values: FloatBuffer, decay: Double) {
    requireCount(values, average.count, "values")
    let (a, v) = (average.pointer, values.pointer)
    let gained = Vector(repeating: Float(1 - decay))
    forEachVector(average.count) { place, lanes in
        let before = a.vector(at: place, count: lanes)
        a.store(before.addingProduct(gained, v.vector(at: place, count: lanes) - before), at: place, count: lanes)
    }
}
