/// A line chart as data; `Gnuplot` draws it.
struct Chart: Sendable {
    enum Style: Sendable {
        case line, thinLine, dashed
        /// Discs without a line.
        case dots
        /// Filled within the points' outline.
        case area
        case linePoints
        /// Hollow triangles without a line, for values that have no place on the axis.
        case triangles
    }

    struct Point: Sendable {
        var x: Double
        var y: Double
    }

    struct Series: Sendable {
        var name: String
        var points: [Point]
        var style: Style
        var color: String
    }

    /// What the figure shows, for readers who cannot see it.
    var title: String
    var xLabel: String
    var yLabel: String
    var series: [Series]
    /// Marks of the x axis; nil leaves them to gnuplot.
    var xMarks: [(x: Double, text: String)]?
    var yRange: ClosedRange<Double>?
    var yLogarithmic = false
    var xFromZero = false
    var xLogarithmic = false
    var yFromZero = false
    var width = 360
    var height = 280
    var legend = true
    /// Columns of a legend above the plot; 0 puts it inside.
    var legendColumns = 0

    init(title: String, xLabel: String, yLabel: String, series: [Series]) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series
    }
}

extension Chart: Drawable {
    var data: String {
        var csv = CSV(header: ["series", "x", "y"])
        for one in series {
            for point in one.points { csv.append([one.name.isEmpty ? yLabel : one.name, CSV.number(point.x), CSV.number(point.y)]) }
        }
        return csv.text
    }

    /// The gnuplot program, data inline.
    func script(_ format: PictureFormat) -> String {
        var lines = [
            format.terminal(width: width, height: height, fontSize: 12),
            "set encoding utf8",
            "set border 3 lc rgb '#9aa5b1' lw 1",
            "set tics nomirror out scale 0.5 textcolor rgb '#52606d'",
            "set grid ytics lc rgb '#e4e7eb' lw 1 dt 1",
            "set xlabel \(Self.quoted(xLabel)) textcolor rgb '#52606d'",
            "set ylabel \(Self.quoted(yLabel)) textcolor rgb '#52606d'",
        ]
        if xFromZero {
            lines.append("set xrange [0:\(series.flatMap(\.points).map(\.x).max() ?? 1)]")
        } else if let first = xMarks?.first, let last = xMarks?.last {
            lines.append(xLogarithmic ? "set xrange [\(first.x / 1.15):\(last.x * 1.15)]" : "set xrange [\(first.x - 0.2):\(last.x + 0.2)]")
        }
        if let xMarks {
            let rotated = xMarks.contains { $0.text.count > 3 }
            lines.append("set xtics \(rotated ? "rotate by -40 " : "")(\(xMarks.map { "\(Self.quoted($0.text)) \($0.x)" }.joined(separator: ", ")))")
        }
        if yLogarithmic { lines.append("set logscale y") }
        if xLogarithmic { lines.append("set logscale x") }
        if yFromZero { lines.append("set yrange [0:*]") }
        if let yRange { lines.append("set yrange [\(yRange.lowerBound):\(yRange.upperBound)]") }
        if !legend {
            lines.append("unset key")
        } else if legendColumns > 0 {
            lines.append("set key above left Left reverse horizontal maxcols \(legendColumns) width \(format.legendWidth) samplen 1.6 textcolor rgb '#323f4b'")
        } else {
            lines.append("set key top left Left reverse samplen 1.6 textcolor rgb '#323f4b'")
        }
        for (index, one) in series.enumerated() {
            lines.append("$data\(index) << END_OF_DATA")
            lines += one.points.map { "\($0.x) \($0.y)" }
            lines.append("END_OF_DATA")
        }
        let plots = series.enumerated().map { index, one in
            "$data\(index) using 1:2 with \(one.style.gnuplot) lc rgb '\(one.color)' \(one.name.isEmpty ? "notitle" : "title \(Self.quoted(one.name))")"
        }
        lines.append("plot " + plots.joined(separator: ", "))
        return lines.joined(separator: "\n") + "\n"
    }

    /// A gnuplot string: in single quotes nothing but the quote itself is special.
    private static func quoted(_ text: String) -> String {
        "'" + TextColumns.printable(text).replacing("'", with: "''") + "'"
    }
}

extension Chart.Style {
    fileprivate var gnuplot: String {
        switch self {
        case .line: "lines lw 2"
        case .thinLine: "lines lw 1"
        case .dashed: "lines lw 2 dt 2"
        case .area: "filledcurves closed fs solid 1 noborder"
        case .dots: "points pt 7 ps 0.8"
        case .linePoints: "linespoints lw 2 pt 7 ps 0.6"
        case .triangles: "points pt 8 ps 1.1 lw 2"
        }
    }
}
