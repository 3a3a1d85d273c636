import Datasets
import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct DatasetReportTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory("report")
        let image = try JPEGFile.make(width: 60, height: 40)
        try lay([
            ("train/a/0.jpg", image), ("train/a/1.jpg", JPEGFile.damaged(image)), ("train/a/2 <x>.jpg", image), ("train/b/3.jpg", Data()),
            ("train/b/4.jpg", JPEGFile.declaring(width: 30_000, height: 30_000, in: image)), ("train/b/5.jpg", image),
        ], in: directory)
    }

    private var specification: DatasetSpecification {
        get throws { try DatasetSpecification("folder:\(directory.path)?size=32") }
    }

    @Test func samplesAreCountedAndBrokenOnesNamed() throws {
        let (dataset, splits, missing) = try openAvailableSplits(specification)
        #expect(splits == [.train])
        #expect(missing.count == 1 && missing[0].what.contains("no images in val/LABEL/"))
        let steps = Mutex<[Int]>([])
        let report = dataset.report(splits, missing: missing, check: nil, threads: 3) { done, _ in steps.withLock { $0.append(done) } }
        #expect(steps.withLock(\.self).last == 6)
        #expect(report.labelNames == ["a", "b"])
        let train = try #require(report.splits.first)
        #expect(train.labelCounts == [3, 3] && train.samples == 6 && train.checked == 6)
        #expect(train.smallest == 0 && train.largest > 500 && train.bytes == dataset.split(.train).byteCount)
        #expect(train.damaged.map(\.index) == [1, 3, 4])
        #expect(train.damaged.map(\.label) == [0, 1, 1])
        #expect(train.damaged[0].name == "\(directory.path)/train/a/1.jpg" && train.damaged[0].what.contains("damaged"))
        #expect(train.damaged[1].what == "the file is empty (0 bytes)")
        #expect(train.damaged[2].what.contains("declares 30000x30000 pixels"))
        #expect(dataset.report(splits, check: 2, threads: 1).splits[0].checked == 2)
        #expect(dataset.report(splits, check: 0, threads: 1).splits[0].damaged.isEmpty)
    }

    @Test func thePageShowsEverySampleOrWhyNot() throws {
        let (dataset, _, _) = try openAvailableSplits(specification)
        let html = ContactSheet(dataset, split: .train, count: 10, seed: 3).html()
        #expect(html.components(separatedBy: "<tr>").count == 7)
        #expect(html.components(separatedBy: "data:image/png;base64,").count == 4)
        #expect(html.contains("2 &lt;x&gt;.jpg") && html.contains("the file is empty (0 bytes)"))
        // The first picture is a whole PNG file of six views of 32 pixels with gaps of 4.
        let start = try #require(html.range(of: "base64,")).upperBound
        let text = String(html[start...].prefix { $0 != "\"" })
        let png = try #require(Data(base64Encoded: text))
        #expect(png.prefix(8) == Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        #expect(png[16..<24] == Data([0, 0, 0, 212, 0, 0, 0, 32]))
        #expect(html == ContactSheet(dataset, split: .train, count: 10, seed: 3).html())
    }

    @Test func speedIsMeasuredOnWhatCanBeRead() throws {
        let good = try TemporaryDirectory("report")
        try lay([("train/a/0.jpg", JPEGFile.make(width: 60, height: 40)), ("train/a/1.jpg", JPEGFile.make(width: 50, height: 40))], in: good)
        let dataset = try openDataset(DatasetSpecification("folder:\(good.path)?size=32"), splits: [.train])
        let speed = try PreparationSpeed.measure(dataset.split(.train), dataset.preprocessing, augment: true, threads: 2, seconds: 0.2)
        #expect(speed.images > 2 && speed.byteCount > speed.images * 400 && speed.seconds >= 0.2 && speed.imagesPerSecond > 0)
        let broken = try openAvailableSplits(specification).dataset
        expectProblem(directory.path, "train/") {
            _ = try PreparationSpeed.measure(broken.split(.train), broken.preprocessing, augment: false, threads: 1, seconds: 5)
        }
    }
}
