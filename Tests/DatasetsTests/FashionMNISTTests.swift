import Datasets
import Diagnostics
import Foundation
import Tensors
import Testing

/// The real data set, as Debian's package installs it.
@Suite struct FashionMNISTTests {
    @Test func sizesLabelsAndPixelsAreThePublishedOnes() throws {
        let dataset = try openDataset(DatasetSpecification("fashion-mnist"))
        let train = dataset.split(.train)
        let test = dataset.split(.test)
        #expect(train.count == 60_000)
        #expect(test.count == 10_000)
        #expect(train.encoding == SampleEncoding(.uint8HWC, height: 28, width: 28, channels: 1))
        #expect(train.byteCount == 47_040_000)
        for (split, perLabel) in [(train, 6_000), (test, 1_000)] {
            for label in 0..<10 { #expect(split.labels.count { $0 == Int32(label) } == perLabel) }
        }
        // The first training image is an ankle boot; the sums were taken with Python from the same files.
        #expect(train.labels.prefix(8) == [9, 0, 0, 3, 0, 2, 7, 2])
        #expect(test.labels.prefix(8) == [9, 2, 1, 1, 6, 1, 4, 6])
        #expect(try train.sample(0).reduce(0) { $0 + Int($1) } == 76_247)
        #expect(try test.sample(9_999).reduce(0) { $0 + Int($1) } == 24_390)
        #expect(dataset.labelNames.count == 10)
        #expect(dataset.labelNames[9] == "Ankle boot")
        #expect(!dataset.labelCountIsLowerBound)
        #expect(dataset.channels == 1)
        #expect(dataset.preprocessing.outputSize == 32)
        #expect(dataset.preprocessing.augmentation == .standard)
    }

    @Test func onlyTheSplitAskedForIsRead() throws {
        let dataset = try openDataset(DatasetSpecification("fashion-mnist?test=100"), splits: [.test])
        #expect(dataset.split(.test).count == 100)
    }

    @Test func capsTakeTheFirstSamplesInFileOrder() throws {
        let whole = try openDataset(DatasetSpecification("fashion-mnist"), splits: [.test]).split(.test)
        let capped = try openDataset(DatasetSpecification("fashion-mnist?test=37"), splits: [.test]).split(.test)
        #expect(capped.labels == Array(whole.labels.prefix(37)))
        #expect(try capped.samples(0..<37) == whole.samples(0..<37))
        let beyond = try openDataset(DatasetSpecification("fashion-mnist?test=20000"), splits: [.test]).split(.test)
        #expect(beyond.count == 10_000)
    }

    @Test func drawnLabelsAreFilteredAndRenumbered() throws {
        let whole = try openDataset(DatasetSpecification("fashion-mnist"), splits: [.test])
        let drawn = try openDataset(DatasetSpecification("fashion-mnist?labels=3&seed=5&test=500"), splits: [.test])
        let subset = try #require(drawn.labelSubset)
        #expect(subset.drawn.count == 3)
        #expect(subset == LabelSubset.draw(3, from: 10, seed: 5))
        #expect(drawn.labelNames == subset.labels.map { whole.labelNames[$0] })
        let all = whole.split(.test)
        let rows = all.labels.indices.filter { subset.labels.contains(Int(all.labels[$0])) }.prefix(500)
        let split = drawn.split(.test)
        #expect(split.count == 500)
        #expect(split.labels.map { Int32(subset.labels[Int($0)]) } == all.labels(rows))
        #expect(try split.samples(0..<500) == all.encodedSamples(rows))
    }

    @Test func theTableOfDataSetsFindsIt() throws {
        let entries = availableDatasets()
        #expect(entries.map(\.name) == ["fashion-mnist", "mnist", "cifar10", "cifar100", "tiny-imagenet", "imagenet", "folder", "tensor"])
        #expect(entries[0].found == true)
        #expect(entries[0].missing.isEmpty)
        #expect(entries[0].location == "/usr/share/datasets/fashion-mnist")
        #expect(entries[1].found == nil)
    }
}
