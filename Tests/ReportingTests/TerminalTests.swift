import Foundation
import Mechanism
import Messages
import Reporting
import Synchronization
import TestSupport
import Testing

@Suite struct TerminalTests {
    private func width(_ text: String) -> Int { text.split(separator: "\n").map(\.count).max() ?? 0 }

    @Test func layerTableFitsEightyColumnsAndShowsItsFigures() throws {
        let run = try SampleRun(layerCount: 13, filters: 20)
        let text = LayerTable.text(run.input.summary.layers)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 14)
        #expect(width(text) <= 80)
        for (line, layer) in zip(lines.dropFirst(), run.input.summary.layers) {
            #expect(line.hasPrefix(layer.layer + " "))
            #expect(line.hasSuffix(" \(layer.silentFilters)/\(layer.filters)"))
            #expect(line.contains(String(format: "%.2f %%", 100 * (layer.accuracy ?? -1))))
            #expect(line.contains(String(format: " %.2f ", layer.meanClusterSize ?? -1)))
        }
    }

    @Test func claimTable() throws {
        let text = ClaimTable.text(Claim.verdicts(layers: []))
        #expect(text.contains("Claim 1, sharpening: not tested"))
        #expect(text.contains("missing: at least 3 layers"))
        #expect(width(text) <= 80)
        #expect(!text.contains("\u{1B}"))
        #expect(ClaimTable.text(Claim.verdicts(layers: []), colored: true).contains("\u{1B}[33mnot tested"))
    }

    @Test func progressLine() {
        let line = ProgressLine(
            label: "training", done: 1260, total: 3000, unit: "steps", rate: 512.4, secondsLeft: 200, note: "loss 0.412")
        let text = line.text(width: 100)
        #expect(text.hasPrefix("training  ["))
        #expect(text.hasSuffix("]  42 %  1260/3000 steps  512 images/s  3 min 20 s left  loss 0.412"))
        for width in 10...120 {
            #expect(line.text(width: width).count <= width)
            #expect(!line.text(width: width).contains("\u{1B}"))
        }
        #expect(line.text(width: 100, colored: true).contains("\u{1B}[36m="))
        #expect(ProgressLine(label: "x", done: 0, total: 0, unit: "steps").text().contains(" 0 %"))
        #expect(ProgressLine(label: "x", done: 5, total: 5, unit: "steps").text().contains("[==============================]  100 %"))
        #expect(!ProgressLine(label: "x\u{1B}[2J", done: 0, total: 1, unit: "steps").text().contains("\u{1B}"))
    }

    /// What a progress bar wrote.
    private final class Written: Sendable {
        let text = Mutex("")
        func add(_ more: String) { text.withLock { $0 += more } }
        var all: String { text.withLock { $0 } }
    }

    @Test func progressBarWritesToTerminalsOnlyAndNotTooOften() {
        let line = ProgressLine(label: "heads", done: 1, total: 10, unit: "steps")
        let plain = Written()
        let file = ProgressBar(style: TerminalStyle(isTerminal: false, colored: false, width: 80), sink: { plain.add($0) })
        file.show(line, now: 0)
        file.finish()
        #expect(plain.all.isEmpty)

        let shown = Written()
        let bar = ProgressBar(style: TerminalStyle(isTerminal: true, colored: false, width: 80), sink: { shown.add($0) })
        for tick in 0..<10 { bar.show(line, now: Double(tick) * 0.02) }
        #expect(shown.all.split(separator: "\r").count == 2)
        bar.clear()
        bar.clear()
        #expect(shown.all.hasSuffix("\r\u{1B}[K"))
        bar.show(ProgressLine(label: "heads", done: 10, total: 10, unit: "steps"), now: 0.181)
        bar.finish()
        #expect(shown.all.hasSuffix("10/10 steps\n"))
    }

    @Test func noColorIsHonoured() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Data(), to: "file")
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let style = TerminalStyle.of(descriptor: handle.fileDescriptor, environment: [:])
        #expect(style == TerminalStyle(isTerminal: false, colored: false, width: 80))
        var (primary, secondary): (Int32, Int32) = (0, 0)
        guard openpty(&primary, &secondary, nil, nil, nil) == 0 else { return }
        defer { for descriptor in [primary, secondary] { close(descriptor) } }
        #expect(TerminalStyle.of(descriptor: secondary, environment: ["TERM": "xterm"]).colored)
        #expect(!TerminalStyle.of(descriptor: secondary, environment: ["TERM": "xterm", "NO_COLOR": "1"]).colored)
        #expect(TerminalStyle.of(descriptor: secondary, environment: ["NO_COLOR": "1"]).isTerminal)
        #expect(!TerminalStyle.of(descriptor: secondary, environment: ["TERM": "dumb"]).colored)
    }

    private var report: StatusReport {
        StatusReport(
            run: "fashion-demo-20260101-120000", recipe: "fashion-demo", phase: "training", state: .running, step: 1260, totalSteps: 3000,
            epoch: 2, rate: 512, secondsLeft: 340, metrics: ["loss": 0.4123, "accuracy": 0.871],
            workers: [
                WorkerStatus(
                    name: "worker-1", host: "anna", pid: 1, threads: 2, state: .working, share: 0.6, unitsDone: 3100, lagSeconds: 0.4,
                    residentBytes: 310 << 20, joined: 0),
                WorkerStatus(
                    name: "a-worker-with-a-very-long-name", host: "host.with.a.very.long.name.example", pid: 2, threads: 2, state: .lost, share: 0.4,
                    unitsDone: 2000, lagSeconds: 12, residentBytes: 5 << 30, joined: 0),
            ],
            faults: ["worker a-worker-with-a-very-long-name has been silent for 12 s and its units were dealt again to the others"],
            startedAt: 1000, updatedAt: 1245)
    }

    @Test func statusFitsEightyColumns() {
        let text = StatusView.text(report, now: 1246)
        #expect(width(text) <= 80)
        for part in [
            "fashion-demo-20260101-120000", "running", "4 min 05 s", "42 %", "1260/3000 steps", "5 min 40 s left", "accuracy 0.871, loss 0.412",
            "worker-1", "60 %", "3100", "310 MiB", "lost", "5.0 GiB", "dealt again",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(!text.contains("\u{1B}"))
        #expect(!text.contains("ago.\n"))
        #expect(StatusView.text(report, now: 1345).contains("how things stood 1 min 40 s ago"))
        #expect(StatusView.text(report, now: 1246, colored: true).contains("\u{1B}[32mrunning\u{1B}[0m"))
        var refused = report
        refused.refusals = ["malformed": 1200, "unasked": 3, "wrong-direction": 3, "version\u{1B}[31m": 7, "too-large": 12, "unknown-peer": 40_000]
        let lines = StatusView.text(refused, now: 1246)
        #expect(width(lines) <= 80 && lines.contains("Refused  40000 unknown-peer, 1200 malformed, 12 too-large, 7 version [31m, 3\n"), "\(lines)")
        var early = report
        early.workers = []
        #expect(StatusView.text(early, now: 1246).contains("No worker has joined yet."))
    }
}
