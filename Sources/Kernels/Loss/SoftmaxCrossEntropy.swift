import Tensors
#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// The second label of a row whose sample is a mixture of two (mixup, CutMix).
public struct LabelShare: Hashable, Sendable {
    public var otherLabel: Int32
    /// What the row's own label counts, 0 ... 1; the other one counts the rest.
    public var weight: Float

    public init(otherLabel: Int32, weight: Float) {
        self.otherLabel = otherLabel
        self.weight = weight
    }
}

/// Softmax and cross-entropy of a batch.
///
///     loss(row) = ln Σ_k exp(logit_k) − logit_label      logitsGradient = gradientScale · (softmax − one-hot(label))
///
/// A row with a share w has w · one-hot(label) + (1 − w) · one-hot(other) for its target, and the loss is that of both
/// labels, weighted alike. It counts as right where its heavier label is on top; of equal ones its own.
///
/// With a smoothing ε the target is (1 − ε) times that plus ε / classes for every class, as PyTorch's
/// `CrossEntropyLoss(label_smoothing:)`; which rows count as right does not change. With ε = 0 the bits are those of no smoothing.
///
/// The row's maximum is subtracted first, so no finite logit overflows. A row with a NaN or +∞ logit has a NaN loss and
/// counts as wrong.
///
/// - Parameters:
///   - logits: [rows, classes]
///   - labels: [rows], each in 0 ..< classes
///   - shares: [rows], the labels that rows are mixed of; nil where each has its own alone.
///   - smoothing: ε, 0 ... 1.
///   - logitsGradient: [rows, classes], overwritten; may be the same memory as logits. nil for evaluation.
///   - gradientScale: 1 / mini-batch size, for the gradient of the mean loss.
/// - Returns: the sum of the rows' losses, in Double, and how many rows have their label's logit on top (of equal logits
///   the lowest label wins).
public func softmaxCrossEntropy(
    logits: FloatBuffer, labels: [Int32], shares: [LabelShare]? = nil, smoothing: Double = 0, logitsGradient: FloatBuffer?,
    rows: Int, classes: Int, gradientScale: Float
) -> (lossSum: Double, correct: Int) {
    require(classes > 0, "no classes")
    requireCount(logits, rows * classes, "logits")
    require(labels.count == rows, "not one label per row")
    require(shares == nil || shares?.count == rows, "not one share per row")
    require(smoothing >= 0 && smoothing <= 1, "a smoothing outside 0 ... 1")
    if let logitsGradient { requireCount(logitsGradient, rows * classes, "logitsGradient") }
    // What the labels and what each class is taken off the gradient; without smoothing the scale itself, and 0.
    let labelScale = Float(Double(gradientScale) * (1 - smoothing))
    let classScale = Float(Double(gradientScale) * smoothing / Double(classes))
    var lossSum = 0.0
    var correct = 0
    for row in 0..<rows {
        require(labels[row] >= 0 && labels[row] < Int32(classes), "a label is not in 0 ..< classes")
        let label = Int(labels[row])
        let values = logits.pointer + row * classes
        var share = shares?[row]
        var target = Double(values[label])
        var heavier = label
        if let mixture = share {
            require(mixture.otherLabel >= 0 && mixture.otherLabel < Int32(classes), "a second label is not in 0 ..< classes")
            require(mixture.weight >= 0 && mixture.weight <= 1, "a label's weight is not in 0 ... 1")
            let (other, weight) = (Int(mixture.otherLabel), Double(mixture.weight))
            // A label that counts nothing takes no part, for its logit may be infinite.
            if other == label || weight == 1 {
                share = nil
            } else {
                target = weight == 0 ? Double(values[other]) : weight * target + (1 - weight) * Double(values[other])
                if weight < 0.5 { heavier = other }
            }
        }
        if rank(of: heavier, in: values, classes: classes) == 0 { correct += 1 }
        if smoothing > 0 { target = (1 - smoothing) * target + smoothing * mean(values, classes) }
        let largest = maximum(values, classes)
        let sum = sumOfExponentials(values, classes, largest)
        lossSum += log(sum) + (Double(largest) - target)
        if let logitsGradient {
            let gradient = logitsGradient.pointer + row * classes
            let factor = Float(Double(gradientScale) / sum)
            forEachVector(classes) { place, lanes in
                let exponentials = exponentialOfNonPositive(values.vector(at: place, count: lanes) - largest)
                gradient.store(exponentials * factor - classScale, at: place, count: lanes)
            }
            gradient[label] -= labelScale * (share?.weight ?? 1)
            if let share { gradient[Int(share.otherLabel)] -= labelScale * (1 - share.weight) }
        }
    }
    return (lossSum, correct)
}

/// The largest of a row's numbers. A NaN need not be found here: it makes the sum of exponentials NaN.
private func maximum(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    var largest = values[0]
    for index in 1..<max(count, 1) where values[index] > largest { largest = values[index] }
    return largest
}

/// Of a row's numbers, in Double.
private func mean(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = SIMD16<Double>(repeating: 0)
    forEachVector(count) { place, lanes in sum += SIMD16<Double>(values.vector(at: place, count: lanes)) }
    return sum.sum() / Double(count)
}

private func sumOfExponentials(_ values: UnsafePointer<Float>, _ count: Int, _ largest: Float) -> Double {
    var sum = SIMD16<Double>(repeating: 0)
    forEachVector(count) { place, lanes in
        var exponentials = exponentialOfNonPositive(values.vector(at: place, count: lanes) - largest)
        for lane in lanes..<vectorWidth { exponentials[lane] = 0 }
        sum += SIMD16<Double>(exponentials)
    }
    return sum.sum()
}
