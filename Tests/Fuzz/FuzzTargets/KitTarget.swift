import Datasets
import Diagnostics
import Foundation

extension FuzzTarget {
    /// ImageNet's development kit. Bits of the mode: 1 the part of meta.mat behind its 128 bytes packed by zlib, 2 the kit as .tar.gz.
    /// Then a block for the validation images' labels, and meta.mat.
    static let kit = FuzzTarget("kit", words: ["synsets", "ILSVRC2012_ID", "WNID", "words", "n01440764", "\u{E}\u{0}\u{0}\u{0}", "\u{F}\u{0}\u{0}\u{0}", "IM", "1\n2\n"], seeds: kitSeeds) { input in
        var reader = InputReader(input)
        let mode = reader.byte()
        let (truth, rest) = (reader.block(), reader.remainder())
        var meta = rest
        if mode & 1 == 1, rest.count > 128 {
            let packed = Packing.zlib(rest.dropFirst(128))
            meta = rest.prefix(128) + Data([15, 0, 0, 0]) + withUnsafeBytes(of: UInt32(packed.count).littleEndian) { Data($0) } + packed
        }
        let folder = try ScratchFolder()
        try folder.add(folder: "val")
        for image in 1...2 { try folder.add("val/ILSVRC2012_val_0000000\(image).JPEG", Data([0xFF, 0xD8])) }
        let files = [("data/ILSVRC2012_validation_ground_truth.txt", truth), ("data/meta.mat", meta)]
        if mode & 2 == 2 {
            try folder.add("ILSVRC2012_devkit_t12.tar.gz", Packing.gzip(TarMaker.tar(files.map { ("ILSVRC2012_devkit_t12/\($0.0)", $0.1) })))
        } else {
            try folder.add(folder: "data")
            for (name, bytes) in files { try folder.add(name, bytes) }
        }
        let dataset = try taken(input) { () throws(Problem) in try openDataset(DatasetSpecification("imagenet:\(folder.path)"), splits: [.test]) }
        guard let dataset else { return .refused }
        try DatasetChecks.check(dataset, .test, input: input)
        return .taken
    }

    private static func kitSeeds() throws -> [Seed] {
        func seed(_ name: String, mode: UInt8, _ truth: String, _ meta: Data) -> Seed {
            Seed(name, InputWriter.make {
                $0.byte(mode)
                $0.block(Data(truth.utf8))
                $0.remainder(meta)
            })
        }
        let file = try Places.fixture("DatasetsTests/Fixtures/meta.mat")
        let plain = MATLABMaker.meta(["n01440764", "n01443537"], words: ["tench, Tinca tinca", "goldfish"])
        return [
            seed("stored", mode: 0, "1\n2\n", file), seed("stored-packed", mode: 2, "1\n2\n", file), seed("plain", mode: 0, "2\n1\n", plain),
            seed("packed", mode: 1, "2\n1\n", plain), seed("twice-packed", mode: 3, " 1 \r\n2", plain), seed("unknown-number", mode: 0, "7\n8\n", plain),
        ]
    }
}

/// An array of structures as MATLAB 5 writes it, as far as meta.mat goes.
private enum MATLABMaker {
    static func meta(_ wnids: [String], words: [String]) -> Data {
        let fields = ["ILSVRC2012_ID", "WNID", "words"]
        let width = 16
        var body = element(6, Data([2, 0, 0, 0, 0, 0, 0, 0])) + element(5, integers([wnids.count, 1])) + element(1, Data("synsets".utf8))
        body += Data([5, 0, 4, 0]) + integers([width])
        body += element(1, fields.reduce(Data()) { $0 + Data($1.utf8) + Data(count: width - $1.utf8.count) })
        for (place, wnid) in wnids.enumerated() {
            body += matrix(6, [1, 1], element(2, Data([UInt8(place + 1)])))
            for text in [wnid, words[place]] { body += matrix(4, [1, text.utf8.count], element(16, Data(text.utf8))) }
        }
        var file = Data("MATLAB 5.0 MAT-file".utf8)
        file += Data(repeating: 0x20, count: 124 - file.count) + Data([0, 1]) + Data("IM".utf8)
        return file + element(14, body)
    }

    private static func matrix(_ kind: UInt8, _ extents: [Int], _ content: Data) -> Data {
        element(14, element(6, Data([kind, 0, 0, 0, 0, 0, 0, 0])) + element(5, integers(extents)) + element(1, Data()) + content)
    }

    private static func element(_ type: UInt8, _ body: Data) -> Data {
        Data([type, 0, 0, 0]) + integers([body.count]) + body + Data(count: (8 - body.count % 8) % 8)
    }

    private static func integers(_ values: [Int]) -> Data {
        values.reduce(Data()) { data, value in data + withUnsafeBytes(of: UInt32(value).littleEndian) { Data($0) } }
    }
}
