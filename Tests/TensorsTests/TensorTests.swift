import Foundation
import Tensors
import Testing

struct ShapeTests {
    @Test func countsElements() {
        #expect(Shape([2, 3, 4]).count == 24)
        #expect(Shape([]).count == 1)
        #expect(Shape([5, 0]).count == 0)
        #expect(Shape([2, 3]).description == "[2, 3]")
        #expect(Shape([2, 3])[1] == 3)
    }

    @Test(arguments: [[-1], [2, -3], [1 << 40, 1 << 40], [.max, 2]])
    func refusesImpossibleDimensions(dimensions: [Int]) {
        #expect(Shape(checking: dimensions) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Shape.self, from: JSONEncoder().encode(dimensions))
        }
    }

    @Test func survivesJSON() throws {
        let shape: Shape = [100, 32, 32, 1]
        #expect(try JSONDecoder().decode(Shape.self, from: JSONEncoder().encode(shape)) == shape)
    }
}

struct TensorLayoutTests {
    static let layout = TensorLayout([("a", [3]), ("b", [4, 4]), ("empty", [0]), ("c", [17])])

    @Test func tensorsStartOnCacheLines() {
        #expect(Self.layout.entries.map(\.offset) == [0, 16, 32, 32])
        #expect(Self.layout.totalCount == 64)
        #expect(Self.layout.elementCount == 36)
        #expect(Self.layout["b"]?.shape == [4, 4])
        #expect(Self.layout["d"] == nil)
    }

    @Test func vectorsHoldTheirTensorsApart() {
        let vector = ParameterVector(Self.layout)
        #expect(vector.buffer.array.allSatisfy { $0 == 0 })
        #expect(UInt(bitPattern: vector.buffer.pointer) % 64 == 0)
        vector.buffer("a").fill(1)
        vector.buffer("c").fill(2)
        #expect(vector.buffer("b").array == [Float](repeating: 0, count: 16))
        #expect(vector.buffer.array.reduce(0, +) == 3 + 34)
        #expect(vector.buffer[3] == 0, "padding stays zero")
    }

    @Test func copiesStandAlone() {
        let vector = ParameterVector(Self.layout)
        vector.buffer("a").copy(from: [1, 2, 3])
        let copy = vector.copy()
        vector.buffer("a").fill(9)
        #expect(copy.buffer("a").array == [1, 2, 3])
        #expect(copy.layout == vector.layout)
    }
}

struct TensorValueTests {
    @Test func writingACopyLeavesTheOriginal() {
        let original = Tensor([2, 2], [1, 2, 3, 4])
        var copy = original
        copy[0] = 9
        copy.withMutableBuffer { $0[3] = 8 }
        #expect(original.array == [1, 2, 3, 4])
        #expect(copy.array == [9, 2, 3, 8])
        #expect(copy != original)
    }

    @Test func writingAnUnsharedTensorKeepsItsMemory() {
        var tensor = Tensor([1000])
        let before = tensor.withBuffer { $0.pointer }
        tensor[5] = 1
        #expect(tensor.withBuffer { $0.pointer } == before)
        let shared = tensor
        tensor[6] = 1
        #expect(tensor.withBuffer { $0.pointer } != before)
        #expect(shared[6] == 0)
    }

    @Test func equalityIsOfShapeAndValues() {
        #expect(Tensor([2, 3]) == Tensor([2, 3]))
        #expect(Tensor([2, 3]) != Tensor([3, 2]))
        #expect(Tensor([1], [1]) != Tensor([1], [2]))
    }

    @Test func arenasHandOutSeparateRegions() {
        var plan = Arena.Plan()
        let first = plan.reserve(5)
        let second = plan.reserve(20)
        let arena = Arena(plan)
        #expect(arena.byteCount == 48 * 4)
        arena[first].fill(1)
        arena[second].fill(2)
        #expect(arena[first].array == [Float](repeating: 1, count: 5))
        #expect(UInt(bitPattern: arena[second].pointer) % 64 == 0)
    }

    @Test func buffersSliceAndCopy() {
        var tensor = Tensor([6], [0, 1, 2, 3, 4, 5])
        tensor.withMutableBuffer { buffer in
            buffer.slice(0, 2).copy(from: buffer.slice(4, 2))
            #expect(buffer.bytes.count == 24)
        }
        #expect(tensor.array == [4, 5, 2, 3, 4, 5])
    }
}
