import Diagnostics
import Foundation
import Mechanism
import Reporting
import RunStore
import TestSupport
import Testing

/// Pages with every filter of a layer, in a real browser.
@Suite struct FilterPageTests {
    private func pages(_ run: SampleRun) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try run.write(to: directory.path)
        try RunReport.write(in: RunDirectory.open(path: directory.path), filtersPerLayer: 1)
        return directory
    }

    /// Filters in the order in which their cards stand, and the line that counts them.
    private func shown(_ document: String) -> (filters: [Int], count: String) {
        let cards = document.split(separator: "data-filter=\"").dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
        let count = document.range(of: "<p id=\"count\" role=\"status\">").map { document[$0.upperBound...].prefix { $0 != "<" } } ?? ""
        return (cards, String(count))
    }

    @Test func theReportLeadsToAPageOfEachLayer() throws {
        let run = try SampleRun(layerCount: 3, filters: 70)
        let directory = try pages(run)
        let report = Markup(try String(contentsOfFile: directory.file("report.html"), encoding: .utf8))
        for layer in run.layers {
            #expect(report.references.contains("filters/\(layer.layer).html"))
            let page = Markup(try String(contentsOfFile: directory.file("filters/\(layer.layer).html"), encoding: .utf8))
            #expect(page.faults == [])
            #expect(page.references.contains("../report.html"))
            for other in run.layers { #expect(page.references.contains("\(other.layer).html")) }
            // 70 filters, 64 to a sheet.
            for sheet in 1...2 { #expect(FileManager.default.fileExists(atPath: directory.file("filters/\(layer.layer)-\(sheet).png"))) }
            #expect(!FileManager.default.fileExists(atPath: directory.file("filters/\(layer.layer)-3.png")))
        }
    }

    @Test(.enabled(if: Browser.isThere)) func filtersStandInTheOrderAskedFor() throws {
        let run = try SampleRun(layerCount: 3, filters: 40)
        let directory = try pages(run)
        let filters = run.layers[1].filters
        let page = directory.file("filters/conv2.html")
        /// Undefined values last, equal ones by number.
        func ranked(down: Bool, _ value: (FilterResult) -> Double?) -> [Int] {
            filters.sorted { a, b in
                guard let x = value(a) else { return value(b) == nil && a.filter < b.filter }
                guard let y = value(b) else { return true }
                return x == y ? a.filter < b.filter : down ? x > y : x < y
            }.map(\.filter)
        }
        func ratio(_ filter: FilterResult) -> Double? {
            if filter.clusters.isEmpty && filter.noise == 0 { return nil }
            if filter.noise == 0 { return .infinity }
            return Double(filter.clusteredLabelCount) / 10 / (Double(filter.noise) / 90)
        }
        let plain = shown(try Browser.document(page))
        #expect(plain.filters == Array(0..<40))
        #expect(plain.count == "All 40 filters")
        #expect(shown(try Browser.document(page, fragment: "sort=noise")).filters == ranked(down: false) { $0.silent ? nil : Double($0.noise) })
        #expect(
            shown(try Browser.document(page, fragment: "sort=largest&order=up")).filters
                == ranked(down: false) { $0.clusters.map { Double($0.count) }.max() })
        #expect(shown(try Browser.document(page, fragment: "sort=snr")).filters == ranked(down: true, ratio))
        let active = shown(try Browser.document(page, fragment: "active=1"))
        #expect(active.filters == filters.filter(\.isActive).map(\.filter))
        #expect(active.filters.count < 40 && active.count == "\(active.filters.count) of 40 filters")
    }

    @Test(.enabled(if: Browser.isThere)) func typingSearchesAndChoosingSorts() throws {
        let run = try SampleRun(layerCount: 3, filters: 40)
        let directory = try pages(run)
        let page = try String(contentsOfFile: directory.file("filters/conv3.html"), encoding: .utf8)
        func after(_ script: String) throws -> (filters: [Int], count: String, document: String) {
            let path = try directory.write(
                Data(page.replacing("</body>", with: "<script>\(script)</script></body>").utf8), to: "filters/trial-\(UUID().uuidString).html")
            let document = try Browser.document(path)
            return (shown(document).filters, shown(document).count, document)
        }
        let find = #"const q = document.getElementById("query"); q.value = "SANDAL"; q.dispatchEvent(new Event("input"));"#
        let sandal = run.layers[2].filters.filter { $0.clusters.joined().contains(5) }
        let found = try after(find)
        #expect(found.filters == sandal.map(\.filter))
        #expect(found.filters.count > 0 && found.filters.count < 40)
        #expect(found.count == "\(sandal.count) of 40 filters, searched for 1 label of 10")
        #expect(found.document.contains("<mark>Sandal</mark>"))
        let sorted = try after(find + #"const s = document.getElementById("sort"); s.value = "clusters"; s.dispatchEvent(new Event("change"));"#)
        #expect(sorted.filters == sandal.sorted { ($1.clusters.count, $0.filter) < ($0.clusters.count, $1.filter) }.map(\.filter))
        // Two labels, of any cluster.
        let both = try after(find.replacing("SANDAL", with: "sandal; bag"))
        #expect(both.filters == sandal.filter { $0.clusters.joined().contains(8) }.map(\.filter))
        let none = try after(find.replacing("SANDAL", with: "submarine"))
        #expect(none.filters == [] && none.count == "0 of 40 filters, searched for 0 labels of 10")
        // A matrix is a button: pressed, it is shown large.
        let large = try after(#"document.querySelector(".tile").click();"#)
        #expect(large.document.contains("class=\"card large\"") && large.document.contains("aria-expanded=\"true\""))
    }

    @Test(.enabled(if: Browser.isThere)) func manyFiltersComeAsTheyAreAskedFor() throws {
        let directory = try pages(try SampleRun(layerCount: 3, filters: 130))
        let page = directory.file("filters/conv1.html")
        let plain = shown(try Browser.document(page))
        #expect(plain.count == "All 130 filters")
        #expect(plain.filters == Array(0..<plain.filters.count) && plain.filters.count >= 48 && plain.filters.count < 130)
        let path = try directory.write(
            Data(try String(contentsOfFile: page, encoding: .utf8).replacing(
                "</body>", with: #"<script>for (let i = 0; i < 9; i += 1) document.getElementById("more").click();</script></body>"#).utf8),
            to: "filters/trial.html")
        let document = try Browser.document(path)
        #expect(shown(document).filters == Array(0..<130))
        #expect(document.contains("conv1-3.png"))
    }

    @Test(.enabled(if: Browser.isThere)) func namesOfLabelsStayText() throws {
        var names = SampleRun.fashion
        names[0] = "</script><img src=x onerror=document.title='broken'>"
        names[1] = "R&D's \"best\" &amp; <!-- "
        let run = try SampleRun(labelNames: names, layerCount: 3, filters: 24, recipe: "a<b>")
        let directory = try pages(run)
        #expect(Markup(try String(contentsOfFile: directory.file("filters/conv3.html"), encoding: .utf8)).faults == [])
        let document = try Browser.document(directory.file("filters/conv3.html"))
        #expect(shown(document).count == "All 24 filters")
        #expect(!document.contains("<img") && !document.contains("<title>broken"))
        #expect(document.contains("&lt;/script&gt;&lt;img src=x"))
        #expect(document.contains("R&amp;D's \"best\" &amp;amp; &lt;!--"))
    }

    /// Every pixel of a layer's pictures, read back by the browser: which bits are set, and what each is.
    @Test(.enabled(if: Browser.isThere)) func picturesShowTheBitsOfEachFilter() throws {
        let run = try SampleRun(layerCount: 3, filters: 20)
        let directory = try pages(run)
        let png = try Data(contentsOf: URL(fileURLWithPath: directory.file("filters/conv2-1.png"))).base64EncodedString()
        let path = try directory.write(
            Data("""
                <!DOCTYPE html><html><body><pre id="pixels"></pre><script>
                const image = new Image();
                image.onload = () => {
                  const canvas = document.createElement("canvas");
                  [canvas.width, canvas.height] = [image.width, image.height];
                  const context = canvas.getContext("2d");
                  context.drawImage(image, 0, 0);
                  document.getElementById("pixels").textContent = image.width + "," + image.height + "," + context.getImageData(0, 0, image.width, image.height).data.join(",");
                };
                image.src = "data:image/png;base64,\(png)";
                </script></body></html>
                """.utf8), to: "pixels.html")
        let document = try Browser.document(path)
        let start = try #require(document.range(of: "<pre id=\"pixels\">"))
        let numbers = document[start.upperBound...].prefix { $0 != "<" }.split(separator: ",").compactMap { Int($0) }
        // Twenty filters, eight to a row.
        #expect(numbers.prefix(2) == [80, 30])
        try #require(numbers.count == 2 + 80 * 30 * 4)
        let fields = try filterFields(labelMeans: run.means[1], headWeights: run.weights[1], filters: 0..<20)
        var seen: Set<String> = []
        for (filter, result) in run.layers[1].filters.enumerated() {
            let order = result.labelOrder(labels: 10)
            let bits = LabelBits(field: fields[filter], threshold: 0.3)
            for row in 0..<10 {
                for column in 0..<10 {
                    let at = 2 + ((filter / 8 * 10 + row) * 80 + filter % 8 * 10 + column) * 4
                    let (red, green, blue) = (numbers[at], numbers[at + 1], numbers[at + 2])
                    let (input, output) = (order[row], order[column])
                    let kind: String
                    if bits?[input, output] != true { kind = "unset" }
                    else if result.clusters.contains(where: { $0.contains(input) && $0.contains(output) }) { kind = "cluster" }
                    else { kind = result.clusters.joined().contains(output) ? "internal" : "external" }
                    let drawn = min(red, green, blue) > 210 ? "unset" : blue > red + 60 ? "cluster" : red > blue + 60 ? "internal" : "external"
                    #expect(drawn == kind, "filter \(filter), row \(row), column \(column): \(red) \(green) \(blue)")
                    seen.insert(kind)
                }
            }
        }
        #expect(seen.count >= 3)
    }

    @Test func aThousandLabelsStayLight() throws {
        let names = (0..<1000).map { "label number \($0)" }
        let directory = try pages(try SampleRun(labelNames: names, layerCount: 1, filters: 12))
        let page = try Data(contentsOf: URL(fileURLWithPath: directory.file("filters/conv1.html")))
        let sheet = try Data(contentsOf: URL(fileURLWithPath: directory.file("filters/conv1-1.png")))
        #expect(page.count < 200_000)
        // 12 pictures of 200 × 200 pixels, half a byte each, and compressed.
        #expect(sheet.count < 12 * 200 * 200 / 2)
        #expect(String(decoding: page, as: UTF8.self).contains("Each pixel stands for 5 × 5 pairs of labels"))
    }

    @Test func layersWithOddNamesGetPlainFiles() throws {
        let run = try SampleRun(layerCount: 2, filters: 6)
        let directory = try TemporaryDirectory()
        var odd = run.input.summary
        for index in odd.layers.indices { odd.layers[index].layer = "../block \(index)" }
        try run.write(to: directory.path, summary: odd)
        try RunReport.write(in: RunDirectory.open(path: directory.path), filtersPerLayer: 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.file("filters")).sorted()
        #expect(files == ["layer-1-1.png", "layer-1.html", "layer-2-1.png", "layer-2.html"])
    }
}
