import Mechanism

/// The claims with their verdicts, from figures alone.
enum ClaimSection {
    static func html(_ claims: [Claim], layers: [LayerRow]) -> String {
        let text = HTML.paragraph(
            "The papers behind this program make four claims. A run can uphold a claim, fail to, or leave it untested; the figure "
                + "asked for stands in the recipe and beside each figure found.")
        return HTML.section("claims", "Verdicts", text + claims.map { claim($0, layers: layers) }.joined())
    }

    private static func claim(_ claim: Claim, layers: [LayerRow]) -> String {
        let style = switch claim.verdict { case .upheld: "upheld"; case .notUpheld: "not-upheld"; case .notTested: "not-tested" }
        var body = "<p>\(HTML.escaped(claim.statement))</p>\n"
        if case .notTested(let missing) = claim.verdict { body += "<p>Missing for a verdict: \(HTML.escaped(missing)).</p>\n" }
        if claim.number == 1 { body += course(layers) }
        let hasFigures = claim.figures.contains { $0.value != nil }
        if hasFigures {
            body += "<ul>\n" + claim.figures.map { "<li>\(figure($0))</li>\n" }.joined() + "</ul>\n"
        }
        if claim.number == 1, hasFigures {
            body += "<p><small>A Spearman correlation of 1 means that the figure rises at every step from layer to layer, −1 that it "
                + "falls at every step, 0 that there is no trend.</small></p>\n"
        }
        return """
            <div class="claim \(style)">
            <h3>Claim \(claim.number): \(HTML.escaped(claim.name)) <span class="verdict">\(HTML.escaped(claim.verdict.name))</span></h3>
            \(body)</div>

            """
    }

    private static func figure(_ figure: Claim.Figure) -> String {
        let name = HTML.escaped(figure.name).replacing("-noise", with: "−noise").replacing("-(", with: "−(").replacing("R2 ", with: "R² ")
        guard let value = figure.value else { return "\(name): undefined" }
        guard let threshold = figure.threshold else { return "\(name): <b>\(signed(value))</b>" }
        let reached = value >= threshold ? "reached" : "not reached"
        return "\(name): <b>\(signed(value))</b>, at least \(NumberText.bound(threshold).replacing("-", with: "−")) asked, \(reached)"
    }

    /// First and last layer side by side.
    private static func course(_ layers: [LayerRow]) -> String {
        guard let first = layers.first, let last = layers.last, layers.count > 1 else { return "" }
        return "<p>From \(HTML.escaped(first.layer)) to \(HTML.escaped(last.layer)): accuracy \(NumberText.percent(first.accuracy)) → "
            + "\(NumberText.percent(last.accuracy)); noise per filter \(NumberText.short(first.meanNoise)) → \(NumberText.short(last.meanNoise)); "
            + "signal-to-noise ratio \(NumberText.ratio(first.signalToNoise)) → \(NumberText.ratio(last.signalToNoise)).</p>\n"
    }

    private static func signed(_ value: Double, _ digits: Int = 3) -> String {
        NumberText.fixed(value, digits).replacing("-", with: "−")
    }
}
