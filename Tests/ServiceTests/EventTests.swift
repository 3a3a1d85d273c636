import Diagnostics
import Foundation
import Messages
import Service
import TestSupport
import Testing

@Suite struct EventTests {
    private func numbers(_ event: ServerEvent) -> [Int] { (event.json["records"] as? [[String: Any]])?.compactMap { $0["number"] as? Int } ?? [] }

    private func points(_ event: ServerEvent) -> [String: [Double]] {
        let curves = (event.json["curves"] as? [[String: Any]]) ?? []
        return Dictionary(curves.map { ("\($0["phase"] ?? "")/\($0["name"] ?? "")", $0["points"] as? [Double] ?? []) }) { $1 }
    }

    @Test func aBrowserThatComesBackGetsWhatItMissed() throws {
        let trial = try ServiceTrial()
        defer { trial.close() }
        trial.publish()
        for number in 1...5 { trial.log("record \(number)") }
        for step in 0..<4 { trial.service.publish([("loss", 2.5)], phase: "training", step: step) }
        let first = try EventProbe(trial.address)
        var seen: [Int] = []
        var values: [Double] = []
        var id = ""
        while seen.count < 5 || values.count < 8 {
            let event = try #require(try first.next())
            if event.name == "log" { seen += numbers(event) }
            if event.name == "curves" || event.name == "points" { values += points(event)["training/loss"] ?? [] }
            id = event.id
        }
        #expect(seen == [1, 2, 3, 4, 5] && values == [0, 2.5, 1, 2.5, 2, 2.5, 3, 2.5])
        first.hangUp()
        for number in 6...7 { trial.log("record \(number)") }
        trial.service.publish([("loss", 2.25)], phase: "training", step: 4)
        let second = try EventProbe(trial.address, after: id)
        (seen, values) = ([], [])
        var names: Set<String> = []
        while seen.count < 2 || values.count < 2 {
            let event = try #require(try second.next())
            names.insert(event.name)
            if event.name == "log" { seen += numbers(event) }
            if event.name == "points" { values += points(event)["training/loss"] ?? [] }
        }
        #expect(seen == [6, 7] && values == [4, 2.25] && !names.contains("curves"))
        // An id of another coordinator, or of nobody, begins anew.
        for id in ["other.0.3.2", "nonsense", "a.b.c.d", "....", ""] {
            let anew = try EventProbe(trial.address, after: id)
            let event = try #require(try anew.next())
            #expect(event.name == "log" && numbers(event) == Array(1...7), "\(id)")
            anew.hangUp()
        }
        second.hangUp()
    }

