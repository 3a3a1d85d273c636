import Datasets
import Diagnostics
import Foundation
import Tensors

/// Turning a stored sample into network input: it keeps to its room, and gives the same bits from any preparer.
enum PreparationChecks {
    /// The largest pictures that are decoded, in pixels: more takes time and shows nothing new.
    static let mostPixels = 1 << 15

    static func check(_ sample: Data, _ preprocessing: Preprocessing, input: Data, seed: UInt64) throws {
        if preprocessing.encoding.format == .jpeg, !isSmall(sample) { return }
        let used = SamplePreparer(preprocessing)
        // A preparer keeps its memory: what lay there before must not show.
        if let other = try? JPEGSeeds.small(), preprocessing.encoding.format == .jpeg {
            _ = prepare(other, used, seed: seed, augment: true)
        }
        for augment in [false, true] {
            let first = prepare(sample, SamplePreparer(preprocessing), seed: seed, augment: augment)
            let second = prepare(sample, used, seed: seed, augment: augment)
            try require(first.isWithinBounds && second.isWithinBounds, "written outside its room")
            switch (first.outcome, second.outcome) {
            case (.success(let a), .success(let b)):
                try require(a.map(\.bitPattern) == b.map(\.bitPattern), "other bits from a preparer that was used before")
                // Floats of a tensor file pass as they are.
                if preprocessing.normalization == .symmetric(channels: preprocessing.channels) {
                    try require(a.allSatisfy { abs($0) <= 1 }, "a value that no pixel has")
                }
            case (.failure(let a), .failure(let b)): try require(a == b, "another message: \(a), \(b)")
            default: throw Violation("refused once and taken once")
            }
        }
    }

    private static func isSmall(_ sample: Data) -> Bool {
        sample.withUnsafeBytes { bytes in
            guard let header = try? JPEGDecoder().header(bytes.bindMemory(to: UInt8.self)) else { return true }
            return header.width * header.height <= mostPixels
        }
    }

    private static let margin = 64

    private static func prepare(
        _ sample: Data, _ preparer: SamplePreparer, seed: UInt64, augment: Bool
    ) -> (outcome: Result<[Float], Problem>, isWithinBounds: Bool) {
        let count = preparer.preprocessing.outputCount
        var memory = [Float](repeating: -77, count: count + 2 * margin)
        return memory.withUnsafeMutableBufferPointer { memory in
            guard let base = memory.baseAddress else { return (.failure(Problem("no memory")), true) }
            let room = FloatBuffer(base + margin, count: count)
            let outcome: Result<[Float], Problem>
            do throws(Problem) {
                try preparer.prepare(sample.span, into: room, sampleIndex: 3, epoch: 1, seed: seed, augment: augment)
                outcome = .success(room.array)
            } catch { outcome = .failure(error) }
            let isClean = memory[..<margin].allSatisfy { $0 == -77 } && memory[(margin + count)...].allSatisfy { $0 == -77 }
            return (outcome, isClean)
        }
    }
}
