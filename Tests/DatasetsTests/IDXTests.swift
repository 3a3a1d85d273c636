import Datasets
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct IDXTests {
    private let images = "train-images-idx3-ubyte"
    private let labels = "train-labels-idx1-ubyte"

    private func open(_ fixture: IDXFixture, options: String = "") throws -> ImageDataset {
        try openDataset(DatasetSpecification(fixture.specification + options))
    }

    @Test func plainFilesGiveTheirSamplesInFileOrder() throws {
        let fixture = try IDXFixture()
        let dataset = try open(fixture)
        let train = dataset.split(.train)
        #expect(train.count == 12)
        #expect(train.labels == fixture.labels(12).map(Int32.init))
        #expect(try Array(train.samples(0..<12)) == fixture.pixels(12))
        #expect(try Array(train.sample(3)) == Array(fixture.pixels(12)[126..<168]))
        #expect(dataset.split(.test).count == 5)
        #expect(dataset.labelNames == (0...9).map(String.init))
        #expect(try train.encodedSamples([3, 0, 3]) == train.sample(3) + train.sample(0) + train.sample(3))
        #expect(train.labels([3, 0, 3]) == [1, 0, 1])
    }

    @Test func gzipFilesGiveTheSame() throws {
        let plain = try open(IDXFixture()).split(.train)
        let fixture = try IDXFixture()
        try fixture.pack(images)
        try fixture.pack(labels)
        let packed = try open(fixture).split(.train)
        #expect(packed.labels == plain.labels)
        #expect(try packed.samples(0..<12) == plain.samples(0..<12))
    }

    @Test func truncatedFilesSayWhatWasExpectedAndFound() throws {
        let fixture = try IDXFixture()
        let whole = try fixture.contents(images)
        try fixture.replace(images, with: whole.dropLast(100))
        expectProblem(images, "truncated", "504 bytes", "12 x 6 x 7", "404 are there") { _ = try open(fixture) }
        try fixture.replace(images, with: whole.prefix(9))
        expectProblem(images, "truncated", "9 of 16 bytes") { _ = try open(fixture) }
        try fixture.replace(images, with: Data())
        expectProblem(images, "starts with nothing") { _ = try open(fixture) }
    }

    @Test func truncatedGzipIsRefusedAtEveryLength() throws {
        let fixture = try IDXFixture()
        try fixture.pack(images)
        let whole = try fixture.contents(images + ".gz")
        for length in stride(from: whole.count - 1, through: 0, by: -7) {
            try fixture.replace(images + ".gz", with: whole.prefix(length))
            expectProblem(images + ".gz") { _ = try open(fixture) }
        }
    }

    /// Larger than what is unpacked in one go, so that the header is understood before the damage is met.
    @Test func truncatedGzipSaysHowFarItGot() throws {
        let fixture = try IDXFixture(train: 400, height: 28, width: 28)
        try fixture.replace(images, with: idx([400, 28, 28], randomFloats(313_600, seed: 1).map { UInt8(($0 + 1) * 127) }))
        try fixture.pack(images)
        let whole = try fixture.contents(images + ".gz")
        try fixture.replace(images + ".gz", with: whole.prefix(whole.count * 3 / 4))
        expectProblem(images + ".gz", "truncated gzip", "of 313600 bytes, 400 x 28 x 28", "fetch it again") {
            _ = try open(fixture)
        }
    }

    /// Every bit after the gzip header is covered by the stream's own structure, its checksum or its length.
    @Test func everyFlippedBitOfAGzipFileIsNoticed() throws {
        let fixture = try IDXFixture(train: 4)
        try fixture.pack(images)
        let whole = try fixture.contents(images + ".gz")
        for position in 10..<whole.count {
            var flipped = whole
            flipped[position] ^= 1 << UInt8(position % 8)
            try fixture.replace(images + ".gz", with: flipped)
            expectProblem(images + ".gz", "damaged", "fetch it again") { _ = try open(fixture) }
        }
    }

    @Test func damagedFashionMNISTSaysWhereToFetchIt() throws {
        let fixture = try IDXFixture()
        try fixture.pack(labels)
        var packed = try fixture.contents(labels + ".gz")
        packed[packed.count - 6] ^= 1
        try fixture.replace(labels + ".gz", with: packed)
        expectProblem(labels + ".gz", "checksum does not match", "fetch it again", "dataset-fashion-mnist") {
            _ = try openDataset(DatasetSpecification("fashion-mnist:\(fixture.directory.path)"))
        }
    }

    @Test func digestsTellCopiesApart() throws {
        let plain = try IDXFixture()
        let packed = try IDXFixture()
        try packed.pack(images)
        let digest = try open(plain).split(.train).digest()
        #expect(try open(packed).split(.train).digest() == digest)
        #expect(try open(plain).split(.test).digest() != digest)
        #expect(try open(plain, options: "?train=11").split(.train).digest() != digest)
        let otherLabel = try IDXFixture()
        try otherLabel.replace(labels, with: idx([12], [1] + otherLabel.labels(12).dropFirst()))
        #expect(try open(otherLabel).split(.train).digest() != digest)
        let otherPixel = try IDXFixture()
        try otherPixel.replace(images, with: idx([12, 6, 7], [1] + otherPixel.pixels(12).dropFirst()))
        #expect(try open(otherPixel).split(.train).digest() != digest)
        // The same bytes as images of another shape.
        let turned = try IDXFixture(height: 7, width: 6)
        #expect(turned.pixels(12) == plain.pixels(12))
        #expect(try open(turned).split(.train).digest() != digest)
    }

    @Test func aWrongHeaderIsNamed() throws {
        let fixture = try IDXFixture()
        try fixture.replace(images, with: Data("<!DOCTYPE html><html></html>".utf8))
        expectProblem(images, "not an IDX file", "3c 21 44 4f", "00 00 08 03") { _ = try open(fixture) }
        try fixture.replace(images, with: idx([12, 6, 7], [], type: 0x0D))
        expectProblem(images, "element type 0d", "unsigned bytes") { _ = try open(fixture) }
        try fixture.replace(images, with: fixture.contents(labels))
        expectProblem(images, "1 dimensions, not 3", "exchanged") { _ = try open(fixture) }
    }

    @Test func declaredSizesBeyondTheLimitsAreRefusedBeforeAllocation() throws {
        let fixture = try IDXFixture()
        try fixture.replace(images, with: idx([.max, .max, .max], []))
        expectProblem(images, "more than the limit") { _ = try open(fixture) }
        try fixture.replace(images, with: idx([1 << 20, 4_096, 2], []))
        expectProblem(images, "truncated", "8589934592 bytes", "0 are there") { _ = try open(fixture) }
        try fixture.replace(images, with: idx([12, 0, 7], []))
        expectProblem(images, "0x7 pixels") { _ = try open(fixture) }
        try fixture.replace(images, with: idx([12, 1, 5_000], .init(repeating: 0, count: 60_000)))
        expectProblem(images, "1x5000 pixels", "4096") { _ = try open(fixture) }
    }

    @Test func bytesBeyondTheDeclaredOnesAreRefused() throws {
        let fixture = try IDXFixture()
        try fixture.replace(images, with: fixture.contents(images) + [1, 2, 3])
        expectProblem(images, "3 bytes stand after the 504") { _ = try open(fixture) }
        let packed = try IDXFixture()
        try packed.replace(labels, with: packed.contents(labels) + [1, 2, 3])
        try packed.pack(labels)
        expectProblem(labels + ".gz", "3 bytes stand after the 12") { _ = try open(packed) }
        let joined = try IDXFixture()
        try joined.pack(labels)
        try joined.replace(labels + ".gz", with: joined.contents(labels + ".gz") + [1, 2, 3])
        expectProblem(labels + ".gz", "damaged") { _ = try open(joined) }
    }

    @Test func imagesAndLabelsMustAgree() throws {
        let fixture = try IDXFixture()
        try fixture.replace(labels, with: idx([11], fixture.labels(11)))
        expectProblem(images, "12 images, but 11 labels", labels) { _ = try open(fixture) }
        try fixture.replace(labels, with: idx([12], fixture.labels(11) + [10]))
        expectProblem(labels, "label 10 of sample 11", "0 ... 9") { _ = try open(fixture) }
        try fixture.replace(labels, with: idx([0], []))
        try fixture.replace(images, with: idx([0, 6, 7], []))
        expectProblem(images, "no images") { _ = try open(fixture) }
    }

    @Test func theSplitsMustHaveOneSize() throws {
        let fixture = try IDXFixture()
        try fixture.replace("t10k-images-idx3-ubyte", with: idx([5, 7, 7], .init(repeating: 0, count: 245)))
        expectProblem(fixture.directory.path, "6x7 and 7x7") { _ = try open(fixture) }
    }

    @Test func imagesLargerThanTheSizeShrink() throws {
        let fixture = try IDXFixture(height: 33, width: 20)
        let shrunk = try open(fixture).preprocessing
        #expect(shrunk.outputSize == 32 && shrunk.channels == 1)
        #expect(shrunk.resizing == Resizing(shorterSide: 32, interpolation: .bilinear))
        #expect(try open(fixture, options: "?size=40").preprocessing.resizing == nil)
        #expect(try open(fixture, options: "?size=40").preprocessing.outputSize == 40)
    }

    @Test func missingFilesAreNamedWithTheirRemedy() throws {
        let fixture = try IDXFixture()
        try fixture.remove("t10k-labels-idx1-ubyte")
        expectProblem(fixture.directory.path, "t10k-labels-idx1-ubyte is missing", "four IDX files") { _ = try open(fixture) }
        expectProblem("/nowhere/at/all", "no such directory") { _ = try openDataset(DatasetSpecification("mnist:/nowhere/at/all")) }
        expectProblem("/nowhere/at/all", "Scripts/setup", "dataset-fashion-mnist") {
            _ = try openDataset(DatasetSpecification("fashion-mnist:/nowhere/at/all"))
        }
        // The test split alone is enough where only it is asked for.
        let testOnly = try IDXFixture()
        try testOnly.remove(images)
        #expect(try openDataset(DatasetSpecification(testOnly.specification), splits: [.test]).split(.test).count == 5)
    }

    @Test func aDirectoryInAFilesPlaceIsRefused() throws {
        let fixture = try IDXFixture()
        try fixture.remove(images)
        try FileManager.default.createDirectory(atPath: fixture.directory.file(images), withIntermediateDirectories: false)
        expectProblem(images) { _ = try open(fixture) }
    }

    @Test func drawsThatLeaveNothingAreRefused() throws {
        let fixture = try IDXFixture(train: 12, test: 1)
        expectProblem("asks for 11 labels", "there are 10") { _ = try open(fixture, options: "?labels=11") }
        // The only test sample has label 0; some draw of two labels leaves it out.
        let seed = try #require((0..<100).first { !LabelSubset.draw(2, from: 10, seed: $0).drawn.contains(0) })
        expectProblem("no sample is left in split test") { _ = try open(fixture, options: "?labels=2&seed=\(seed)") }
    }
}
