import Foundation
import Synchronization
import Tensors

/// Passes over long vectors, element by element, on all cores at once: the workers of this machine have nothing to do while the
/// coordinator takes a step. Slices begin at multiples of a vector register's length, so no element is computed otherwise than
/// it would be in one pass.
/// - Parameter body: takes a range of elements, and memory for as many that stays in the core's cache from slice to slice.
func inSlices(
    _ count: Int, threads: Int = ProcessInfo.processInfo.activeProcessorCount, scratch pool: StoragePool,
    _ body: @Sendable (_ slice: Range<Int>, _ scratch: FloatBuffer) -> Void
) {
    let length = FloatPieces.grain
    let slices = (count + length - 1) / length
    let next = Atomic<Int>(0)
    // A short vector is not worth waking anybody.
    let lanes = slices < 8 ? 1 : threads
    DispatchQueue.concurrentPerform(iterations: lanes) { _ in
        var scratch = Tensor([length], from: pool)
        scratch.withMutableBuffer { scratch in
            while true {
                let slice = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard slice < slices else { return }
                let range = slice * length..<min((slice + 1) * length, count)
                body(range, scratch.slice(0, range.count))
            }
        }
    }
}

extension FloatBuffer {
    func slice(_ range: Range<Int>) -> FloatBuffer { slice(range.lowerBound, range.count) }
}
