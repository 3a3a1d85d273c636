import Diagnostics

/// What gnuplot can make of a figure.
public enum PictureFormat: String, Sendable, CaseIterable {
    case svg, png
    /// With its fonts in it.
    case pdf

    /// The program's first line.
    /// - Parameters:
    ///   - width: in CSS pixels, 96 an inch; of a PNG two dots each.
    ///   - fontSize: in the same.
    func terminal(width: Int, height: Int, fontSize: Int) -> String {
        switch self {
        case .svg: "set terminal svg size \(width),\(height) noenhanced font 'sans-serif,\(fontSize)' background 'white'"
        case .png:
            "set terminal pngcairo size \(2 * width),\(2 * height) noenhanced font 'sans-serif,\(fontSize)' fontscale 1.4 linewidth 2 "
                + "pointscale 2 background 'white'"
        case .pdf:
            "set terminal pdfcairo size \(Double(width) / 96)in,\(Double(height) / 96)in noenhanced font 'sans-serif,\(fontSize)' fontscale 0.58 "
                + "linewidth 1.3 background 'white'"
        }
    }
}

extension PictureFormat {
    /// What gnuplot adds to a legend's columns, in characters: it reckons text narrower than it is in SVG, and wider elsewhere.
    var legendWidth: Double { self == .svg ? 1 : -0.5 }
}

/// A figure that gnuplot can draw in any format, and the numbers in it.
protocol Drawable: Sendable {
    /// What it shows, for readers who cannot see it.
    var title: String { get }
    func script(_ format: PictureFormat) -> String
    /// Every point of it, as CSV.
    var data: String { get }
}

/// A figure with its name among a page's others, and what is said below it.
struct Drawing: Sendable {
    /// Letters, digits and hyphens.
    let id: String
    let content: any Drawable
    /// HTML.
    let caption: String
    /// A class of the page's style.
    var style = ""

    func html(_ gnuplot: Gnuplot) throws(Problem) -> String {
        HTML.figure(try gnuplot.svg(content, prefix: id), caption: caption, class: style)
    }
}

extension [Drawing] {
    /// Side by side as far as there is room; empty where there is none.
    func html(_ gnuplot: Gnuplot, class name: String = "charts") throws(Problem) -> String {
        guard !isEmpty else { return "" }
        var html = "<div class=\"\(name)\">\n"
        for drawing in self { html += try drawing.html(gnuplot) }
        return html + "</div>\n"
    }
}
