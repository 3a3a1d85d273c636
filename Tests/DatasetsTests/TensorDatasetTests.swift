import Datasets
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct TensorDatasetTests {
    /// A file of five 3-channel images of 4x4, with some parts of it changed.
    private func write(
        shape: Shape = [5, 3, 4, 4], values: [Float]? = nil, labels: [Int64] = [2, 0, 7, 2, 1], imageName: String = "images",
        asDoubles: Bool = false
    ) throws -> (directory: TemporaryDirectory, path: String) {
        let directory = try TemporaryDirectory("tensor")
        let values = values ?? randomFloats(shape.count, seed: 5)
        var writer = SafetensorsWriter()
        if asDoubles { writer.add(imageName, shape, values.map(Double.init)) } else { writer.add(imageName, shape, values) }
        writer.add("labels", [labels.count], labels)
        try writer.write(to: directory.file("set.safetensors"))
        return (directory, directory.file("set.safetensors"))
    }

    private func open(_ path: String, options: String = "", splits: Set<SplitName> = [.test]) throws -> ImageDataset {
        try openDataset(DatasetSpecification("tensor:\(path)\(options)"), splits: splits)
    }

    @Test func imagesEnterTheNetworkAsTheyStand() throws {
        let (directory, path) = try write()
        let dataset = try open(path)
        let split = dataset.split(.test)
        #expect(split.count == 5)
        #expect(split.labels == [2, 0, 7, 2, 1])
        #expect(dataset.labelCount == 8)
        #expect(dataset.labelCountIsLowerBound)
        #expect(dataset.channels == 3)
        #expect(dataset.preprocessing.outputSize == 4)
        #expect(dataset.preprocessing.augmentation == .none)
        let values = randomFloats(240, seed: 5)
        var output = Tensor([2, 4, 4, 3])
        try output.withMutableBuffer {
            _ = try SamplePreparer(dataset.preprocessing).prepareShard(
                split.encodedSamples([4, 1]), into: $0, sampleIndices: [4, 1], epoch: 0, seed: 0, augment: true)
        }
        for (place, sample) in [4, 1].enumerated() {
            for pixel in 0..<16 {
                for channel in 0..<3 {
                    #expect(output[place * 48 + pixel * 3 + channel] == values[sample * 48 + channel * 16 + pixel])
                }
            }
        }
        withExtendedLifetime(directory) {}
    }

    @Test func theOneSplitServesAsBoth() throws {
        let (directory, path) = try write()
        let dataset = try open(path, options: "?train=2&test=4", splits: [.train, .test])
        #expect(dataset.split(.train).labels == [2, 0])
        #expect(dataset.split(.test).labels == [2, 0, 7, 2])
        withExtendedLifetime(directory) {}
    }

    @Test func labelsCanBeDrawn() throws {
        let (directory, path) = try write(labels: [0, 1, 2, 1, 0])
        let dataset = try open(path, options: "?labels=2&seed=4")
        let subset = try #require(dataset.labelSubset)
        #expect(subset.from == 3)
        #expect(dataset.labelCount == 2)
        #expect(!dataset.labelCountIsLowerBound)
        #expect(dataset.split(.test).count == [0, 1, 2, 1, 0].count { subset.drawn.contains($0) })
        withExtendedLifetime(directory) {}
    }

    @Test func faultsAreNamed() throws {
        expectProblem("/nowhere.safetensors") { _ = try open("/nowhere.safetensors") }
        let (directory, path) = try write(imageName: "image")
        expectProblem(path, "no tensor \"images\"", "did you mean \"image\"?") { _ = try open(path) }
        withExtendedLifetime(directory) {}
    }

    private func expectRefused(
        _ part: String, shape: Shape = [5, 3, 4, 4], values: [Float]? = nil, labels: [Int64] = [2, 0, 7, 2, 1],
        asDoubles: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (directory, path) = try write(shape: shape, values: values, labels: labels, asDoubles: asDoubles)
        expectProblem("set.safetensors", part, sourceLocation: sourceLocation) { _ = try open(path) }
        withExtendedLifetime(directory) {}
    }

    @Test func wrongTypesShapesAndLabelsAreRefused() throws {
        try expectRefused("\"images\" holds F64, not F32", asDoubles: true)
        try expectRefused("\"images\" has shape [5, 48], not [N, C, H, W]", shape: [5, 48])
        try expectRefused("[5, 3, 2, 8]; images must be square", shape: [5, 3, 2, 8])
        try expectRefused("holds no image", shape: [0, 3, 4, 4], labels: [])
        try expectRefused("5 images, but 4 labels", labels: [1, 2, 3, 4])
        try expectRefused("label -1 of sample 3", labels: [0, 1, 2, -1, 4])
        try expectRefused("label 9223372036854775807 of sample 0", labels: [.max, 1, 2, 3, 4])
        for value in [Float.nan, .infinity, -.infinity] {
            var values = randomFloats(240, seed: 1)
            values[48 * 3 + 7] = value
            try expectRefused("sample 3 of \"images\" holds \(value)", values: values)
        }
    }

    @Test func missingAndWrongLabelsAreNamed() throws {
        let directory = try TemporaryDirectory("tensor")
        let path = directory.file("set.safetensors")
        var writer = SafetensorsWriter()
        writer.add("images", [1, 1, 2, 2], [Float](repeating: 0, count: 4))
        try writer.write(to: path)
        expectProblem(path, "no tensor \"labels\"") { _ = try open(path) }
        writer.add("labels", [1], [Float(0)])
        try writer.write(to: path)
        expectProblem(path, "\"labels\" holds F32, not I64") { _ = try open(path) }
    }
}
