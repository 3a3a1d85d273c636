import Diagnostics
import Foundation

/// A user's own names: torchvision's name of a tensor, and the name in the file. `{n}` in both stands for any piece of a name
/// without a dot.
///
///     {"features.0.{part}": "stem.conv.{part}", "classifier.weight": "head.weight"}
public struct WeightMapping: Sendable {
    private struct Pair: Sendable {
        let torchvision: NamePattern
        let file: NamePattern
    }

    private var pairs: [Pair] = []

    /// Reads a JSON object of strings.
    /// - Throws: a `Problem` that names the file and the faulty entry.
    public init(path: String) throws(Problem) {
        let remedy = "write an object of strings: {\"torchvision's name\": \"the file's name\"}"
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw Problem("cannot be read", at: path, remedy: "name a JSON file with a mapping of names")
        }
        let names: [String: String]
        do { names = try JSONDecoder().decode([String: String].self, from: data) } catch {
            throw Problem("is not a mapping of names", at: path, remedy: remedy)
        }
        try self.init(names, path: path)
    }

    /// - Parameter path: where the names came from, for messages.
    init(_ names: [String: String], path: String) throws(Problem) {
        var seen: [String: String] = [:]
        // Names without placeholders first: what is said of one tensor outweighs what is said of many.
        for (torchvision, file) in names.sorted(by: { ($0.key.contains("{") ? 1 : 0, $0.key) < ($1.key.contains("{") ? 1 : 0, $1.key) }) {
            if let other = seen.updateValue(torchvision, forKey: file) {
                throw Problem("\"\(other)\" and \"\(torchvision)\" have the same name, \"\(file)\"", at: path, remedy: "give each its own")
            }
            guard !torchvision.isEmpty, !file.isEmpty, file != "__metadata__" else {
                throw Problem("\"\(torchvision)\" cannot be named \"\(file)\"", at: path, remedy: "give it another name")
            }
            let pair = Pair(torchvision: NamePattern(torchvision), file: NamePattern(file))
            let (ours, theirs) = (pair.torchvision.placeholders, pair.file.placeholders)
            guard Set(ours) == Set(theirs), Set(ours).count == ours.count, Set(theirs).count == theirs.count else {
                throw Problem(
                    "\"\(torchvision)\" and \"\(file)\" do not have the same placeholders", at: path,
                    remedy: "each {name} stands once on either side")
            }
            pairs.append(pair)
        }
    }

    /// Nil where the mapping says nothing about it.
    func fileName(of torchvisionName: String) -> String? {
        for pair in pairs {
            if let values = pair.torchvision.match(torchvisionName) { return pair.file.filled(values) }
        }
        return nil
    }

    /// Nil where the mapping says nothing about it.
    func torchvisionName(of fileName: String) -> String? {
        for pair in pairs {
            if let values = pair.file.match(fileName) { return pair.torchvision.filled(values) }
        }
        return nil
    }
}

/// A name with placeholders: `layer{n}.0.{part}`.
struct NamePattern: Sendable {
    private enum Piece: Sendable {
        case text([Character])
        case placeholder(String)
    }

    private var pieces: [Piece] = []

    init(_ text: String) {
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if open > rest.startIndex { pieces.append(.text(Array(rest[..<open]))) }
            pieces.append(.placeholder(String(rest[rest.index(after: open)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.text(Array(rest))) }
    }

    var placeholders: [String] {
        pieces.compactMap { if case .placeholder(let name) = $0 { name } else { nil } }
    }

    /// What each placeholder stands for; nil where the name is of another form.
    func match(_ name: String) -> [String: String]? { match(Array(name)[...], pieces[...]) }

    /// The shortest piece for each placeholder from the left, so that there is one answer.
    private func match(_ name: ArraySlice<Character>, _ pieces: ArraySlice<Piece>) -> [String: String]? {
        guard let piece = pieces.first else { return name.isEmpty ? [:] : nil }
        switch piece {
        case .text(let text):
            return name.starts(with: text) ? match(name.dropFirst(text.count), pieces.dropFirst()) : nil
        case .placeholder(let key):
            let longest = name.prefix { $0 != "." }.count
            guard longest > 0 else { return nil }
            for length in 1...longest {
                if var values = match(name.dropFirst(length), pieces.dropFirst()) {
                    values[key] = String(name.prefix(length))
                    return values
                }
            }
            return nil
        }
    }

    func filled(_ values: [String: String]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): String(text)
            case .placeholder(let name): values[name] ?? ""
            }
        }.joined()
    }
}
