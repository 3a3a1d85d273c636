import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

/// Vectors of FIPS 180-4.
struct DigestTests {
    static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    static let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

    @Test func knownAnswers() {
        #expect(Digest.sha256(of: Data()).hexadecimal == Self.empty)
        #expect(Digest.sha256(of: Data("abc".utf8)).hexadecimal == Self.abc)
        #expect(Digest.sha256(of: Data(repeating: UInt8(ascii: "a"), count: 1_000_000)).hexadecimal == Self.million)
    }

    @Test func piecesGiveTheWhole() {
        var stream = DigestStream()
        for letter in ["a", "b", "c"] { Data(letter.utf8).withUnsafeBytes { stream.update($0) } }
        #expect(stream.finish().hexadecimal == Self.abc)
        #expect(stream.finish().hexadecimal == Self.abc, "finishing does not disturb the stream")
    }

    @Test func filesAreReadInChunks() throws {
        let directory = try TemporaryDirectory()
        // More than one chunk, and not a multiple of it.
        let data = Data((0..<2_500_001).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let path = try directory.write(data, to: "big")
        #expect(try Digest.sha256(ofFile: path) == Digest.sha256(of: data))
        let problem = #expect(throws: Problem.self) { try Digest.sha256(ofFile: directory.file("none")) }
        #expect(problem?.location == directory.file("none"))
    }

    @Test func hexadecimalGoesBothWays() {
        #expect(Digest(hexadecimal: Self.abc)?.hexadecimal == Self.abc)
        #expect(Digest(hexadecimal: Self.abc.uppercased())?.hexadecimal == Self.abc)
        #expect(Digest(hexadecimal: String(Self.abc.dropLast())) == nil)
        #expect(Digest(hexadecimal: "g" + Self.abc.dropFirst()) == nil)
        #expect(Digest(hexadecimal: ":" + Self.abc.dropFirst()) == nil)
    }
}
