import Foundation

/// Tars with right checksums.
enum TarMaker {
    static func tar(_ members: [(name: String, bytes: Data)]) -> Data {
        var tar = Data()
        for (name, bytes) in members {
            tar += header(name, count: bytes.count)
            tar += bytes + Data(count: (512 - bytes.count % 512) % 512)
        }
        return tar + Data(count: 1024)
    }

    /// A POSIX header, "0" for a file; other types are pax's and GNU's extensions.
    static func header(_ name: String, count: Int, type: Character = "0") -> Data {
        var header = Data(count: 512)
        func put(_ text: String, at place: Int) { header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8) }
        put(String(name.prefix(100)), at: 0)
        put("0000644", at: 100)
        let digits = String(count, radix: 8)
        put(String(repeating: "0", count: max(0, 11 - digits.count)) + digits.suffix(11), at: 124)
        put(String(type), at: 156)
        put("ustar\u{0}00", at: 257)
        seal(&header, at: 0)
        return header
    }

    /// The same bytes, with right checksums wherever a header says that one is: without that hardly any change would be read.
    static func mending(_ bytes: Data) -> Data {
        var tar = Data(bytes)
        for place in stride(from: 0, to: tar.count - 511, by: 512) where tar[place + 257..<place + 262].elementsEqual("ustar".utf8) {
            seal(&tar, at: place)
        }
        return tar
    }

    private static func seal(_ tar: inout Data, at place: Int) {
        let field = place + 148..<place + 156
        tar.replaceSubrange(field, with: Data(repeating: 0x20, count: 8))
        let sum = String(tar[place..<place + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        let digits = String(repeating: "0", count: max(0, 6 - sum.count)) + sum
        tar.replaceSubrange(field.lowerBound..<field.lowerBound + 6, with: digits.utf8)
        tar[field.lowerBound + 6] = 0
    }
}