    @Test func newsComeAsTheyHappenAndTheEndIsTheLast() throws {
        let trial = try ServiceTrial()
        trial.publish()
        let page = try EventProbe(trial.address)
        _ = try page.next()
        trial.log("late news")
        var event = try #require(try page.next())
        while event.name != "log" { event = try #require(try page.next()) }
        #expect(event.data.contains("late news"))
        trial.service.close(RunEnding(state: .finished, report: "runs/x/report.html"), patience: 0)
        var last: ServerEvent?
        while let event = try page.next(within: 5) { last = event }
        #expect(last?.name == "over" && last?.json["report"] as? String == "runs/x/report.html")
    }

    @Test func aStreamWithoutNewsShowsThatItLives() throws {
        var limits = HTTPServer.Limits()
        limits.heartbeatSeconds = 0.5
        let trial = try ServiceTrial(limits: limits)
        defer { trial.close() }
        let probe = try HTTPProbe(trial.address)
        try probe.request("/events")
        #expect(try probe.head().status == 200)
        for _ in 0..<3 {
            var text = ""
            while !text.hasSuffix("\n\n") { text += String(decoding: try #require(try probe.chunk(within: 10)), as: UTF8.self) }
            if text.hasPrefix(":") { return probe.hangUp() }
        }
        Issue.record("no sign of life")
    }

    @Test func listenersAreBoundedAndOthersStillGetAnswers() throws {
        var limits = HTTPServer.Limits()
        (limits.listeners, limits.heartbeatSeconds) = (3, 0.3)
        let trial = try ServiceTrial(limits: limits)
        defer { trial.close() }
        trial.publish()
        let pages = try (0..<3).map { _ in try EventProbe(trial.address) }
        let refused = try trial.get("/events")
        #expect(refused.status == 503 && refused.headers["retry-after"] == "10")
        #expect(try trial.get("/metrics").text.contains("\nfilterscope_http_listeners 3\n"))
        for page in pages { page.hangUp() }
        // The next sign of life finds nobody.
        try waitUntil("there is room for pages again", within: 20) {
            let probe = try HTTPProbe(trial.address)
            defer { probe.hangUp() }
            try probe.request("/events")
            return try probe.head().status == 200
        }
    }

    /// What it does not read waits with it, not with us; and it is cut off.
    @Test func aPageThatReadsNothingCostsNothingThatGrows() throws {
        var limits = HTTPServer.Limits()
        (limits.answerSeconds, limits.heartbeatSeconds) = (2, 1)
        let trial = try ServiceTrial(limits: limits)
        defer { trial.close() }
        let probe = try HTTPProbe(trial.address)
        try probe.request("/events")
        // Far more than the sockets hold.
        let text = String(repeating: "x", count: 900)
        for _ in 0..<200 {
            for _ in 0..<100 { trial.log(text) }
            trial.publish()
            usleep(20_000)
        }
        try waitUntil("the page is let go", within: 30) { try trial.get("/metrics").text.contains("\nfilterscope_http_listeners 0\n") }
        withExtendedLifetime(probe) {}
    }

    @Test func pagesFromElsewhereGetNoEvents() throws {
        let trial = try ServiceTrial()
        defer { trial.close() }
        #expect(try trial.get("/events", headers: ["Sec-Fetch-Site": "cross-site"]).status == 403)
        #expect(try trial.get("/events", headers: ["Sec-Fetch-Site": "same-site"]).status == 403)
    }

    // MARK: What is kept

    @Test func curvesStayBoundedAndKeepTheirMeans() {
        var store = CurveStore()
        let curve = CurveStore.Curve(phase: "training", name: "loss")
        for step in 0..<100_000 { store.add(Double(step), step: Double(step), to: curve) }
        #expect(store.points.count <= CurveStore.mostPoints && store.points.count >= CurveStore.mostPoints / 2 - 1)
        #expect(store.points.allSatisfy { $0.step == $0.value })
        #expect(store.points.map(\.step) == store.points.map(\.step).sorted() && store.generation > 5)
        let generation = store.generation
        store.remove(phase: "heads", from: 0)
        #expect(store.generation == generation)
        store.remove(phase: "training", from: 50_000)
        #expect(store.generation == generation + 1 && store.points.allSatisfy { $0.step < 50_000 } && !store.points.isEmpty)
        store.add(.nan, step: 1, to: curve)
        for index in 0..<200 { store.add(1, step: 0, to: CurveStore.Curve(phase: "heads", name: "loss.\(index)")) }
        #expect(store.curves.count == CurveStore.mostCurves)
    }

    @Test func theLogsTailStaysBoundedAndCountsWhatIsGone() {
        var tail = LogTail()
        for number in 1...5000 {
            tail.add(LogRecord(time: 0, level: .info, source: "a", message: "\(number)" + String(repeating: "é", count: 2000)))
        }
        #expect(tail.entries.count < 2 * LogTail.mostEntries && tail.last == 5000)
        let (entries, missed) = tail.after(10, limit: 50)
        #expect(entries.count == 50 && entries.first.map { $0.number == 11 + missed } == true && missed > 3900)
        #expect(tail.after(5000, limit: 50).entries.isEmpty)
        #expect(tail.after(4990, limit: 50).entries.map(\.number) == Array(4991...5000))
        #expect(tail.entries.allSatisfy { $0.record.message.utf8.count < 1010 })
    }
}
