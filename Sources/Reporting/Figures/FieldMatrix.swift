import Imaging
import Mechanism

/// A filter's K×K matrix as SVG: its field, its bits, or its bits in the order that lays clusters side by side.
struct FieldMatrix {
    let labelNames: [String]
    private static let side = 300
    private static let plot = 208.0
    private static let left = 84.0
    private static let top = 8.0

    private var labels: Int { labelNames.count }
    private var cell: Double { Self.plot / Double(max(labels, 1)) }
    private var fontSize: Double { min(11, max(6.5, cell * 0.62)) }
    /// Room below the matrix for the longest name, upright.
    private var height: Int {
        let longest = cell >= 6.5 ? min(13, labelNames.map(\.count).max() ?? 0) : 3
        return Int(Self.top + Self.plot + 8 + 0.62 * fontSize * Double(longest))
    }

    /// The field as a share of its largest element: blue above 0, orange below, white at 0.
    func field(_ field: LabelField) -> String {
        let top = max(field.top, .leastNormalMagnitude)
        let steps = 100
        let pixels = field.values.map { value -> UInt8 in
            let share = max(-1, min(1, Double(value / top)))
            return UInt8(steps + Int((share * Double(steps)).rounded()))
        }
        let palette = (-steps...steps).map { Self.fieldColor(Double($0) / Double(steps)) }
        return picture(pixels, palette: palette, order: Array(0..<labels), title: "Field of the filter", outlines: [])
    }

    /// Bits: of clusters dark blue, internal noise orange, external noise grey.
    func bits(_ bits: LabelBits, result: FilterResult, reordered: Bool) -> String {
        let order = reordered ? result.labelOrder(labels: labels) : Array(0..<labels)
        var clusterOf = [Int](repeating: -1, count: labels)
        for (index, cluster) in result.clusters.enumerated() { for label in cluster { clusterOf[label] = index } }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(labels * labels)
        for input in order {
            for output in order {
                let kind: UInt8 =
                    if !bits[input, output] { 0 }
                    else if clusterOf[output] < 0 { 3 }
                    else { clusterOf[input] == clusterOf[output] ? 1 : 2 }
                pixels.append(kind)
            }
        }
        var outlines: [(start: Int, count: Int)] = []
        if reordered {
            var start = 0
            for cluster in result.clusters {
                outlines.append((start, cluster.count))
                start += cluster.count
            }
        }
        return picture(
            pixels, palette: [(255, 255, 255), (0, 84, 140), (230, 126, 34), (150, 158, 168)], order: order,
            title: reordered ? "Bits, labels reordered so that clusters lie on the diagonal" : "Bits of the filter",
            outlines: outlines)
    }

    /// White at 0, towards blue at 1 and orange at −1.
    static func fieldColor(_ share: Double) -> (UInt8, UInt8, UInt8) {
        let end: (Double, Double, Double) = share < 0 ? (200, 90, 0) : (0, 68, 120)
        let amount = abs(share)
        func mix(_ value: Double) -> UInt8 { UInt8((255 + (value - 255) * amount).rounded()) }
        return (mix(end.0), mix(end.1), mix(end.2))
    }

    private func picture(
        _ pixels: [UInt8], palette: [(UInt8, UInt8, UInt8)], order: [Int], title: String, outlines: [(start: Int, count: Int)]
    ) -> String {
        let png = PNG(width: labels, height: labels, pixels: .indexed(pixels, palette: palette))
        let (x, y, plot) = (Self.left, Self.top, Self.plot)
        var svg = """
            <svg role="img" class="matrix" viewBox="0 0 \(Self.side) \(height)" width="\(Self.side)" height="\(height)" xmlns="http://www.w3.org/2000/svg">\
            <title>\(HTML.escaped(title))</title>\
            <image href="\(png.dataURL)" x="\(x)" y="\(y)" width="\(plot)" height="\(plot)" preserveAspectRatio="none" style="image-rendering:pixelated"/>
            """
        if cell >= 6 {
            for line in 1..<max(labels, 1) {
                let at = Double(line) * cell
                svg += "<path d=\"M\(number(x + at)) \(y)v\(plot)M\(x) \(number(y + at))h\(plot)\" stroke=\"#e4e7eb\" stroke-width=\"0.5\"/>"
            }
        }
        svg += "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(plot)\" height=\"\(plot)\" fill=\"none\" stroke=\"#9aa5b1\"/>"
        for outline in outlines {
            let extent = number(Double(outline.count) * cell)
            let offset = Double(outline.start) * cell
            svg += "<rect x=\"\(number(x + offset))\" y=\"\(number(y + offset))\" width=\"\(extent)\" height=\"\(extent)\" fill=\"none\" stroke=\"#1f2933\" stroke-width=\"2\"/>"
        }
        return svg + names(order) + "</svg>"
    }

    /// Names where there is room for each, else the number of every so manieth label in its own place.
    private func names(_ order: [Int]) -> String {
        let natural = order == Array(0..<labels)
        let size = fontSize
        var shown: [(place: Int, text: String)] = []
        if cell >= 6.5 {
            shown = order.enumerated().map { ($0, TextColumns.truncated(labelNames[$1], to: 13)) }
        } else if natural {
            let step = [5, 10, 20, 50, 100, 200, 500].first { Double($0) * cell >= 16 } ?? 1000
            shown = stride(from: 0, to: labels, by: step).map { ($0, "\($0)") }
        }
        var svg = "<g font-size=\"\(number(size))\" fill=\"#323f4b\">"
        for (place, text) in shown {
            let at = (Double(place) + 0.5) * cell
            svg += "<text x=\"\(Self.left - 4)\" y=\"\(number(Self.top + at + size * 0.35))\" text-anchor=\"end\">\(HTML.escaped(text))</text>"
            let (x, y) = (number(Self.left + at + size * 0.35), number(Self.top + Self.plot + 4))
            svg += "<text transform=\"translate(\(x) \(y)) rotate(-90)\" text-anchor=\"end\">\(HTML.escaped(text))</text>"
        }
        return svg + "</g>"
    }

    private func number(_ value: Double) -> String { NumberText.fixed(value, 2) }
}
