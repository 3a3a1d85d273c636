import Datasets
import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@Suite struct JPEGDecoderTests {
    private let decoder = JPEGDecoder()

    private func decode(_ file: some Collection<UInt8>, denominator: Int = 1) throws -> PixelBuffer {
        let picture = PixelBuffer()
        _ = try Array(file).withUnsafeBufferPointer {
            try decoder.decode($0, try decoder.header($0), denominator: denominator, into: picture)
        }
        return picture
    }

    private func bytes(_ picture: PixelBuffer) -> [UInt8] {
        stride(from: 0, to: picture.byteCount, by: 4).flatMap { place in (0..<3).map { picture.pixels[place + $0] } }
    }

    /// The same bytes as Pillow's, as Scripts/make-picture-digests prints them: colour, grey, ink, progressive, and with a
    /// turn in the EXIF data that is not followed.
    @Test(arguments: [
        ("colour.jpg", "8579d53f9464155a6e7a8dace291e9686fe316b33672c4490a1ae1aaac97517b"),
        ("colour-444-progressive.jpg", "6b60cd65f846a4e66a55869a7fdb9cf3d13f2b78fd67dda629c9c6bf0c039589"),
        ("turned.jpg", "8579d53f9464155a6e7a8dace291e9686fe316b33672c4490a1ae1aaac97517b"),
        ("grey.jpg", "f817d3267faf733b805deee1db4bea7a83866054e966666f3ab325e19f5005a8"),
        ("ink.jpg", "3e0a550b8fe0e578091a96088bf2819cca3b77603e9452d2566a5f33598b984b"),
    ])
    func filesDecodeAsInPillow(name: String, digest: String) throws {
        let picture = try decode(try JPEGFixture.stored(name))
        #expect((picture.width, picture.height) == (name == "ink.jpg" ? (60, 50) : (120, 90)))
        #expect(Digest.sha256(of: Data(bytes(picture))).hexadecimal == digest)
    }

    /// A file may leave its tables out, for a reader that had them before (the standard's abbreviated format). What a sample becomes
    /// must not depend on the samples before it.
    @Test func tablesOfAnEarlierFileAreForgotten() throws {
        let whole = try JPEGFile.make(width: 20, height: 12)
        let without = try JPEGFile.withoutTables(whole)
        let fresh = try #require(throws: Problem.self) { try JPEGDecoderTests().decode(without) }
        _ = try decode(whole)
        #expect(throws: fresh) { try decode(without) }
        #expect(bytes(try decode(whole)) == bytes(try JPEGDecoderTests().decode(whole)))
    }

    @Test func scaledDecodingIsTheMeanOfWhatItStandsFor() throws {
        let file = try JPEGFile.make(width: 203, height: 101)
        let whole = try decode(file)
        for denominator in [2, 4, 8] {
            let scaled = try decode(file, denominator: denominator)
            #expect(scaled.width == (203 + denominator - 1) / denominator)
            #expect(scaled.height == (101 + denominator - 1) / denominator)
            var worst = 0.0
            for row in 0..<101 / denominator {
                for column in 0..<203 / denominator {
                    for channel in 0..<3 {
                        var sum = 0
                        for y in 0..<denominator {
                            for x in 0..<denominator {
                                sum += Int(whole.pixels[((row * denominator + y) * 203 + column * denominator + x) * 4 + channel])
                            }
                        }
                        let mean = Double(sum) / Double(denominator * denominator)
                        worst = max(worst, abs(mean - Double(scaled.pixels[(row * scaled.width + column) * 4 + channel])))
                    }
                }
            }
            // Chroma is stored at half size and is smoothed on the way up; brightness would agree to a level or so.
            #expect(worst < 6, "1/\(denominator): \(worst)")
        }
    }

    /// A part is what the whole picture has there, whatever its subsampling and wherever it lies.
    @Test(arguments: ["colour.jpg", "colour-444-progressive.jpg", "grey.jpg", "ink.jpg", "large"]) func aPartIsThatOfTheWhole(name: String) throws {
        let file = name == "large" ? Array(try JPEGFile.make(width: 413, height: 277)) : try JPEGFixture.stored(name)
        var stream = RandomStream(seed: 8, purpose: .synthetic)
        for denominator in [1, 2, 4] {
            let whole = try decode(file, denominator: denominator)
            for _ in 0..<40 {
                let left = stream.nextInt(below: whole.width)
                let top = stream.nextInt(below: whole.height)
                let columns = left..<left + 1 + stream.nextInt(below: whole.width - left)
                let rows = top..<top + 1 + stream.nextInt(below: whole.height - top)
                let part = PixelBuffer()
                let origin = try file.withUnsafeBufferPointer {
                    try decoder.decode($0, try decoder.header($0), denominator: denominator, part: (columns, rows), into: part)
                }
                var differing = 0
                for row in rows {
                    for column in columns {
                        for channel in 0..<3 {
                            let own = part.pixels[((row - origin.row) * part.width + column - origin.column) * 4 + channel]
                            differing += own == whole.pixels[(row * whole.width + column) * 4 + channel] ? 0 : 1
                        }
                    }
                }
                #expect(differing == 0, "1/\(denominator), columns \(columns), rows \(rows)")
            }
        }
    }

    @Test func damageIsNamed() throws {
        let file = try JPEGFile.make(width: 160, height: 120)
        expectProblem("the file is empty (0 bytes)") { _ = try decode(Data()) }
        expectProblem("not a JPEG file: it starts with 89 50 4e 47") { _ = try decode(Data([0x89, 0x50, 0x4E, 0x47, 13])) }
        expectProblem("the JPEG file is damaged") { _ = try decode(JPEGFile.damaged(file)) }
        expectProblem("the JPEG file is damaged", "Premature end") { _ = try decode(file.dropLast(file.count / 2)) }
        expectProblem("the JPEG file is damaged") { _ = try decode(file.prefix(100)) }
        expectProblem("declares 30000x30000 pixels, more than the limit of 100000000") {
            _ = try decode(JPEGFile.declaring(width: 30_000, height: 30_000, in: file))
        }
        expectProblem("the JPEG file is damaged") { _ = try decode(JPEGFile.declaring(width: 0, height: 5, in: file)) }
        // The decoder goes on with the next file.
        #expect(try decode(file).width == 160)
    }

    @Test func strayBytesBetweenMarkersAreHarmless() throws {
        let file = try JPEGFile.make(width: 160, height: 120)
        let stray = file.dropLast(2) + Data([0x12, 0x34]) + file.suffix(2)
        #expect(bytes(try decode(stray)) == bytes(try decode(file)))
    }
}
