import Datasets
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct FileTreeTests {
    private let directory: TemporaryDirectory
    private let cache: IndexCache

    init() throws {
        directory = try TemporaryDirectory("tree")
        cache = IndexCache(directory: directory.file("cache"))
    }

    private func content(_ tree: FileTree) throws -> [String] {
        try (0..<tree.table.count).map { "\(tree.table.path($0))=\(String(decoding: try tree.contents($0), as: UTF8.self))" }
    }

    @Test func membersStandInSortedOrderOfTheirParts() throws {
        let path = directory.file("a set.tar")
        try TarFixture.write(
            [("b/2", Data("p".utf8)), ("a-b/1", Data("q".utf8)), ("a/z", Data("r".utf8)), ("a/画", Data("s".utf8)), ("b/10", Data("t".utf8))],
            to: path)
        let tree = try FileTree(tar: path, cache: cache)
        #expect(try content(tree) == ["a/z=r", "a/画=s", "a-b/1=q", "b/10=t", "b/2=p"])
        #expect(tree.table.member("a-b/1") == 2)
        #expect(tree.table.member("a-b") == nil)
        #expect(tree.table.members(below: "a") == 0..<2)
        #expect(tree.table.members(below: "b") == 3..<5)
        #expect(tree.table.members(below: "c").isEmpty)
        #expect(tree.location(1) == "\(path), a/画")
    }

    @Test func ofMembersWithOnePathTheLastCounts() throws {
        let path = directory.file("twice.tar")
        try TarFixture.write([("b", Data("1".utf8)), ("a", Data("2".utf8)), ("b", Data("3".utf8)), ("a", Data("4".utf8))], to: path)
        #expect(try content(FileTree(tar: path, cache: cache)) == ["a=4", "b=3"])
    }

    @Test func innerTarsCountAsFolders() throws {
        let inner = try ["n02", "n01"].map { label in
            (label + ".tar", try TarFixture.bytes([("\(label)_1.JPEG", Data(label.utf8)), ("\(label)_0.JPEG", Data())], format: .gnu))
        }
        let path = directory.file("outer.tar")
        try TarFixture.write(inner, to: path, format: .gnu)
        let tree = try FileTree(tar: path, cache: cache)
        #expect(try content(tree) == ["n01/n01_0.JPEG=", "n01/n01_1.JPEG=n01", "n02/n02_0.JPEG=", "n02/n02_1.JPEG=n02"])

        var cut = inner
        cut[1].1 = cut[1].1.prefix(700)
        try TarFixture.write(cut, to: path, format: .gnu)
        expectProblem(path, "in the inner n01.tar: truncated") { _ = try FileTree(tar: path, cache: cache) }
    }

    @Test func aKeptIndexServesUntilTheTarChanges() throws {
        let path = directory.file("set.tar")
        try TarFixture.write([("a", Data("1".utf8))], to: path)
        _ = try FileTree(tar: path, cache: cache)
        let index = try #require(cache.indexPath(of: path))
        let kept = try Data(contentsOf: URL(fileURLWithPath: index))

        // The kept file is what is opened: a change of a name in it shows.
        var marked = kept
        marked[marked.count - 1] = UInt8(ascii: "m")
        try marked.write(to: URL(fileURLWithPath: index))
        #expect(try content(FileTree(tar: path, cache: cache)) == ["m=1"])

        // A tar of the same length that is newer than its index makes the index anew.
        try TarFixture.write([("b", Data("2".utf8))], to: path)
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 5)], ofItemAtPath: path)
        #expect(try content(FileTree(tar: path, cache: cache)) == ["b=2"])
        #expect(try content(FileTree(tar: path, cache: cache)) == ["b=2"])
        // So does one of another length, whatever its time says.
        let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
        try TarFixture.write([("b", Data(repeating: 0x33, count: 20_000)), ("c", Data("4".utf8))], to: path)
        try FileManager.default.setAttributes([.modificationDate: time as Any], ofItemAtPath: path)
        #expect(try FileTree(tar: path, cache: cache).table.count == 2)
    }

    @Test func aDamagedIndexIsMadeAnew() throws {
        let path = directory.file("set.tar")
        try TarFixture.write([("a", Data("1".utf8)), ("b", Data("2".utf8))], to: path)
        _ = try FileTree(tar: path, cache: cache)
        let index = try #require(cache.indexPath(of: path))
        let kept = try Data(contentsOf: URL(fileURLWithPath: index))
        var damages = [kept.dropLast(1), kept + [0], Data(), kept.prefix(30), Data(repeating: 0xFF, count: kept.count)]
        // Every byte of the header, of the offsets, the starts and the lengths set to all ones.
        for place in 0..<kept.count - 2 {
            var damaged = kept
            damaged[place] = 0xFF
            damages.append(damaged)
        }
        for damaged in damages {
            try damaged.write(to: URL(fileURLWithPath: index))
            let tree = try FileTree(tar: path, cache: cache)
            #expect(tree.table.count == 2)
            #expect(tree.table.path(0) == "a" && tree.table.path(1) == "b")
            for member in 0..<2 where (try? tree.contents(member)) == nil { Issue.record("member \(member) cannot be read") }
        }
    }

    @Test func withoutACacheTheTarIsReadAllTheSame() throws {
        let path = directory.file("set.tar")
        try TarFixture.write([("a", Data("1".utf8))], to: path)
        for cache in [IndexCache(directory: nil), IndexCache(directory: "/proc/no such place")] {
            #expect(try content(FileTree(tar: path, cache: cache)) == ["a=1"])
        }
    }

    @Test func foldersAreListedThroughLinks() throws {
        let files = FileManager.default
        try files.createDirectory(atPath: directory.file("root/train/with space"), withIntermediateDirectories: true)
        try files.createDirectory(atPath: directory.file("elsewhere"), withIntermediateDirectories: true)
        try directory.write(Data("1".utf8), to: "root/train/with space/ü.jpg")
        try directory.write(Data("2".utf8), to: "elsewhere/x.jpg")
        try files.createSymbolicLink(atPath: directory.file("root/train/linked"), withDestinationPath: directory.file("elsewhere"))
        let tree = try FileTree(folder: directory.file("root"), subfolders: ["train", "val"])
        #expect(try content(tree) == ["train/linked/x.jpg=2", "train/with space/ü.jpg=1"])
        try files.createSymbolicLink(atPath: directory.file("root/train/loop"), withDestinationPath: directory.file("root/train"))
        expectProblem("link that leads back") { _ = try FileTree(folder: directory.file("root"), subfolders: ["train"]) }
    }

    @Test func aTarThatIsCutWhileInUseIsAReadError() throws {
        let path = directory.file("set.tar")
        try TarFixture.write([("a", Data("1".utf8)), ("b.JPEG", Data(repeating: 9, count: 5_000))], to: path)
        let tree = try FileTree(tar: path, cache: cache)
        #expect(try tree.contents(1) == Data(repeating: 9, count: 5_000))
        try #require(truncate(path, 2_000) == 0)
        expectProblem(path, "b.JPEG", "the file ends at byte 2000", "cut short") { _ = try tree.contents(1) }
        #expect(try tree.contents(0) == Data("1".utf8))
    }

    /// The kernel answers a read of a page that is not mapped with an input/output error, as a failing disk does.
    @Test func aReadErrorIsNamed() throws {
        let file = try RandomAccessFile("/proc/self/mem")
        expectProblem("/proc/self/mem", "reading 100 bytes from byte 0 on failed", "Input/output error") {
            _ = try file.data(count: 100, at: 0)
        }
    }
}
