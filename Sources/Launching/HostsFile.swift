import Diagnostics
import Foundation

/// A file that lists machines, one on a line: an address, then options. `#` begins a comment.
///
///     10.0.0.11                threads=16
///     anna@lab2.example:2222   name=anna data=/data/cifar10 program=/opt/filterscope/bin/filterscope
///     [fd00::7]                data="/my data/cifar10"
public enum HostsFile {
    static let options = ["threads", "data", "program", "name", "directory"]
    /// More is a mistake: another file was named.
    static let mostHosts = 1000
    static let largest = 1 << 20

    public static func read(_ path: String) throws(Problem) -> [Host] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Problem("cannot be read: \(String(cString: strerror(errno)))", at: path, remedy: "name a file that lists machines, one on a line")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= largest, let data = FileManager.default.contents(atPath: path),
            let text = String(validatingUTF8: data)
        else { throw Problem("is no text file of a list of machines", at: path) }
        return try parse(text, at: path)
    }

    /// - Parameter path: for messages.
    public static func parse(_ text: String, at path: String) throws(Problem) -> [Host] {
        var hosts: [Host] = []
        var lines: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let place = "\(path), line \(index + 1)"
            let words = try words(of: line, at: place)
            guard let first = words.first else { continue }
            let host = try host(first, words.dropFirst(), at: place)
            if let earlier = lines.updateValue(index + 1, forKey: host.name) {
                throw Problem(
                    "the name \"\(host.name)\" is taken by line \(earlier)", at: place, remedy: "give one of them another with name=…")
            }
            hosts.append(host)
            guard hosts.count <= mostHosts else { throw Problem("lists more than \(mostHosts) machines", at: path) }
        }
        guard !hosts.isEmpty else { throw Problem("lists no machine", at: path, remedy: "write one address on a line") }
        return hosts
    }

    /// Words between blanks; quotation marks keep blanks together, as in data="/my data".
    private static func words(of line: Substring, at place: String) throws(Problem) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                word = word ?? ""
            } else if isQuoted || !(character.isWhitespace || (character == "#" && word == nil)) {
                word = (word ?? "") + String(character)
            } else {
                if let word { words.append(word) }
                word = nil
                if character == "#" { break }
            }
        }
        guard !isQuoted else { throw Problem("a quotation mark is not closed", at: place) }
        if let word { words.append(word) }
        guard words.allSatisfy({ $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }) else {
            throw Problem("holds a control character", at: place)
        }
        return words
    }

    private static func host(_ address: String, _ options: ArraySlice<String>, at place: String) throws(Problem) -> Host {
        var host = try parsed(address: address, at: place)
        var seen: Set<String> = []
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw Problem("\"\(option)\" is no option", at: place, remedy: "write \(Self.options.map { "\($0)=…" }.joined(separator: ", ")); one machine on a line")
            }
            let (name, value) = (parts[0], parts[1])
            guard Self.options.contains(name) else {
                throw Problem("unknown option \"\(name)\"", at: place, remedy: suggestion(for: name, among: Self.options))
            }
            guard seen.insert(name).inserted else { throw Problem("\(name)= stands twice", at: place) }
            guard !value.isEmpty else { throw Problem("\(name)= needs a value", at: place) }
            try set(name, value, of: &host, at: place)
        }
        return host
    }

    private static func set(_ name: String, _ value: String, of host: inout Host, at place: String) throws(Problem) {
        switch name {
        case "threads":
            guard let threads = Int(value), (1...1024).contains(threads) else {
                throw Problem("threads= needs a whole number within 1 ... 1024, not \"\(value)\"", at: place)
            }
            host.threads = threads
        case "name":
            guard isName(value) else {
                throw Problem("\"\(value)\" cannot be a worker's name", at: place, remedy: "use up to 60 letters, digits, points, dashes and underscores")
            }
            host.name = value
        case "program", "directory":
            guard !value.hasPrefix("-") else { throw Problem("\(name)= cannot begin with a dash", at: place) }
            if name == "program" { host.program = value } else { host.directory = value }
        default: host.data = value
        }
    }

    private static func parsed(address text: String, at place: String) throws(Problem) -> Host {
        let wrong = Problem("\"\(text)\" is no address", at: place, remedy: "write ADDRESS, USER@ADDRESS or USER@ADDRESS:PORT, IPv6 in brackets")
        var rest = text[...]
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var port: Int?
        var address = String(rest)
        let colons = rest.count { $0 == ":" }
        let bracket = rest.firstIndex(of: "]")
        guard colons <= 1 || rest.hasPrefix("[") else { throw wrong }
        if let colon = rest.lastIndex(of: ":"), bracket.map({ colon > $0 }) ?? true {
            let digits = rest[rest.index(after: colon)...]
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), (1...65_535).contains(number) else {
                throw Problem("\"\(digits)\" is not a port", at: place, remedy: "a port is a number from 1 to 65535")
            }
            port = number
            address = String(rest[..<colon])
        }
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        // Neither may be taken for an option of ssh.
        let isPlain = { (text: String) in !text.isEmpty && !text.hasPrefix("-") && text.allSatisfy { $0.isLetter || $0.isNumber || "._-:%".contains($0) } }
        guard isPlain(address), user.map(isPlain) ?? true else { throw wrong }
        let name = String((address + (port.map { "-\($0)" } ?? "")).map { isNameCharacter($0) ? $0 : "-" }.prefix(60))
        return Host(name: name, user: user, address: address, port: port, program: "filterscope", directory: ".filterscope")
    }

    /// It becomes part of a path and of logs.
    private static func isName(_ text: String) -> Bool {
        (1...60).contains(text.count) && text != "." && text != ".."
            && text.allSatisfy(isNameCharacter)
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
    }
}

extension String {
    /// Nil where the bytes are no UTF-8.
    fileprivate init?(validatingUTF8 data: Data) { self.init(data: data, encoding: .utf8) }
}
