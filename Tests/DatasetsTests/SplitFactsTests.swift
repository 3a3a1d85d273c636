import Datasets
import Foundation
import TestSupport
import Testing

/// Copies of a data set are told apart by their facts, and by nothing else.
@Suite struct SplitFactsTests {
    private func folder(_ change: (TemporaryDirectory) throws -> Void = { _ in }) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory("facts")
        for split in ["train", "val"] {
            for label in ["a", "b"] {
                let path = directory.file("\(split)/\(label)")
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                for number in 0..<3 {
                    try JPEGFile.make(width: 20 + number, height: 20, seed: number).write(to: URL(fileURLWithPath: "\(path)/\(number).jpg"))
                }
            }
        }
        try change(directory)
        return directory
    }

    private func facts(_ directory: TemporaryDirectory, _ options: String = "") throws -> [String: String] {
        try openDataset(try DatasetSpecification("folder:\(directory.path)\(options)")).split(.train).facts
    }

    private func differences(_ options: String = "", _ change: (TemporaryDirectory) throws -> Void) throws -> [String] {
        let (own, other) = (try facts(folder()), try facts(folder(change), options))
        return own.keys.filter { own[$0] != other[$0] }.sorted()
    }

    @Test func copiesOfFilesDifferInWhatWasChanged() throws {
        #expect(try differences { _ in } == [])
        #expect(try differences("?size=32") { _ in } == [], "how pictures are taken is no matter of the copy")
        #expect(try differences {
            try FileManager.default.moveItem(atPath: $0.file("train/a/2.jpg"), toPath: $0.file("train/a/9.jpg"))
        } == ["names"])
        #expect(try differences {
            try JPEGFile.make(width: 70, height: 50, seed: 5).write(to: URL(fileURLWithPath: $0.file("train/b/1.jpg")))
        } == ["sizes"])
        #expect(try differences { try FileManager.default.removeItem(atPath: $0.file("train/b/2.jpg")) } == [
            "labels", "names", "samples", "sizes",
        ])
        #expect(try differences("?train=5") { _ in }.contains("samples"))
    }

    @Test func samplesInMemoryAreLookedAt() throws {
        let (fixture, same, other) = (try IDXFixture(), try IDXFixture(), try IDXFixture())
        var images = try other.contents("train-images-idx3-ubyte")
        images[images.count - 1] ^= 1
        try other.replace("train-images-idx3-ubyte", with: images)
        func facts(_ fixture: IDXFixture) throws -> [String: String] {
            try openDataset(try DatasetSpecification(fixture.specification)).split(.train).facts
        }
        #expect(try facts(fixture) == facts(same))
        let (a, b) = (try facts(fixture), try facts(other))
        #expect(a.keys.filter { a[$0] != b[$0] } == ["bytes"])
    }
}
