import Datasets
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct TinyImageNetTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory("tiny") }

    /// Two labels of two and one training images and three validation images; contents differ.
    private func files(prefix: String = "") throws -> [(String, Data)] {
        let images = try ["train/n02/images/n02_0.JPEG", "train/n01/images/n01_1.JPEG", "train/n01/images/n01_0.JPEG", "val/images/val_0.JPEG",
            "val/images/val_1.JPEG", "val/images/val_10.JPEG"].enumerated().map { ($1, try JPEGFile.make(width: 64, height: 64, seed: $0)) }
        let texts = [
            ("wnids.txt", "n02\nn01\n"), ("words.txt", "n00\tentity\nn01\tgoldfish, Carassius auratus\nn02\ttench\n"),
            ("train/n01/n01_boxes.txt", "n01_0.JPEG\t0\t0\t62\t63\n"),
            ("val/val_annotations.txt", "val_1.JPEG\tn02\t0\t0\t6\t6\nval_0.JPEG\tn01\t3\t3\t9\t9\nval_10.JPEG\tn02\t0\t0\t1\t1\n"),
        ].map { ($0, Data($1.utf8)) }
        return (images + texts).map { (prefix + $0, $1) }
    }

    private func open(_ path: String? = nil, splits: Set<SplitName> = [.train, .test]) throws -> ImageDataset {
        try openDataset(DatasetSpecification("tiny-imagenet:\(path ?? directory.path)?size=32"), splits: splits)
    }

    private func expectWhole(_ dataset: ImageDataset, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(dataset.labelNames == ["goldfish, Carassius auratus", "tench"], sourceLocation: sourceLocation)
        #expect(dataset.split(.train).fileNames == ["n01_0.JPEG", "n01_1.JPEG", "n02_0.JPEG"], sourceLocation: sourceLocation)
        #expect(dataset.split(.train).labels == [0, 0, 1], sourceLocation: sourceLocation)
        #expect(dataset.split(.test).fileNames == ["val_0.JPEG", "val_1.JPEG", "val_10.JPEG"], sourceLocation: sourceLocation)
        #expect(dataset.split(.test).labels == [0, 1, 1], sourceLocation: sourceLocation)
        #expect(try dataset.split(.train).sample(0) == JPEGFile.make(width: 64, height: 64, seed: 2), sourceLocation: sourceLocation)
        #expect(dataset.preprocessing.outputSize == 32 && dataset.preprocessing.resizing?.shorterSide == 32, sourceLocation: sourceLocation)
    }

    @Test func foldersAndTarsAreTheSame() throws {
        try lay(try files(), in: directory)
        let folder = try open()
        try expectWhole(folder)
        let further = try TemporaryDirectory("tiny")
        try lay(try files(prefix: "tiny-imagenet-200/"), in: further)
        try expectWhole(open(further.path))
        for (prefix, name) in [("", "a set.tar"), ("tiny-imagenet-200/", "b.tar"), ("./x y/", "c.tar")] {
            let path = directory.file(name)
            try TarFixture.write([("._junk", Data()), ("__MACOSX/x", Data())] + files(prefix: prefix), to: path)
            let dataset = try open(path)
            try expectWhole(dataset)
            for split in SplitName.allCases {
                #expect(try dataset.split(split).digest() == folder.split(split).digest())
                #expect(dataset.split(split).facts == folder.split(split).facts)
            }
        }
    }

    @Test func aLabelFileThatNamesAbsentImagesIsRefused() throws {
        var files = try files()
        files.removeAll { $0.0 == "val/images/val_10.JPEG" }
        try lay(files, in: directory)
        expectProblem("val_annotations.txt", "line 3 names val_10.JPEG, which is not in val/images") { _ = try open() }
        try lay([("val/val_annotations.txt", Data("val_0.JPEG\tn01\n".utf8))], in: directory)
        expectProblem("val_annotations.txt", "val_1.JPEG of val/images has no line") { _ = try open() }
        try lay([("val/val_annotations.txt", Data("val_0.JPEG\tn07\n".utf8))], in: directory)
        expectProblem("line 1 gives val_0.JPEG the label n07") { _ = try open() }
        try lay([("val/val_annotations.txt", Data("val_0.JPEG n01\n".utf8))], in: directory)
        expectProblem("line 1 is not FILE<TAB>WNID") { _ = try open() }
        try FileManager.default.removeItem(atPath: directory.file("val/val_annotations.txt"))
        expectProblem("val_annotations.txt is missing") { _ = try open() }
    }

    @Test func faultsOfTheWholeAreNamed() throws {
        expectProblem("/nowhere.tar", "no such file") { _ = try open("/nowhere.tar") }
        expectProblem(directory.path, "neither train nor val") { _ = try open() }
        let path = directory.file("set.tar")
        try directory.write(Data(repeating: 65, count: 2_000), to: "set.tar")
        expectProblem(path, "not a tar file") { _ = try open(path) }
        try TarFixture.write(files(), to: path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try directory.write(whole.prefix(whole.count / 2), to: "set.tar")
        expectProblem(path, "truncated") { _ = try open(path) }
    }

    /// A tar that is cut after it was opened: the sample that is gone names its file, the others are still read.
    @Test func aReadErrorInTheMiddleOfAnEpochNamesItsSample() throws {
        let path = directory.file("set.tar")
        try TarFixture.write(files(), to: path)
        let split = try open(path).split(.test)
        #expect(try split.encodedSamples(0..<3).count > 1_000)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 3_000)
        try handle.close()
        expectProblem(path, "val/images/val_10.JPEG", "the file ends at byte 3000", "fetch it again") { _ = try split.encodedSamples([2]) }
    }

    /// The pictures lent for trying out, where they are.
    @Test func theRealOneHasItsCounts() throws {
        guard let path = RealData.path("tiny-imagenet-100.tar") else { return }
        let dataset = try open(path)
        #expect(dataset.labelCount == 100 && Set(dataset.labelNames).count == 100)
        for (name, each) in [(SplitName.train, 500), (.test, 50)] {
            let split = dataset.split(name)
            #expect(split.count == 100 * each)
            var counts = [Int](repeating: 0, count: 100)
            for label in split.labels { counts[Int(label)] += 1 }
            #expect(counts.allSatisfy { $0 == each })
        }
    }
}

/// Real images for trying out: in the folder that FILTERSCOPE_TEST_DATA names, or in ../shared/data beside the repository.
enum RealData {
    static func path(_ name: String) -> String? {
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("shared/data").path
        let folder = ProcessInfo.processInfo.environment["FILTERSCOPE_TEST_DATA"] ?? beside
        let path = "\(folder)/\(name)"
        if FileManager.default.fileExists(atPath: path) { return path }
        print("skipped: \(name) is not in \(folder) (FILTERSCOPE_TEST_DATA names another folder)")
        return nil
    }
}
