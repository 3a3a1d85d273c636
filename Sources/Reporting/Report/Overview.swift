import Foundation
import Mechanism

/// The head of the report and what was done, in plain words.
enum Overview {
    static func header(_ input: ReportInput) -> String {
        let summary = input.summary
        let accuracy = summary.testAccuracy.map { NumberText.percent($0) } ?? "not measured"
        var heroes = hero(accuracy, "of the test images are named correctly by the trained network", first: true)
        if let last = summary.layers.last {
            heroes += hero(NumberText.ratio(last.signalToNoise), "signal-to-noise ratio of the filters in the last layer, \(HTML.escaped(last.layer))")
        }
        for claim in summary.claims where claim.number == 1 {
            heroes += hero(HTML.escaped(claim.verdict.name), "claim 1: from layer to layer, accuracy rises and filters get less noisy")
        }
        heroes += hero(NumberText.duration(summary.wallSeconds), "from start to results" + workerWords(input))
        return """
            <header>
            <p class="eyebrow">Filterscope report</p>
            <h1>What every filter knows: \(HTML.escaped(summary.recipe))</h1>
            <p class="lead">A network was trained to name images. Then each of its filters was asked, alone, which names it speaks \
            for. This page shows how that knowledge changes from the first layer to the last.</p>
            <div class="heroes">
            \(heroes)</div>
            </header>

            """
    }

    private static func hero(_ number: String, _ words: String, first: Bool = false) -> String {
        "<div class=\"hero\(first ? " first" : "")\"><b>\(number)</b><span>\(words)</span></div>\n"
    }

    private static func workerWords(_ input: ReportInput) -> String {
        switch input.workers.count {
        case 0: ""
        case 1: ", on one worker"
        case let count: ", on \(count) workers"
        }
    }

    static func section(_ input: ReportInput) -> String {
        let (summary, setting) = (input.summary, input.setting)
        var text = ""
        if !setting.description.isEmpty { text += HTML.paragraph(HTML.escaped(setting.description)) }
        var training = "<b>1. A network was trained.</b> <code>\(HTML.escaped(summary.model))</code>"
        if let parameters = setting.networkParameters { training += ", with \(NumberText.grouped(parameters)) weights," }
        training += " learned to tell the \(summary.labels) labels of <code>\(HTML.escaped(summary.dataset))</code> apart"
        if let images = setting.trainImages { training += " from \(NumberText.grouped(images)) training images" }
        var effort: [String] = []
        if let epochs = setting.trainingEpochs { effort.append("\(NumberText.plain(epochs)) \(epochs == 1 ? "pass" : "passes") over them") }
        if let steps = setting.trainingSteps {
            effort.append("\(NumberText.grouped(steps)) steps" + (setting.batchSize.map { " of \($0) images each" } ?? ""))
        }
        if !effort.isEmpty { training += ", in " + effort.joined(separator: ", ") }
        text += HTML.paragraph(training + ".")
        guard !summary.layers.isEmpty else {
            return HTML.section("done", "What was done", text + HTML.paragraph(
                "<b>2. and 3. had nothing to do.</b> The network has no filters: no layer to put a head on, and none to listen to alone."))
        }
        var heads = "<b>2. A head was put on every layer.</b> The network was frozen. To the output of each of its \(summary.layers.count) "
            + "layers one fully connected layer, a <i>head</i>, was attached and trained to name the image from that output alone"
        if let steps = setting.headSteps { heads += ", for \(NumberText.grouped(steps)) steps" }
        heads += ". How often it is right on test images is the accuracy of the layer."
        if let pool = summary.headPool { heads += " Maps larger than \(pool)×\(pool) were average-pooled to that size first." }
        text += HTML.paragraph(heads)
        text += HTML.paragraph(
            "<b>3. Every filter was listened to alone.</b> All of a head's weights but those of one filter were silenced. Over the "
                + (setting.testImages.map { "\(NumberText.grouped($0)) " } ?? "") + "test images, the average of what remains is the filter's "
                + "<i>field</i>: for images of each label, how strongly the filter speaks for each label. Divided by its largest element, what "
                + "exceeds \(NumberText.plain(summary.threshold)) counts as a set bit. Labels that all speak for each other form a <i>cluster</i>; set bits "
                + "outside clusters are <i>noise</i>.")
        return HTML.section("done", "What was done", text)
    }
}
