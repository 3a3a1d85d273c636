import Diagnostics
import Foundation
import Glibc
import Tensors
import TestSupport
import Testing

/// Segments of this very process, found as another process finds them.
@Suite struct SharedMemoryTests {
    private func shared(_ count: Int) throws -> (vector: ParameterVector, segment: SharedSegment) {
        let vector = ParameterVector(sharing: TensorLayout([("a", [count])]))
        return (vector, try #require(vector.segment))
    }

    @Test func readersSeeWhatIsWritten() throws {
        let (vector, segment) = try shared(1600)
        vector.rewrite { $0.copy(from: randomFloats(1600, seed: 1)) }
        let mapping = try SharedMapping(segment.reference, count: 1600)
        let view = ParameterVector(vector.layout, mapping)
        #expect(view.buffer.array == randomFloats(1600, seed: 1))
        vector.rewrite { $0.copy(from: randomFloats(1600, seed: 2)) }
        #expect(view.buffer.array == randomFloats(1600, seed: 2))
    }

    @Test func everyContentHasItsNumber() throws {
        let (vector, segment) = try shared(16)
        let first = segment.reference.sequence
        let mapping = try SharedMapping(segment.reference, count: 16)
        #expect(mapping.holds(first))
        vector.rewrite { buffer in
            #expect(!mapping.holds(first), "half-written memory holds no content")
            buffer.fill(1)
        }
        let second = segment.reference.sequence
        #expect(second != first && mapping.holds(second) && !mapping.holds(first) && !mapping.holds(0))
        let (other, otherSegment) = try shared(16)
        #expect(otherSegment.reference.sequence != second && otherSegment.identifier != segment.identifier)
        withExtendedLifetime(other) {}
    }

    @Test func whatIsReadStaysWhenItsOwnerGoes() throws {
        var pair: (vector: ParameterVector, segment: SharedSegment)? = try shared(1600)
        pair?.vector.buffer.fill(3)
        let mapping = try SharedMapping(try #require(pair?.segment.reference), count: 1600)
        pair = nil
        #expect(ParameterVector(TensorLayout([("a", [1600])]), mapping).buffer.array.allSatisfy { $0 == 3 })
    }

    @Test func anythingElseIsRefused() throws {
        let (vector, segment) = try shared(1600)
        let right = segment.reference
        func refused(count: Int = 1600, _ change: (inout SegmentReference) -> Void = { _ in }) {
            var wrong = right
            change(&wrong)
            #expect(throws: Problem.self) { try SharedMapping(wrong, count: count) }
        }
        refused(count: 1599)
        refused(count: 1601)
        refused(count: -1)
        refused(count: .max)
        refused { $0.identifier = String(repeating: "0", count: 32) }
        refused { $0.identifier = "../" }
        refused { $0.process = -1 }
        refused { $0.process = 0 }
        // The parent is another program, or has no such descriptor.
        refused { $0.process = Int(getppid()) }
        refused { $0.descriptor = -1 }
        refused { $0.descriptor = 1 << 20 }
        // A file, a pipe, and memory of another name, at the right place.
        let directory = try TemporaryDirectory()
        let path = try directory.write(Data(count: 4096 + 6400), to: "memfd:filterscope (deleted)")
        let file = open(path, O_RDONLY)
        var pipe: [Int32] = [0, 0]
        #expect(file >= 0 && Glibc.pipe(&pipe) == 0)
        for descriptor in [file, pipe[0], pipe[1]] {
            refused { $0.descriptor = Int(descriptor) }
            close(descriptor)
        }
        withExtendedLifetime(vector) {}
    }

    @Test func noOtherProcessWrites() throws {
        let (vector, segment) = try shared(16)
        let path = "/proc/self/fd/\(segment.reference.descriptor)"
        let descriptor = open(path, O_RDWR)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        #expect(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED)
        #expect(ftruncate(descriptor, 0) != 0, "who maps it could be caught by a file that shrinks")
        withExtendedLifetime(vector) {}
    }

    @Test func mappedTensorsAreCopiedBeforeTheyAreWritten() throws {
        let (vector, segment) = try shared(1600)
        vector.rewrite { $0.fill(2) }
        let released = Flag()
        do {
            var tensor = Tensor([1600], try SharedMapping(segment.reference, count: 1600)) { released.raise() }
            let mayBeWritten = tensor.isUnshared
            #expect(!mayBeWritten)
            tensor[5] = 7
            #expect(tensor[5] == 7 && tensor[6] == 2 && vector.buffer[5] == 2)
            #expect(released.isRaised, "the copy needs the memory no more")
        }
    }
}

/// Raised on any thread.
private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var raised = false
    func raise() { lock.withLock { raised = true } }
    var isRaised: Bool { lock.withLock { raised } }
}
