import Mechanism

/// Chosen filters, drawn: field, bits, and bits in the order of the clusters.
enum ExampleSection {
    static func html(_ input: ReportInput) -> String {
        guard !input.examples.isEmpty else { return "" }
        let summary = input.summary
        var text = HTML.paragraph(
            HTML.escaped(ExampleRule.statement) + " Each row of a matrix stands for the test images of one label, each column for a label that "
                + "the filter may speak for.")
        text += key(threshold: summary.threshold)
        text += input.examples.map { example($0, summary: summary) }.joined()
        return HTML.section("filters", "Single filters up close", text)
    }

    private static func key(threshold: Double) -> String {
        let stops = [-1.0, -0.5, 0, 0.5, 1].map { share -> String in
            let color = FieldMatrix.fieldColor(share)
            return Palette.hex(Int(color.0), Int(color.1), Int(color.2))
        }
        return """
            <ul class="key">
            <li>field: −top <i class="ramp" style="background:linear-gradient(90deg,\(stops.joined(separator: ",")))"></i> top (a bit is set above \(NumberText.plain(threshold)) of top)</li>
            <li><i style="background:#00548c"></i>bit in a cluster</li>
            <li><i style="background:#e67e22"></i>internal noise</li>
            <li><i style="background:#969ea8"></i>external noise</li>
            </ul>

            """
    }

    private static func example(_ example: FieldExample, summary: RunSummary) -> String {
        let matrix = FieldMatrix(labelNames: summary.labelNames)
        let result = example.result
        var panels = HTML.figure(matrix.field(example.field), caption: "Field, as a share of its largest element")
        if let bits = LabelBits(field: example.field, threshold: summary.threshold) {
            panels += HTML.figure(matrix.bits(bits, result: result, reordered: false), caption: "Bits")
            panels += HTML.figure(matrix.bits(bits, result: result, reordered: true), caption: "The same bits, clusters side by side on the diagonal")
        }
        return """
            <div class="example">
            <h3>\(HTML.escaped(example.layer)), filter \(result.filter)</h3>
            <p>\(HTML.escaped(example.reason.prefix(1).uppercased() + example.reason.dropFirst())). \(words(result, names: summary.labelNames))</p>
            <div class="panels">
            \(panels)</div>
            </div>

            """
    }

    private static func words(_ result: FilterResult, names: [String]) -> String {
        let shown = result.clusters.prefix(8).map { cluster in
            let members = cluster.prefix(12).map { HTML.escaped(names.indices.contains($0) ? names[$0] : "\($0)") }
            return "{" + members.joined(separator: ", ") + (cluster.count > 12 ? ", …" : "") + "}"
        }
        let more = result.clusters.count > 8 ? " and \(result.clusters.count - 8) more" : ""
        let clusters = result.clusters.count == 1 ? "One cluster" : "\(result.clusters.count) clusters"
        let noise =
            result.noise == 0
            ? "No noise."
            : "Noise: \(result.noise) \(result.noise == 1 ? "bit" : "bits"), \(result.internalNoise) internal and \(result.externalNoise) external."
        return "\(clusters): \(shown.joined(separator: ", "))\(more). \(noise)"
    }
}
