import Datasets
import Diagnostics
import Foundation
import TestSupport
import Testing

/// Lays files into a directory, making the folders that they need.
func lay(_ files: [(String, Data)], in directory: TemporaryDirectory) throws {
    for (name, data) in files {
        let folder = directory.file(name.split(separator: "/").dropLast().joined(separator: "/"))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try directory.write(data, to: name)
    }
}

extension Split {
    /// The last parts of the samples' names.
    var fileNames: [String] { (0..<count).map { String(sampleName($0).split(separator: "/").last ?? "") } }
}

@Suite struct ImageFolderTests {
    private let directory: TemporaryDirectory
    private let image: Data

    init() throws {
        directory = try TemporaryDirectory("folder ä")
        image = try JPEGFile.make(width: 40, height: 30)
    }

    private func open(_ options: String = "", splits: Set<SplitName> = [.train, .test]) throws -> ImageDataset {
        try openDataset(DatasetSpecification("folder:\(directory.path)\(options)"), splits: splits)
    }

    @Test func labelsAndSamplesStandInSortedOrder() throws {
        try lay([
            ("train/10/b.JPG", image), ("train/10/a.jpeg", image), ("train/9/c.jpg", image), ("train/a b/deep/x.jpg", image),
            ("train/a-b/y.jpg", image), ("train/é/z.jpg", image), ("train/9/note.txt", Data("no image".utf8)), ("train/9/._c.jpg", Data()),
            ("val/9/v.jpg", image), ("val/new/w.jpg", image), ("readme.txt", Data()),
        ], in: directory)
        let dataset = try open()
        // As bytes, as torchvision sorts classes; names that only one split has are numbered too.
        #expect(dataset.labelNames == ["10", "9", "a b", "a-b", "new", "é"])
        #expect(dataset.split(.train).fileNames == ["a.jpeg", "b.JPG", "c.jpg", "x.jpg", "y.jpg", "z.jpg"])
        #expect(dataset.split(.train).labels == [0, 0, 1, 2, 3, 5])
        #expect(dataset.split(.test).labels == [1, 4])
        #expect(try open(splits: [.test]).labelNames == dataset.labelNames)
        #expect(dataset.preprocessing.outputSize == 224 && dataset.preprocessing.resizing?.shorterSide == 256)
        #expect(dataset.preprocessing.augmentation == .photographs)
        #expect(try dataset.split(.train).sample(3) == image)
        #expect(dataset.split(.train).byteCount == 6 * image.count)
    }

    @Test func drawnLabelsAndCapsHoldForFilesToo() throws {
        try lay((0..<40).map { ("train/\($0 % 8)/\($0 + 10).jpg", image + Data([UInt8($0)])) }, in: directory)
        let whole = try open(splits: [.train]).split(.train)
        let dataset = try open("?labels=3&seed=2&train=11", splits: [.train])
        let drawn = try #require(dataset.labelSubset)
        #expect(dataset.labelNames == drawn.labels.map(String.init))
        let rows = whole.labels.indices.filter { drawn.labels.contains(Int(whole.labels[$0])) }.prefix(11)
        #expect(dataset.split(.train).fileNames == rows.map { whole.fileNames[$0] })
        #expect(try dataset.split(.train).encodedSamples(0..<11) == whole.encodedSamples(rows))
        #expect(Set(dataset.split(.train).labels) == [0, 1, 2])
        #expect(try dataset.split(.train).digest() != whole.digest())
    }

    @Test func faultsAreNamed() throws {
        expectProblem(directory.path, "no images in train/LABEL/", "folder:DIR") { _ = try open() }
        try lay([("train/a/x.png", Data([1]))], in: directory)
        expectProblem("no JPEG files lie in folders below train, only others such as train/a/x.png") { _ = try open() }
        try lay([("train/a/x.jpg", image)], in: directory)
        expectProblem("no images in val/LABEL/") { _ = try open() }
        #expect(try open(splits: [.train]).labelCount == 1)
        expectProblem("/nowhere", "no such directory") { _ = try openDataset(DatasetSpecification("folder:/nowhere")) }
    }

    @Test func aFileThatVanishesIsAReadError() throws {
        try lay([("train/a/x y.jpg", image), ("val/a/z.jpg", image)], in: directory)
        let split = try open().split(.train)
        try FileManager.default.removeItem(atPath: directory.file("train/a/x y.jpg"))
        expectProblem("train/a/x y.jpg", "no such file") { _ = try split.encodedSamples([0]) }
    }
}
