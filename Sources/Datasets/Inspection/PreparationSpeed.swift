import Diagnostics
import Foundation
import Synchronization
import Tensors

/// How fast samples become network input on this machine: reading, decoding, and all that follows, nothing else.
public struct PreparationSpeed: Codable, Hashable, Sendable {
    public let threads: Int
    public let images: Int
    public let seconds: Double
    /// Stored bytes that were read.
    public let byteCount: Int

    public var imagesPerSecond: Double { Double(images) / seconds }
    public var imagesPerSecondPerThread: Double { imagesPerSecond / Double(threads) }

    /// Prepares samples one by one, in an epoch's shuffled order, for some seconds.
    ///
    /// - Parameters:
    ///   - augment: whether samples are changed as in training; evaluation otherwise.
    ///   - threads: each takes every `threads`-th sample of the order, with a preparer of its own.
    ///   - seconds: how long; each thread ends with the sample that it is at.
    /// - Throws: the first `Problem` of a sample that cannot be read or decoded.
    public static func measure(
        _ split: Split, _ preprocessing: Preprocessing, augment: Bool, threads: Int, seconds: Double, seed: UInt64 = 1
    ) throws(Problem) -> PreparationSpeed {
        precondition(threads >= 1 && seconds > 0)
        let total = Mutex<(images: Int, bytes: Int, problem: Problem?)>((0, 0, nil))
        let sampler = EpochSampler(count: split.count, seed: seed)
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let preparer = SamplePreparer(preprocessing)
            let room = ParameterVector(TensorLayout([("sample", [preprocessing.outputCount])]))
            var (images, bytes) = (0, 0)
            var problem: Problem?
            while problem == nil, start.duration(to: .now) < .seconds(seconds) {
                let (epoch, position) = (thread + images * threads).quotientAndRemainder(dividingBy: split.count)
                let index = sampler.index(at: position, epoch: epoch)
                do throws(Problem) {
                    let sample = try split.sample(index)
                    bytes += sample.count
                    try preparer.prepare(sample.span, into: room.buffer, sampleIndex: index, epoch: epoch, seed: seed, augment: augment)
                    images += 1
                } catch {
                    problem = Problem("\(split.sampleName(index)): \(error.what)", at: error.location, remedy: error.remedy)
                }
            }
            total.withLock { $0 = ($0.images + images, $0.bytes + bytes, $0.problem ?? problem) }
        }
        let elapsed = start.duration(to: .now) / .seconds(1)
        let (images, bytes, problem) = total.withLock(\.self)
        if let problem { throw problem }
        return PreparationSpeed(threads: threads, images: images, seconds: elapsed, byteCount: bytes)
    }
}
