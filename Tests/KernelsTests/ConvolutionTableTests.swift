import Kernels
import TestSupport
import Testing

struct ConvolutionTableTests {
    private func square(_ inputs: Int, _ outputs: Int, _ size: Int, batch: Int = 4) -> ConvolutionGeometry {
        ConvolutionGeometry(batch: batch, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: outputs)
    }

    @Test func aLineStandsForItsShapeWhateverTheBatch() {
        #expect(ConvolutionTable.holds(square(64, 64, 32)))
        #expect(ConvolutionPlan(square(64, 64, 32, batch: 1)).blocking == ConvolutionPlan(square(64, 64, 32, batch: 100)).blocking)
        #expect(ConvolutionTable.holds(square(512, 512, 2)))
    }

    @Test(arguments: [(80, 80, 32), (64, 64, 33), (3, 64, 32)]) func otherShapesGoByTheRule(_ inputs: Int, _ outputs: Int, _ size: Int) {
        #expect(!ConvolutionTable.holds(square(inputs, outputs, size)))
    }

    @Test func aLineIsOfSquareMapsAndOfItsScheme() {
        let wide = ConvolutionGeometry(batch: 1, inputHeight: 16, inputWidth: 32, inputChannels: 64, outputChannels: 64)
        #expect(!ConvolutionTable.holds(wide))
        // wholeMap2's line says nothing of winograd43 over the same maps.
        let deep = square(512, 512, 2)
        #expect(ConvolutionPlan(deep).scheme == .wholeMap2)
        #expect(ConvolutionPlan(deep, scheme: .winograd43).blocking.forwardTiles == 140)
    }

    /// Few weights, small blocks; many, large ones.
    @Test func theRuleGoesByTheWeights() {
        #expect(ConvolutionPlan(square(48, 48, 32)).blocking == TileBlocking(forwardTiles: 28, backwardTiles: 28))
        #expect(ConvolutionPlan(square(80, 80, 32)).blocking == TileBlocking(forwardTiles: 28, backwardTiles: 56))
        #expect(ConvolutionPlan(square(160, 160, 32)).blocking == TileBlocking(forwardTiles: 140, backwardTiles: 140))
    }

    @Test func tilesAreCounted() {
        #expect(ConvolutionPlan(square(16, 16, 6, batch: 3)).tileCount == 3 * 4)
        #expect(ConvolutionPlan(square(16, 16, 2, batch: 3)).tileCount == 3)
        #expect(ConvolutionPlan(square(3, 16, 6)).tileCount == nil)
    }

    @Test(arguments: [1, 7, 128]) func theLargestTileIsAProduct(inner: Int) {
        let counts = LargestTile.counts(inner: inner)
        let (left, right) = (randomFloats(counts.left, seed: 1), randomFloats(counts.right, seed: 2))
        let output = Memory(count: counts.output)
        let (leftMemory, rightMemory) = (Memory(left), Memory(right))
        withExtendedLifetime((leftMemory, rightMemory)) {
            LargestTile.multiply(output: output.buffer, left: leftMemory.buffer, right: rightMemory.buffer, inner: inner)
        }
        let columns = LargestTile.columns
        let expected = (0..<counts.output).map { place in
            (0..<inner).reduce(0.0) { sum, k in
                sum + Double(left[place / columns * inner + k]) * Double(right[k * columns + place % columns])
            }
        }
        expectClose(output.array, expected, relative: 1e-5)
    }
}
