import Imaging
import Tensors
import Testing

@Suite struct PixelBufferTests {
    private func grey(_ values: [UInt8], side: Int) -> PixelBuffer {
        let picture = PixelBuffer()
        values.withUnsafeBufferPointer { picture.load($0, width: side, height: side, channels: 1) }
        return picture
    }

    /// A window of the output is what the whole output has there.
    @Test(arguments: Interpolation.allCases) func aWindowIsAPartOfTheWhole(interpolation: Interpolation) {
        let source = grey((0..<900).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 30) }, side: 30)
        let (whole, part) = (PixelBuffer(), PixelBuffer())
        let box = Resampler.Box(x: 1.25, y: 0.5, width: 27.5, height: 29.25)
        let resampler = Resampler()
        resampler.resample(source, box: box, width: 23, height: 19, window: (0..<23, 0..<19), interpolation: interpolation, into: whole)
        resampler.resample(source, box: box, width: 23, height: 19, window: (4..<20, 7..<10), interpolation: interpolation, into: part)
        #expect(part.width == 16 && part.height == 3)
        for row in 0..<3 {
            for column in 0..<16 {
                #expect(part.pixels[(row * 16 + column) * 4] == whole.pixels[((row + 7) * 23 + column + 4) * 4])
            }
        }
    }

    @Test(arguments: [(0, 0, false), (0, 0, true), (2, -1, false), (-3, 3, true), (5, 0, false), (-9, 9, true)])
    func aPictureIsMovedAndMirrored(down: Int, right: Int, mirrored: Bool) {
        let values = (0..<25).map { UInt8($0 * 9) }
        let table = (0..<768).map { Float($0) }
        var output = [Float](repeating: -1, count: 25)
        output.withUnsafeMutableBufferPointer { output in
            table.withUnsafeBufferPointer { table in
                guard let out = output.baseAddress, let values256 = table.baseAddress else { return }
                grey(values, side: 5).write(values256, channels: 1, size: 5, down: down, right: right, mirrored: mirrored, to: out)
            }
        }
        for row in 0..<5 {
            for column in 0..<5 {
                let moved = mirrored ? 4 - column : column
                let (y, x) = (row - down, moved - right)
                let inside = (0..<5).contains(y) && (0..<5).contains(x)
                #expect(output[row * 5 + column] == (inside ? Float(values[y * 5 + x]) : -1))
            }
        }
    }

    @Test func memoryIsUsedAgainForSmallerPictures() {
        let picture = PixelBuffer()
        picture.reshape(width: 100, height: 50)
        let place = picture.pixels
        picture.reshape(width: 3, height: 4)
        #expect(picture.pixels == place && picture.byteCount == 48)
    }

    @Test func samplesBlendAndPaste() {
        var (a, b) = (Tensor([3, 3, 2]), Tensor([3, 3, 2]))
        for place in 0..<18 { (a[place], b[place]) = (Float(place), 100) }
        var mixed = a
        mixed.withMutableBuffer { own in b.withMutableBuffer { blend(own, with: $0, weight: 0.75) } }
        #expect(mixed.array == (0..<18).map { 0.75 * Float($0) + 25 })
        var pasted = a
        pasted.withMutableBuffer { own in
            b.withMutableBuffer { paste($0, over: own, rows: 1..<3, columns: 0..<2, size: 3, channels: 2) }
        }
        for place in 0..<18 {
            let (row, column) = (place / 6, place % 6 / 2)
            #expect(pasted[place] == (row >= 1 && column < 2 ? 100 : Float(place)))
        }
    }
}
