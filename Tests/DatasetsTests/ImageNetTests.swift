import Datasets
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ImageNetTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory("imagenet") }

    private static let train = [("n03", 2), ("n01", 1), ("n04", 1), ("n02", 3)]
    /// The development kit's numbers of the validation images: n01, n03, n03, n02, n04 (meta.mat in Fixtures).
    private static let truth = "2\n1\n1\n4\n3\n"

    private func image(_ seed: Int) throws -> Data { try JPEGFile.make(width: 70, height: 50, seed: seed) }

    private func trainFiles(_ wnid: String, _ count: Int) throws -> [(String, Data)] {
        try (0..<count).map { ("\(wnid)_\($0).JPEG", try image(Int(wnid.dropFirst()) ?? 0 + $0)) }
    }

    private func validationFiles() throws -> [(String, Data)] {
        try (1...5).map { ("ILSVRC2012_val_0000000\($0).JPEG", try image(40 + $0)) }
    }

    private func meta() throws -> Data { Data(try JPEGFixture.stored("meta.mat")) }

    private func layTrainTar() throws {
        let inner = try Self.train.map { ("\($0).tar", try TarFixture.bytes(trainFiles($0, $1), format: .gnu)) }
        try TarFixture.write(inner, to: directory.file("ILSVRC2012_img_train.tar"), format: .gnu)
    }

    private func layKit(truth: String = truth) throws {
        try lay([
            ("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", Data(truth.utf8)),
            ("ILSVRC2012_devkit_t12/data/meta.mat", meta()),
        ], in: directory)
    }

    private func open(splits: Set<SplitName> = [.train, .test]) throws -> ImageDataset {
        try openDataset(DatasetSpecification("imagenet:\(directory.path)"), splits: splits)
    }

    private func expectWhole(_ dataset: ImageDataset, named: Bool = true) {
        #expect(dataset.labelNames == (named ? ["tench, Tinca tinca", "goldfish", "crane (n03)", "crane (n04)"] : ["n01", "n02", "n03", "n04"]))
        #expect(dataset.split(.train).labels == [0, 1, 1, 1, 2, 2, 3])
        #expect(dataset.split(.train).fileNames == ["n01_0", "n02_0", "n02_1", "n02_2", "n03_0", "n03_1", "n04_0"].map { "\($0).JPEG" })
        #expect(dataset.split(.test).labels == [0, 2, 2, 1, 3])
    }

    @Test func tarsWithTheDevelopmentKit() throws {
        try layTrainTar()
        try TarFixture.write(validationFiles(), to: directory.file("ILSVRC2012_img_val.tar"))
        try layKit()
        let unpacked = try open()
        expectWhole(unpacked)
        #expect(try unpacked.split(.test).sample(3) == image(44))

        try FileManager.default.removeItem(atPath: directory.file("ILSVRC2012_devkit_t12"))
        expectProblem("development kit is missing") { _ = try open() }
        #expect(try open(splits: [.train]).labelNames == ["n01", "n02", "n03", "n04"])
        try TarFixture.write([
            ("ILSVRC2012_devkit_t12/", Data()), ("ILSVRC2012_devkit_t12/readme.txt", Data("x".utf8)), ("ILSVRC2012_devkit_t12/data/meta.mat", meta()),
            ("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", Data(Self.truth.utf8)),
        ], to: directory.file("ILSVRC2012_devkit_t12.tar.gz"), gzip: true)
        let packed = try open()
        expectWhole(packed)
        for split in SplitName.allCases { #expect(try packed.split(split).digest() == unpacked.split(split).digest()) }
    }

    @Test func classFolders() throws {
        for (wnid, count) in Self.train { try lay(trainFiles(wnid, count).map { ("train/\(wnid)/\($0)", $1) }, in: directory) }
        for (file, wnid) in zip(try validationFiles(), ["n01", "n03", "n03", "n02", "n04"]) {
            try lay([("val/\(wnid)/\(file.0)", file.1)], in: directory)
        }
        let dataset = try open()
        #expect(dataset.labelNames == ["n01", "n02", "n03", "n04"])
        #expect(dataset.split(.train).labels == [0, 1, 1, 1, 2, 2, 3])
        #expect(dataset.split(.test).labels == [0, 1, 2, 2, 3])
        try lay([("LOC_synset_mapping.txt", Data("n01 tench, Tinca tinca\nn02 goldfish\n".utf8))], in: directory)
        #expect(try open().labelNames == ["tench, Tinca tinca", "goldfish", "n03", "n04"])
    }

    @Test func validationImagesSideBySide() throws {
        try layTrainTar()
        try lay(validationFiles().map { ("val/\($0)", $1) }, in: directory)
        try layKit()
        expectWhole(try open())
    }

    @Test func aGroundTruthThatDoesNotFitIsRefused() throws {
        try layTrainTar()
        try TarFixture.write(validationFiles(), to: directory.file("ILSVRC2012_img_val.tar"))
        try layKit(truth: Self.truth + "2\n")
        expectProblem("ILSVRC2012_img_val.tar", "labels 6 images, and 5 are there", "absent") { _ = try open() }
        try layKit(truth: "2\n1\n77\n4\n3\n")
        expectProblem("ground_truth.txt", "line 3 is no label that meta.mat knows: \"77\"") { _ = try open() }
        var files = try validationFiles()
        files[2].0 = "ILSVRC2012_val_00000009.JPEG"
        try TarFixture.write(files, to: directory.file("ILSVRC2012_img_val.tar"))
        try layKit()
        expectProblem("image 3 of the ground truth is absent") { _ = try open() }
    }

    @Test func aDamagedKitIsNamed() throws {
        try layTrainTar()
        try TarFixture.write(validationFiles(), to: directory.file("ILSVRC2012_img_val.tar"))
        try layKit()
        let whole = try meta()
        let file = "ILSVRC2012_devkit_t12/data/meta.mat"
        try directory.write(Data(repeating: 1, count: 300), to: file)
        expectProblem(file, "not a little-endian MATLAB file") { _ = try open() }
        // Cut or changed anywhere, it is refused or read as something else, and never brings the program down.
        for length in stride(from: 0, to: whole.count, by: 7) {
            try directory.write(whole.prefix(length), to: file)
            _ = try? open()
        }
        for place in stride(from: 128, to: whole.count, by: 3) {
            var changed = whole
            changed[place] ^= 0xFF
            try directory.write(changed, to: file)
            _ = try? open()
        }
        try directory.write(whole, to: file)
        expectWhole(try open())
    }

    @Test func whatIsMissingIsNamed() throws {
        expectProblem(directory.path, "no training images", "ILSVRC2012_img_train.tar") { _ = try open() }
        try layTrainTar()
        expectProblem("no validation images", "ILSVRC2012_img_val.tar") { _ = try open() }
        #expect(try open(splits: [.train]).labelCount == 4)
    }

    /// The photographs lent for trying out, where they are: all of them decode.
    @Test func theRealSampleDecodes() throws {
        guard let path = RealData.path("imagenet-sample") else { return }
        let dataset = try openDataset(DatasetSpecification("imagenet:\(path)"), splits: [.train])
        #expect(dataset.labelCount == 97 && dataset.split(.train).count == 97)
        let samples = try dataset.split(.train).encodedSamples(0..<97)
        var output = [Float](repeating: .nan, count: 97 * dataset.preprocessing.outputCount)
        let outcome = try output.withUnsafeMutableBufferPointer { buffer in
            try SamplePreparer(dataset.preprocessing).prepareShard(
                samples, into: FloatBuffer(try #require(buffer.baseAddress), count: buffer.count), sampleIndices: Array(0..<97), epoch: 0,
                seed: 1, augment: true)
        }
        #expect(outcome.kept.count == 97)
        #expect(output.allSatisfy { $0 >= -1 && $0 <= 1 })
    }
}
