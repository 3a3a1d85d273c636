import Tensors
import TestSupport
import Testing

@Suite struct StoragePoolTests {
    private let layout = TensorLayout([("a", [100, 200]), ("b", [3])])

    private func address(_ tensor: Tensor) -> UInt { tensor.withBuffer { UInt(bitPattern: $0.pointer) } }

    @Test(arguments: [false, true]) func buffersComeBack(isShared: Bool) throws {
        let pool = StoragePool(kept: 2, isShared: isShared)
        var first: UInt = 0
        do {
            var tensor = Tensor([20_000], from: pool)
            tensor.withMutableBuffer { $0.fill(1) }
            #expect((tensor.segment != nil) == isShared)
            first = address(tensor)
            #expect(pool.freeCount == 0)
        }
        #expect(pool.freeCount == 1)
        let again = Tensor([20_000], from: pool)
        let beside = Tensor([20_000], from: pool)
        #expect(address(again) == first && address(beside) != first)
    }

    @Test func aBufferStaysOutWhileAnybodyReadsIt() {
        let pool = StoragePool(kept: 2)
        var tensor: Tensor? = Tensor(adopting: ParameterVector(layout, from: pool))
        var reader = tensor
        tensor = nil
        #expect(pool.freeCount == 0 && reader != nil)
        reader = nil
        #expect(pool.freeCount == 1)
    }

    @Test func noMoreWaitThanAreWanted() {
        let pool = StoragePool(kept: 2)
        var tensors = (0..<5).map { Tensor([20_000 + $0], from: pool) }
        tensors = []
        #expect(tensors.isEmpty && pool.freeCount == 2)
        // The oldest have gone, so a size that is wanted no more does not stay for ever.
        let kept = Tensor([20_004], from: pool)
        #expect(pool.freeCount == 1)
        withExtendedLifetime(kept) {}
    }

    @Test func memoryThatAnotherProcessMayReadIsNotUsedAgain() throws {
        let pool = StoragePool(kept: 2, isShared: true)
        let mapping: SharedMapping
        do {
            var tensor = Tensor([20_000], from: pool)
            tensor.withMutableBuffer { $0.fill(4) }
            let segment = try #require(tensor.segment)
            segment.endWriting()
            mapping = try SharedMapping(segment.reference, count: 20_000)
            segment.giveUp()
        }
        #expect(pool.freeCount == 0)
        var next = Tensor([20_000], from: pool)
        next.withMutableBuffer { $0.fill(5) }
        #expect(Tensor([20_000], mapping).array.allSatisfy { $0 == 4 })
    }

    @Test func whatIsMadeAnewIsWholeOnlyWhenSaid() throws {
        let pool = StoragePool(kept: 2, isShared: true)
        let reference: SegmentReference
        let mapping: SharedMapping
        do {
            let segment = try #require(Tensor([20_000], from: pool).segment)
            segment.endWriting()
            reference = segment.reference
            mapping = try SharedMapping(reference, count: 20_000)
            #expect(mapping.holds(reference.sequence))
        }
        let again = Tensor([20_000], from: pool)
        #expect(again.segment?.identifier == reference.identifier && !mapping.holds(reference.sequence))
    }

    @Test func paddingIsZero() {
        let pool = StoragePool(kept: 1)
        do {
            var old = Tensor([layout.totalCount], from: pool)
            old.withMutableBuffer { $0.fill(.nan) }
        }
        let vector = ParameterVector(layout, from: pool)
        #expect(vector.buffer.array[20_000 + 3..<layout.totalCount].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000]) func sumsInEveryPlace(count: Int) {
        let (a, b) = (randomFloats(count, seed: 1), randomFloats(count, seed: 2))
        let expected = zip(a, b).map { $0 + $1 }
        let (left, right) = (Tensor([count], a), Tensor([count], b))
        var out = Tensor([count])
        out.withMutableBuffer { out in left.withBuffer { left in right.withBuffer { out.setToSum(left, $0) } } }
        #expect(out.array == expected)
        var inRight = right
        inRight.withMutableBuffer { out in left.withBuffer { out.setToSum($0, out) } }
        #expect(inRight.array == expected)
    }
}
