#if canImport(Glibc)
public import Glibc
#else
public import Foundation
#endif

extension Reference {
    /// The sum of the rows' losses, and gradientScale · (softmax − target) as [rows, classes]: the target is one-hot, or
    /// has a second label where there are shares, and is mixed with the even distribution where it is smoothed. Exponentials and
    /// logarithms are taken in Double whatever the scalar.
    @inlinable
    public static func softmaxCrossEntropy<Scalar: BinaryFloatingPoint>(
        logits: [Scalar], labels: [Int32], shares: [LabelShare]? = nil, smoothing: Double = 0, rows: Int, classes: Int,
        gradientScale: Scalar
    ) -> (lossSum: Scalar, logitsGradient: [Scalar]) {
        var lossSum: Scalar = 0
        var gradient = [Scalar](repeating: 0, count: rows * classes)
        for row in 0..<rows {
            let values = logits[(row * classes)..<((row + 1) * classes)].map { Double($0) }
            let largest = values.max() ?? 0
            let sum = values.reduce(0) { $0 + exp($1 - largest) }
            var target = [Double](repeating: 0, count: classes)
            if let share = shares?[row] {
                target[Int(labels[row])] += Double(share.weight)
                target[Int(share.otherLabel)] += 1 - Double(share.weight)
            } else {
                target[Int(labels[row])] = 1
            }
            for k in 0..<classes {
                target[k] = (1 - smoothing) * target[k] + smoothing / Double(classes)
                if target[k] > 0 { lossSum += Scalar(target[k] * (log(sum) + largest - values[k])) }
                let probability = exp(values[k] - largest) / sum
                gradient[row * classes + k] = gradientScale * Scalar(probability - target[k])
            }
        }
        return (lossSum, gradient)
    }

    /// How many classes sort before the label by falling logit, equal ones by rising class.
    @inlinable
    public static func labelRank<Scalar: BinaryFloatingPoint>(logits: [Scalar], label: Int) -> Int {
        let order = logits.indices.sorted { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1 }
        return order.firstIndex(of: label) ?? logits.count
    }

    /// [labels, width]: the sum of the rows of activations [count, width] that each label has.
    @inlinable
    public static func labelSums<Scalar: BinaryFloatingPoint>(
        activations: [Scalar], labels: [Int32], labelCount: Int, width: Int
    ) -> [Scalar] {
        var sums = [Scalar](repeating: 0, count: labelCount * width)
        for index in activations.indices { sums[Int(labels[index / width]) * width + index % width] += activations[index] }
        return sums
    }
}
