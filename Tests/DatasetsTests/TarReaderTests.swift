import Datasets
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct TarReaderTests {
    private static let longName = String(repeating: "a long folder/", count: 12) + "end.JPEG"
    private static let members: [(String, Data)] = [
        ("set/", Data()), ("set/b.JPEG", Data("second".utf8)), ("set/a.JPEG", Data(repeating: 7, count: 1_500)),
        ("set/with space/ä é 画像.JPEG", Data("unicode".utf8)), (longName, Data("long".utf8)), ("set/empty.JPEG", Data()),
    ]

    private func list(_ tar: Data) throws -> [String: Data] {
        let bytes = UnpackedBytes(path: "test.tar", bytes: tar)
        var reader = TarReader(bytes, 0..<tar.count)
        var found: [String: Data] = [:]
        while try reader.next() { found[reader.pathText] = try bytes.data(count: reader.byteCount, at: reader.offset) }
        return found
    }

    @Test(arguments: [TarFixture.Format.pax, .gnu]) func membersAreFoundWhereTheyLie(format: TarFixture.Format) throws {
        let found = try list(TarFixture.bytes(Self.members, format: format))
        #expect(found == Dictionary(uniqueKeysWithValues: Self.members.dropFirst().map { ($0.0, $0.1) }))
    }

    @Test func oldFormatsAreRead() throws {
        let plain = [("./set/b.JPEG", Data("second".utf8)), ("/set/c.JPEG", Data("third".utf8))]
        for format in [TarFixture.Format.ustar, .v7] {
            let found = try list(TarFixture.bytes(plain, format: format))
            #expect(found == ["set/b.JPEG": Data("second".utf8), "set/c.JPEG": Data("third".utf8)])
        }
        // 154 bytes of folders go to ustar's prefix field.
        let deep = String(repeating: "folder/", count: 20) + String(repeating: "n", count: 60)
        #expect(try list(TarFixture.bytes([(deep, Data("x".utf8))], format: .ustar)) == [deep: Data("x".utf8)])
    }

    /// GNU's binary sizes, as files beyond 8 GiB have them.
    @Test func binarySizesAreRead() throws {
        var tar = try TarFixture.bytes([("a.JPEG", Data("abc".utf8))], format: .gnu)
        tar.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])
        Self.sign(&tar, at: 0)
        #expect(try list(tar) == ["a.JPEG": Data("abc".utf8)])
        tar.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 3])
        Self.sign(&tar, at: 0)
        expectProblem("test.tar", "truncated", "a.JPEG needs 38654705667 bytes") { _ = try list(tar) }
    }

    @Test func aTruncatedTarIsNamedWithItsMember() throws {
        let tar = try TarFixture.bytes(Self.members, format: .gnu)
        let end = try #require(tar.range(of: Data(repeating: 7, count: 1_500)))
        expectProblem("truncated", "set/a.JPEG needs 1500 bytes", "fetch it again") { _ = try list(tar[..<(end.upperBound - 1)]) }
        expectProblem("truncated", "without the mark that ends an archive") { _ = try list(tar[..<1_536]) }
        expectProblem("truncated") { _ = try list(Data()) }
    }

    @Test func whatIsNoTarIsRefused() throws {
        expectProblem("test.tar", "not a tar file") { _ = try list(Data(repeating: 0x41, count: 4_096)) }
        expectProblem("compressed", "unpack it to a plain .tar") { _ = try list(Data([0x1F, 0x8B, 8]) + Data(repeating: 1, count: 1_000)) }
        var tar = try TarFixture.bytes(Self.members, format: .gnu)
        let name = try #require(tar.range(of: Data("set/a.JPEG".utf8)))
        tar[name.lowerBound + 4] ^= 1
        expectProblem("the tar is damaged: byte \(name.lowerBound) begins no member") { _ = try list(tar) }
    }

    @Test func aDamagedExtendedHeaderIsRefused() throws {
        var tar = try TarFixture.bytes([("ä.JPEG", Data("x".utf8))], format: .pax)
        let record = try #require(tar.range(of: Data(" path=".utf8)))
        tar[record.lowerBound - 1] = UInt8(ascii: "9")
        tar[record.lowerBound - 2] = UInt8(ascii: "9")
        expectProblem("damaged") { _ = try list(tar) }
    }

    /// Writes the checksum of a header anew.
    private static func sign(_ tar: inout Data, at start: Int) {
        tar.replaceSubrange(start + 148..<start + 156, with: Data(repeating: 0x20, count: 8))
        let sum = tar[start..<start + 512].reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        tar.replaceSubrange(start + 148..<start + 156, with: Data((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0, 0x20])
    }
}
