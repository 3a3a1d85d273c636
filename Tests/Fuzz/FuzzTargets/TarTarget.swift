import Datasets
import Diagnostics
import Foundation

extension FuzzTarget {
    /// A tar's index, kept and read again, and the data set that lies in it. Bits of the mode: 1 checksums as they are, 2 put in as
    /// the inner tar of another.
    static let tar = FuzzTarget("tar", longest: 16_384, words: [
        "ustar\u{0}00", "ustar  \u{0}", "././@LongLink", "15 path=a/b.jpg\n", "20 size=99999999999\n", "22 GNU.sparse.major=1\n", ".tar", "../",
        "train/a/b.jpg", "val/val_annotations.txt", "val/images/", "wnids.txt", "words.txt", "00000001000", "77777777777", "\u{7F}", ".JPEG",
    ], seeds: tarSeeds) { input in
        var reader = InputReader(input)
        let mode = reader.byte()
        var bytes = reader.remainder()
        if mode & 1 == 0 { bytes = TarMaker.mending(bytes) }
        if mode & 2 == 2 { bytes = TarMaker.tar([("n1.tar", bytes), ("n2/x.jpg", Data([1]))]) }
        let folder = try ScratchFolder()
        try folder.add("data.tar", bytes)
        let path = "\(folder.path)/data.tar"
        guard let tree = try taken(input, { () throws(Problem) in try FileTree(tar: path, cache: IndexCache(directory: nil)) }) else { return .refused }
        try checkMembers(tree, bytes, input)
        try checkKeptIndex(of: path, tree.table, folder)

        // The index of this opening lies in the standard cache, which is no folder here.
        guard let dataset = try taken(input, { () throws(Problem) in try openDataset(DatasetSpecification("tiny-imagenet:\(path)"), splits: [.train]) })
        else { return .taken }
        try DatasetChecks.check(dataset, .train, input: input)
        return .taken
    }

    private static func checkMembers(_ tree: FileTree, _ bytes: Data, _ input: Data) throws {
        let table = tree.table
        var previous: String?
        for member in 0..<table.count {
            let contents = try tree.contents(member)
            try require(contents.isEmpty || bytes.range(of: contents) != nil, "bytes that the tar does not hold")
            let path = table.path(member)
            try require(!path.isEmpty && path != previous, "a path twice")
            // Bytes that are no UTF-8 are told as other characters, and not found by them.
            if !path.contains("\u{FFFD}") { try require(table.member(path) == member, "\(path) is not found") }
            previous = path
        }
        try require(table.members(below: "").count == table.count, "members that lie nowhere")
    }

    /// The index that the next run reads says the same.
    private static func checkKeptIndex(of path: String, _ table: MemberTable, _ folder: ScratchFolder) throws {
        let cache = IndexCache(directory: folder.path)
        guard let index = cache.indexPath(of: path) else { throw Violation("no place for an index") }
        defer { unlink(index) }
        for _ in 0..<2 {
            let again = try FileTree(tar: path, cache: cache).table
            try require(again.count == table.count, "\(again.count) members, and \(table.count) before")
            for member in 0..<table.count { try require(again.path(member) == table.path(member), "another path from the index") }
        }
    }

    private static func tarSeeds() throws -> [Seed] {
        let picture = try JPEGSeeds.small()
        func pax(_ records: String) -> Data { TarMaker.header("pax", count: records.utf8.count, type: "x") + padded(Data(records.utf8)) }
        func padded(_ bytes: Data) -> Data { bytes + Data(count: (512 - bytes.count % 512) % 512) }
        let long = String(repeating: "d/", count: 80) + "a.jpg"
        let link = TarMaker.header("././@LongLink", count: long.utf8.count + 1, type: "L") + padded(Data((long + "\u{0}").utf8))
        let set = TarMaker.tar([
            ("tiny/wnids.txt", Data("n1\nn2\n".utf8)), ("tiny/words.txt", Data("n1\ta fish\nn2\ta bird\n".utf8)),
            ("tiny/train/n1/images/n1_0.JPEG", picture), ("tiny/val/images/val_0.JPEG", picture),
            ("tiny/val/val_annotations.txt", Data("val_0.JPEG\tn2\t0\t0\t62\t62\n".utf8)),
        ])
        func seed(_ name: String, mode: UInt8 = 0, _ tar: Data) -> Seed { Seed(name, Data([mode]) + tar) }
        let plain = TarMaker.tar([("train/a/1.jpg", Data([1, 2])), ("./train/b/2.jpg", Data())])
        return [
            seed("plain", plain), seed("as-it-is", mode: 1, plain), seed("inner", mode: 2, plain), seed("data-set", set),
            seed("pax", pax("21 path=train/é/a.jpg\n".replacing("21", with: "22")) + TarMaker.tar([("x", Data([7]))])),
            seed("pax-size", pax("9 size=1\n") + TarMaker.tar([("train/a/b.jpg", Data([7, 8]))])),
            seed("long-name", link + TarMaker.tar([("short", Data([7]))])),
            seed("twice", TarMaker.tar([("a", Data([1])), ("a", Data([2]))])), seed("empty", TarMaker.tar([])), seed("cut-short", plain.dropLast(1024)),
            seed("packed", mode: 1, Packing.gzip(plain)),
        ]
    }
}
