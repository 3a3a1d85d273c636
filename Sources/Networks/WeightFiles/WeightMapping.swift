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
        func rank(_ name: String) -> (Int, String) { (name.contains("{") ? 1 : 0, name) }
        for (torchvision, file) in names.sorted(by: { rank($0.key) < rank($1.key) }) {
            if let other = seen.updateValue(torchvision, forKey: file) {
                throw Problem(
                    "\"\(other)\" and \"\(torchvision)\" have the same name, \"\(file)\"", at: path,
                    remedy: "give each its own")
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

    /// What each placeholder stands for; nil where the name is of another form. From the left each stands for the shortest piece
    /// that leaves an answer, so that there is one; time and memory grow with pieces times characters, however many ways there are.
    func match(_ name: String) -> [String: String]? {
        let name = Array(name)
        if case .text(let text)? = pieces.first, !name.starts(with: text) { return nil }
        // From the last piece to the first: where a piece that begins at a place ends, if all that follow it fit there.
        var ends: [[Int?]] = []
        var fits = [Bool](repeating: false, count: name.count + 1)
        fits[name.count] = true
        for piece in pieces.reversed() {
            let pieceEnds = Self.ends(of: piece, in: name, fits)
            fits = pieceEnds.map { $0 != nil }
            ends.append(pieceEnds)
        }
        guard fits[0] else { return nil }
        var values: [String: String] = [:]
        var place = 0
        for (piece, ends) in zip(pieces, ends.reversed()) {
            guard let end = ends[place] else { return nil }
            if case .placeholder(let key) = piece { values[key] = String(name[place..<end]) }
            place = end
        }
        return values
    }

    private static func ends(of piece: Piece, in name: [Character], _ fits: [Bool]) -> [Int?] {
        var ends = [Int?](repeating: nil, count: fits.count)
        switch piece {
        case .text(let text):
            for start in name.indices where name[start...].starts(with: text) && fits[start + text.count] { ends[start] = start + text.count }
        case .placeholder:
            var nearest: Int?
            for start in name.indices.reversed() {
                if fits[start + 1] { nearest = start + 1 }
                if name[start] == "." { nearest = nil }
                ends[start] = nearest
            }
        }
        return ends
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
