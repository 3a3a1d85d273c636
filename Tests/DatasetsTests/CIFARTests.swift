import Datasets
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

/// A small made-up CIFAR, whose pixels follow from their place.
private struct CIFARFixture {
    let directory: TemporaryDirectory
    let hundred: Bool
    var files: [(String, Data)]

    init(hundred: Bool = false, perFile: Int = 3) throws {
        directory = try TemporaryDirectory("cifar")
        self.hundred = hundred
        let names = hundred ? ["train.bin", "test.bin"] : (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
        files = names.enumerated().map { number, name in
            (name, (0..<perFile).reduce(into: Data()) { $0 += Self.record(number * perFile + $1, hundred: hundred) })
        }
    }

    static func label(_ sample: Int, hundred: Bool) -> UInt8 { UInt8(sample * 7 % (hundred ? 100 : 10)) }

    /// Channel, row and column of the pixel all show in its value.
    static func pixel(_ sample: Int, channel: Int, row: Int, column: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: sample * 11 + channel * 71 + row * 5 + column)
    }

    private static func record(_ sample: Int, hundred: Bool) -> Data {
        var record = hundred ? Data([UInt8(sample % 20)]) : Data()
        record.append(label(sample, hundred: hundred))
        for channel in 0..<3 {
            for row in 0..<32 { for column in 0..<32 { record.append(pixel(sample, channel: channel, row: row, column: column)) } }
        }
        return record
    }

    func lay(in folder: String = "") throws {
        try FileManager.default.createDirectory(atPath: directory.file(folder), withIntermediateDirectories: true)
        for (name, data) in files { try directory.write(data, to: folder.isEmpty ? name : "\(folder)/\(name)") }
    }

    func open(_ options: String = "", path: String? = nil) throws -> ImageDataset {
        try openDataset(DatasetSpecification("cifar\(hundred ? 100 : 10):\(path ?? directory.path)\(options)"))
    }
}

@Suite struct CIFARTests {
    private func expectWhole(_ dataset: ImageDataset, hundred: Bool, train: Int, test: Int) throws {
        #expect(dataset.split(.train).count == train)
        #expect(dataset.split(.test).count == test)
        #expect(dataset.labelCount == (hundred ? 100 : 10))
        #expect(dataset.channels == 3 && dataset.preprocessing.outputSize == 32)
        #expect(dataset.split(.train).labels == (0..<train).map { Int32(CIFARFixture.label($0, hundred: hundred)) })
        let sample = try Array(dataset.split(.test).sample(test - 1))
        for (channel, row, column) in [(0, 0, 0), (1, 2, 3), (2, 31, 30)] {
            let expected = CIFARFixture.pixel(train + test - 1, channel: channel, row: row, column: column)
            #expect(sample[(row * 32 + column) * 3 + channel] == expected)
        }
    }

    @Test(arguments: [false, true]) func recordsAreReadInFileOrder(hundred: Bool) throws {
        let fixture = try CIFARFixture(hundred: hundred)
        try fixture.lay()
        try expectWhole(fixture.open(), hundred: hundred, train: hundred ? 3 : 15, test: 3)
    }

    @Test(arguments: [false, true]) func theUnpackedFolderAndThePackedFileAreTheSame(hundred: Bool) throws {
        let fixture = try CIFARFixture(hundred: hundred)
        let folder = hundred ? "cifar-100-binary" : "cifar-10-batches-bin"
        try fixture.lay(in: folder)
        let unpacked = try fixture.open()
        let packed = try CIFARFixture(hundred: hundred)
        let path = packed.directory.file(hundred ? "cifar-100-binary.tar.gz" : "cifar-10-binary.tar.gz")
        try TarFixture.write(fixture.files.map { ("\(folder)/\($0.0)", $0.1) }, to: path, format: .gnu, gzip: true)
        for place in [packed.directory.path, path] {
            let dataset = try packed.open(path: place)
            try expectWhole(dataset, hundred: hundred, train: hundred ? 3 : 15, test: 3)
            for split in SplitName.allCases { #expect(try dataset.split(split).digest() == unpacked.split(split).digest()) }
        }
    }

    @Test func namesAreReadWhereTheyAre() throws {
        let fixture = try CIFARFixture()
        try fixture.lay()
        #expect(try fixture.open().labelNames == (0...9).map(String.init))
        let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
        try fixture.directory.write(Data((names.joined(separator: "\n") + "\n\n").utf8), to: "batches.meta.txt")
        #expect(try fixture.open().labelNames == names)
        #expect(try fixture.open("?labels=3&seed=2").labelNames.allSatisfy(names.contains))
        try fixture.directory.write(Data("airplane\n".utf8), to: "batches.meta.txt")
        expectProblem("batches.meta.txt", "10 labels") { _ = try fixture.open() }
    }

    @Test func faultsAreNamed() throws {
        var fixture = try CIFARFixture()
        expectProblem("test_batch.bin is missing", "cifar-10-binary.tar.gz") {
            try fixture.lay()
            try FileManager.default.removeItem(atPath: fixture.directory.file("test_batch.bin"))
            _ = try fixture.open()
        }
        fixture.files[3].1.removeLast(100)
        try fixture.lay()
        expectProblem("data_batch_4.bin", "truncated: 9119 bytes are no whole number of records of 3073") { _ = try fixture.open() }
        fixture = try CIFARFixture()
        fixture.files[1].1[3073] = 10
        try fixture.lay()
        expectProblem("data_batch_2.bin", "label 10 of sample 1 is not within 0 ... 9") { _ = try fixture.open() }
        expectProblem("/nowhere", "no such file") { _ = try fixture.open(path: "/nowhere") }
    }

    @Test func aDamagedPackedFileIsNamed() throws {
        let fixture = try CIFARFixture()
        let path = fixture.directory.file("cifar-10-binary.tar.gz")
        try TarFixture.write(fixture.files, to: path, gzip: true)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.dropLast(whole.count / 2).write(to: URL(fileURLWithPath: path))
        expectProblem(path, "damaged", "fetch it again") { _ = try fixture.open() }
        var flipped = whole
        flipped[flipped.count - 6] ^= 1
        try flipped.write(to: URL(fileURLWithPath: path))
        expectProblem(path, "checksum", "fetch it again") { _ = try fixture.open() }
    }
}
