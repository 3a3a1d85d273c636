import Foundation

/// Text in Prometheus's exposition format, version 0.0.4: families of samples, each under its HELP and TYPE.
struct Exposition {
    enum Kind: String { case counter, gauge, histogram }

    struct Sample {
        let labels: [(name: String, value: String)]
        let value: Double

        init(_ value: Double, _ labels: (name: String, value: String)...) {
            self.labels = labels
            self.value = value
        }
    }

    private(set) var text = ""

    /// A family without samples is left out.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        head(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        if let value { add(name, kind, help, [Sample(value)]) }
    }

    mutating func add(_ name: String, _ help: String, bounds: [Double], counts: [Int], sum: Double) {
        head(name, .histogram, help)
        var below = 0
        for (bound, count) in zip(bounds.map(Self.number) + ["+Inf"], counts) {
            below += count
            line(name + "_bucket", [("le", bound)], Double(below))
        }
        line(name + "_sum", [], sum)
        line(name + "_count", [], Double(below))
    }

    private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        text += name
        if !labels.isEmpty { text += "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}" }
        text += " \(Self.number(value))\n"
    }

    /// What peers call themselves may hold anything.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
        return "\(value)"
    }
}
