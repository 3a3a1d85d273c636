import Datasets
import Diagnostics
import Foundation

extension FuzzTarget {
    /// The two files of a split of MNIST. An input is a mode, a block for the labels' file, and the images' file; the mode says which
    /// of them are packed first.
    static let idx = FuzzTarget("idx", words: [
        "\u{0}\u{0}\u{8}\u{1}", "\u{0}\u{0}\u{8}\u{3}", "\u{0}\u{0}\u{0}\u{2}", "\u{7F}", "\u{0}\u{0}\u{1}\u{0}",
    ], seeds: idxSeeds) { input in
        var reader = InputReader(input)
        let mode = reader.byte()
        let (labels, images) = (reader.block(), reader.remainder())
        let folder = try ScratchFolder()
        try folder.add("t10k-labels-idx1-ubyte", mode & 1 == 1 ? Packing.gzip(labels) : labels)
        // Packed files are known by their content, under either name.
        try folder.add("t10k-images-idx3-ubyte\(mode & 4 == 4 ? ".gz" : "")", mode & 2 == 2 ? Packing.gzip(images) : images)
        let dataset = try taken(input) { () throws(Problem) in try openDataset(DatasetSpecification("mnist:\(folder.path)?size=64"), splits: [.test]) }
        guard let dataset else { return .refused }
        try DatasetChecks.check(dataset, .test, input: input)
        return .taken
    }

    private static func idxSeeds() throws -> [Seed] {
        func file(_ dimensions: [UInt32], type: UInt8 = 8) -> Data {
            var data = Data([0, 0, type, UInt8(dimensions.count)])
            for dimension in dimensions { data += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: dimension >> $0) } }
            return data + (0..<min(dimensions.reduce(1, *), 4096)).map { UInt8(truncatingIfNeeded: $0 % 10) }
        }
        func seed(_ name: String, mode: UInt8, _ labels: Data, _ images: Data) -> Seed {
            Seed(name, InputWriter.make {
                $0.byte(mode)
                $0.block(labels)
                $0.remainder(images)
            })
        }
        let (labels, images) = (file([3]), file([3, 4, 5]))
        return [
            seed("plain", mode: 0, labels, images), seed("packed", mode: 7, labels, images), seed("one-packed", mode: 1, labels, images),
            seed("stored-packed", mode: 4, Packing.gzip(labels), Packing.gzip(images)),
            seed("cut-short", mode: 0, labels, images.dropLast()), seed("packed-cut-short", mode: 4, labels, Packing.gzip(images).dropLast(3)),
            seed("joined", mode: 4, labels, Packing.gzip(images) + Packing.gzip(images)),
            seed("floats", mode: 0, labels, file([3, 4, 5], type: 13)), seed("exchanged", mode: 0, images, labels),
            seed("large", mode: 0, labels, file([3, 4, 5]).prefix(4) + Data([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 1])),
        ]
    }
}
