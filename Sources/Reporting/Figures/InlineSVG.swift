import Diagnostics
import Foundation

/// Makes a gnuplot picture fit to stand in an HTML page beside others.
enum InlineSVG {
    /// Drops the XML prologue, gives the picture a title of its own, and prefixes every id and every reference to one.
    static func element(from picture: String, title: String, prefix: String) throws(Problem) -> String {
        guard let start = picture.range(of: "<svg"), let end = picture.range(of: "</svg>", options: .backwards),
            let headEnd = picture.range(of: ">", range: start.upperBound..<picture.endIndex)
        else { throw Problem("gnuplot's picture is not SVG") }
        var body = String(picture[headEnd.upperBound..<end.lowerBound])
        for element in ["title", "desc"] { body = removingFirst(element, from: body) }
        for (mark, quote) in [("id=", "'"), ("id=", "\""), ("href=", "'#"), ("href=", "\"#"), ("url(", "#")] {
            body = body.replacing(mark + quote, with: mark + quote + prefix + "-")
        }
        let head = picture[start.lowerBound..<headEnd.upperBound]
        let size = (attribute("width", of: head) ?? "640", attribute("height", of: head) ?? "480")
        return """
            <svg role="img" viewBox="0 0 \(size.0) \(size.1)" width="\(size.0)" height="\(size.1)" \
            xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">\
            <title>\(HTML.escaped(title))</title>\(body)</svg>
            """
    }

    private static func removingFirst(_ element: String, from text: String) -> String {
        guard let start = text.range(of: "<\(element)>"), let end = text.range(of: "</\(element)>", range: start.upperBound..<text.endIndex)
        else { return text }
        return text.replacingCharacters(in: start.lowerBound..<end.upperBound, with: "")
    }

    private static func attribute(_ name: String, of head: Substring) -> String? {
        guard let start = head.range(of: " \(name)=\""), let end = head.range(of: "\"", range: start.upperBound..<head.endIndex)
        else { return nil }
        return String(head[start.upperBound..<end.lowerBound])
    }
}
