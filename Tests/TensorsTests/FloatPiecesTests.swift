import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct FloatPiecesTests {
    private static let grain = FloatPieces.grain

    /// The bytes of values, cut after so many elements each time.
    private func frames(_ values: [Float], cut: Int) -> [Data] {
        stride(from: 0, to: values.count, by: cut).map { start in
            values[start..<min(start + cut, values.count)].withUnsafeBytes { Data($0) }
        }
    }

    /// One frame; whole pieces; a rest that is small, even so small that it lies in the data value itself.
    @Test(arguments: [(7, 0), (2, 2), (5, 2), (4, 1)], [0, 3, 20_000]) func elementsAreReadInOrder(_ grains: (all: Int, cut: Int), _ rest: Int) throws {
        let values = randomFloats(grains.all * Self.grain + rest, seed: 3)
        let pieces = try #require(FloatPieces(
            [values.count], frames(values, cut: grains.cut == 0 ? values.count : grains.cut * Self.grain)))
        var read: [Float] = []
        pieces.forEachSlice { range, slice in
            #expect(range.lowerBound == read.count && range.lowerBound % Self.grain == 0 && slice.count == range.count)
            read += slice.array
        }
        #expect(read == values)
        #expect(pieces.gathered(from: StoragePool(kept: 0)) == Tensor([values.count], values))
        #expect(pieces.withSlice(Self.grain..<Self.grain + 7) { $0.array } == Array(values[Self.grain..<Self.grain + 7]))
    }

    @Test func otherCutsAreLeftToCopying() {
        let values = randomFloats(4 * Self.grain, seed: 3)
        #expect(FloatPieces([values.count], frames(values, cut: Self.grain + 1)) == nil)
        #expect(FloatPieces([values.count], frames(values, cut: Self.grain / 2)) == nil)
        let whole = frames(values, cut: Self.grain)
        #expect(FloatPieces([values.count], Array(whole.dropLast())) == nil)
        #expect(FloatPieces([values.count + 1], whole) == nil)
        #expect(FloatPieces([values.count], [whole[0], whole[1] + whole[2], whole[3]]) == nil)
        #expect(FloatPieces([0], []) == nil && FloatPieces([0], [Data()]) == nil)
        // Frames that do not begin where a float may.
        let shifted = Data([0]) + whole[0]
        #expect(FloatPieces([Self.grain], [shifted.dropFirst()]) == nil)
    }

    /// Frames are let go when their last reader is gone, and not before.
    @Test func framesLiveAsLongAsTheyAreRead() throws {
        let freed = Counter()
        var pieces = FloatPieces([2 * Self.grain], (0..<2).map { frame(of: Float($0), freed) })
        #expect(pieces?.withSlice(Self.grain..<Self.grain + 2) { $0.array } == [1, 1])
        #expect(freed.count.load(ordering: .relaxed) == 0)
        pieces = nil
        #expect(freed.count.load(ordering: .relaxed) == 2)
    }

    private func frame(of value: Float, _ freed: Counter) -> Data {
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: Self.grain)
        memory.initialize(repeating: value, count: Self.grain)
        return Data(bytesNoCopy: memory, count: Self.grain * 4, deallocator: .custom { memory, _ in
            memory.deallocate()
            freed.count.add(1, ordering: .relaxed)
        })
    }

    private final class Counter: Sendable { let count = Atomic<Int>(0) }
}
