import Foundation

/// A reader of markup that is strict where browsers are lenient: every tag closed, in order, attributes quoted, no bare
/// ampersand. It also gathers ids, references and the cells of tables.
struct Markup {
    private(set) var faults: [String] = []
    private(set) var ids: [String] = []
    private(set) var references: [String] = []
    /// Text of each cell, row by row, of all tables.
    private(set) var rows: [[String]] = []
    private(set) var elementCounts: [String: Int] = [:]

    private static let void: Set<String> = ["meta", "br", "img", "hr", "link", "input"]

    init(_ text: String) {
        var open: [String] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "<") {
            addText(String(rest[..<start]), inside: open)
            rest = rest[start...]
            if rest.hasPrefix("<!--") {
                guard let end = rest.range(of: "-->") else { faults.append("comment without an end"); return }
                rest = rest[end.upperBound...]
                continue
            }
            guard let end = rest.firstIndex(of: ">") else { faults.append("tag without an end"); return }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!") || tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                let name = String(tag.dropFirst()).trimmed
                if open.last == name { open.removeLast() } else { faults.append("</\(name)> closes <\(open.last ?? "nothing")>") }
                continue
            }
            let name = String(tag.prefix { !$0.isWhitespace && $0 != "/" })
            elementCounts[name, default: 0] += 1
            if name == "tr" { rows.append([]) }
            if name == "td" || name == "th", !rows.isEmpty { rows[rows.count - 1].append("") }
            readAttributes(tag.dropFirst(name.count))
            if !tag.hasSuffix("/"), !Self.void.contains(name) { open.append(name) }
            if name == "script", let end = rest.range(of: "</script>") { rest = rest[end.lowerBound...] }
            if name == "style", let end = rest.range(of: "</style>") { rest = rest[end.lowerBound...] }
        }
        if !open.isEmpty { faults.append("left open: \(open)") }
    }

    private mutating func addText(_ text: String, inside open: [String]) {
        var rest = Substring(text)
        while let ampersand = rest.firstIndex(of: "&") {
            rest = rest[rest.index(after: ampersand)...]
            let entity = rest.prefix { $0 != ";" }
            if !["amp", "lt", "gt", "quot", "#39"].contains(String(entity)) && !entity.hasPrefix("#x") { faults.append("bare & before \(rest.prefix(12))") }
        }
        guard open.last.map({ ["td", "th", "b", "i", "sub", "span", "small"].contains($0) }) == true,
            open.contains("td") || open.contains("th"), let row = rows.indices.last, let cell = rows[row].indices.last
        else { return }
        rows[row][cell] += text.trimmed
    }

    private mutating func readAttributes(_ text: Substring) {
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals]).trimmed
            rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            guard let quote = rest.first, quote == "\"" || quote == "'", let end = rest.dropFirst().firstIndex(of: quote) else {
                faults.append("attribute \(name) without quotes")
                return
            }
            let value = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
            if name == "id" { ids.append(value) }
            if name == "xlink:href" || name == "href" { references.append(value) }
            if name == "src" { references.append(value) }
        }
    }
}

extension String {
    fileprivate var trimmed: String { String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}
