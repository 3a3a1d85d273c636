import Foundation

/// Passes over long vectors, element by element, on all cores at once: the workers of this machine have nothing to do while the
/// coordinator takes a step. Slices begin at multiples of a vector's length, so no element is computed otherwise than alone.
func inSlices(_ count: Int, _ body: @Sendable (_ start: Int, _ count: Int) -> Void) {
    let length = 1 << 18
    guard count > 2 * length else { return body(0, count) }
    DispatchQueue.concurrentPerform(iterations: (count + length - 1) / length) { slice in
        body(slice * length, min(length, count - slice * length))
    }
}
