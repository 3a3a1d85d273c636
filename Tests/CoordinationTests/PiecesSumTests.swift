import Coordination
import Foundation
import Messages
import Tensors
import TestSupport
import Testing

/// Sums whose parts still lie where frames brought them.
@Suite struct PiecesSumTests {
    private static let count = 3 * FloatPieces.grain + 1234

    private enum Place: CaseIterable {
        /// A tensor that may be added to.
        case own
        /// A tensor that others read.
        case read
        /// Frames of one size, and of another.
        case frames, otherFrames
    }

    private func sum(_ values: [Float], _ place: Place, readers: inout [Tensor]) throws -> PartialSum {
        switch place {
        case .own: return PartialSum(floats: ["gradient": Tensor([values.count], values)])
        case .read:
            let tensor = Tensor([values.count], values)
            readers.append(tensor)
            return PartialSum(floats: ["gradient": tensor])
        case .frames, .otherFrames:
            let cut = FloatPieces.grain * (place == .frames ? 1 : 2)
            let frames = stride(from: 0, to: values.count, by: cut).map { start in
                values[start..<min(start + cut, values.count)].withUnsafeBytes { Data($0) }
            }
            return PartialSum(pieces: ["gradient": try #require(FloatPieces([values.count], frames))])
        }
    }

    /// The same bits wherever the parts lie, and in whichever order they come.
    @Test(arguments: Place.allCases, Place.allCases) private func bitsDoNotDependOnThePlace(_ left: Place, _ right: Place) throws {
        let pool = StoragePool(kept: 2)
        let values = (0..<3).map { randomFloats(Self.count, seed: UInt64($0)) }
        let expected = (0..<Self.count).map { (values[0][$0] + values[1][$0]) + values[2][$0] }
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            var readers: [Tensor] = []
            var reducer = TreeReducer(ReductionTree(leafCount: 3), pool: pool)
            for index in order {
                reducer.add(try sum(values[index], [left, right, left][index], readers: &readers), at: TreeNode(level: 0, index: index))
            }
            let last = reducer.takeTotal()
            let total = try #require(last)
            #expect(total.pieces.isEmpty)
            #expect(total.floats["gradient"]?.array == expected)
            // What others read stays as it was.
            for reader in readers { #expect(values.contains(reader.array)) }
        }
    }

    /// One part alone stays in its frames, and is read there or gathered.
    @Test func oneAloneIsReadInPlace() throws {
        let values = randomFloats(Self.count, seed: 7)
        var readers: [Tensor] = []
        var reducer = TreeReducer(ReductionTree(leafCount: 1), keepsHalves: true)
        reducer.add(try sum(values, .frames, readers: &readers), at: TreeNode(level: 0, index: 0))
        let taken = reducer.takeHalves()
        let halves = try #require(taken)
        #expect(halves.right == nil)
        var whole = halves.left
        #expect(whole.tensor("gradient", from: StoragePool(kept: 0))?.array == values)
        #expect(whole.matches(PartialSum(floats: ["gradient": Tensor([Self.count])])))
        let first = whole.takeFloats("gradient")
        let source = try #require(first)
        #expect(source.count == Self.count)
        let range = FloatPieces.grain..<FloatPieces.grain + 9
        #expect(source.withSlice(range) { $0.array } == Array(values[range]))
        let second = whole.takeFloats("gradient")
        #expect(second == nil && whole.tensor("gradient", from: StoragePool(kept: 0)) == nil)
    }
}
