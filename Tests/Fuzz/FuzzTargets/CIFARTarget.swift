import Datasets
import Diagnostics
import Foundation

extension FuzzTarget {
    /// CIFAR's test split. Bits of the mode: 1 CIFAR-100, 2 a packed file instead of a folder, 4 packed by gzip, 8 samples filled up
    /// to whole records, 16 the tar as it is. Then a block for the labels' names, and the samples or the tar.
    static let cifar = FuzzTarget("cifar", longest: 8192, words: ["test_batch.bin", "batches.meta.txt", "ustar", "airplane\n", "\n\n"], seeds: cifarSeeds) { input in
        var reader = InputReader(input)
        let mode = reader.byte()
        let kind = mode & 1 == 1 ? "cifar100" : "cifar10"
        let record = mode & 1 == 1 ? 3074 : 3073
        let (names, rest) = (reader.block(), reader.remainder())
        let (namesFile, samplesFile) = mode & 1 == 1 ? ("fine_label_names.txt", "test.bin") : ("batches.meta.txt", "test_batch.bin")
        var samples = rest
        if mode & 8 == 8, samples.count % record != 0 { samples += Data(repeating: 1, count: record - samples.count % record) }
        var files: [(String, Data)] = [(samplesFile, samples)]
        if !names.isEmpty { files.append((namesFile, names)) }

        let folder = try ScratchFolder()
        var path = folder.path
        if mode & 2 == 2 {
            let tar = mode & 16 == 16 ? TarMaker.mending(rest) : TarMaker.tar(files.map { ("cifar/\($0.0)", $0.1) })
            try folder.add("packed", mode & 4 == 4 ? Packing.gzip(tar) : tar)
            path += "/packed"
        } else {
            for (name, bytes) in files { try folder.add(name, bytes) }
        }
        let dataset = try taken(input) { () throws(Problem) in try openDataset(DatasetSpecification("\(kind):\(path)"), splits: [.test]) }
        guard let dataset else { return .refused }
        try DatasetChecks.check(dataset, .test, input: input)
        return .taken
    }

    private static func cifarSeeds() throws -> [Seed] {
        func seed(_ name: String, mode: UInt8, names: String = "", _ samples: Data) -> Seed {
            Seed(name, InputWriter.make {
                $0.byte(mode)
                $0.block(Data(names.utf8))
                $0.remainder(samples)
            })
        }
        let ten = (0..<10).map { "label \($0)\n" }.joined()
        let (one, fine) = (Data(repeating: 3, count: 3073), Data(repeating: 5, count: 3074))
        return [
            seed("folder", mode: 0, one + one), seed("names", mode: 8, names: ten, Data([1, 2, 3])), seed("fine", mode: 1, fine),
            seed("packed", mode: 8 + 4 + 2, names: ten, Data([9])), seed("tar", mode: 8 + 2 + 1, Data([0, 99])),
            seed("cut-short", mode: 0, one.dropLast()), seed("same-names", mode: 8, names: String(repeating: "a\n", count: 10), Data([1])),
            seed("tar-as-it-is", mode: 16 + 4 + 2, TarMaker.tar([("x/test_batch.bin", one)])),
        ]
    }
}
