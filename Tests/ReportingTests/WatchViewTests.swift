import Diagnostics
import Messages
import Reporting
import Testing

/// `status --watch` as text: what it shows, and that it never leaves its terminal.
@Suite struct WatchViewTests {
    private func worker(_ number: Int, name: String? = nil, state: WorkerState = .working, faults: Int = 0) -> WorkerStatus {
        WorkerStatus(
            name: name ?? "worker-\(number)", host: "node-\(number)", pid: number, threads: 2, state: state, share: 0.02, unitsDone: 100 + number,
            lagSeconds: 0.25, residentBytes: 300 << 20, joined: 0, waitingShare: 0.013, readsOwnData: false, rate: 128.4, faults: faults,
            clockOffset: number == 2 ? 7263.2 : 0.0002, clockUncertainty: 0.0001)
    }

    private func report(workers: [WorkerStatus]) -> StatusReport {
        StatusReport(
            run: "/data/experiments/somewhere/runs/fashion-demo-20260101-120000", recipe: "fashion-demo", phase: "training", state: .running,
            step: 1260, totalSteps: 3000, epoch: 2, rate: 512, secondsLeft: 340, metrics: ["loss": 0.4123, "accuracy": 0.871, "test_accuracy": 0.85],
            workers: workers, curves: ["loss": (0..<100).map { 2.3 - Double($0) * 0.019 }, "accuracy": (0..<100).map { $0 == 50 ? nil : Double($0) / 115 }],
            startedAt: 1000, updatedAt: 1245)
    }

    private var log: [LogRecord] {
        (0..<60).map { LogRecord(time: 1200 + Double($0), level: $0 % 10 == 0 ? .warning : .info, source: "worker-\($0 % 4)", message: "line \($0)") }
    }

    /// Columns of a line, as a terminal counts them, without its colours.
    private func columns(_ line: String) -> Int { line.replacing(/\u{1B}\[[0-9;]*m/, with: "").terminalColumns }

    @Test func eightyByTwentyFour() {
        let view = WatchView(report: report(workers: (1...4).map { worker($0) }), log: log, now: 1246)
        let lines = view.lines(width: 80, height: 24)
        #expect(lines.count == 24)
        #expect(lines[0].count == 80 && lines[0].hasPrefix("…") && lines[0].hasSuffix("runs/fashion-demo-20260101-120000 (fashion-demo)  running"))
        #expect(lines[1] == "training  [====>         ]  42 %  1260/3000 steps  512 images/s  5 min 40 s left")
        #expect(lines[2] == "for 4 min 05 s   epoch 2   test_accuracy 0.850")
        #expect(lines[3].hasPrefix("loss       ██") && lines[3].hasSuffix("▁▁  2.30 → 0.412"), "\(lines[3])")
        #expect(lines[4].hasPrefix("accuracy   ▁▁") && lines[4].hasSuffix("→ 0.871"), "\(lines[4])")
        #expect(lines[5] == "")
        #expect(lines[6].split(separator: " ") == ["worker", "state", "share", "images/s", "units", "lag", "memory", "faults"])
        #expect(lines[7].split(separator: " ") == ["worker-1", "working", "2", "%", "128", "101", "250", "ms", "300", "MiB", "0"])
        #expect(lines[11] == "")
        #expect(lines[22].contains("line 59") && lines[12].contains("line 49"))
        #expect(lines[23] == "q quits")
    }

    @Test func fiftyWorkersAreCutAndThoseInNeedComeFirst() {
        var workers = (1...50).map { worker($0) }
        workers[40] = worker(41, state: .lost)
        workers[44].isDraining = true
        workers[45] = worker(46, faults: 3)
        let lines = WatchView(report: report(workers: workers), log: log, now: 1246).lines(width: 80, height: 24)
        #expect(lines.count == 24)
        let table = lines.drop { !$0.hasPrefix("worker ") }.dropFirst()
        #expect(table.prefix(3).map { $0.prefix(9) } == ["worker-41", "worker-45", "worker-46"])
        #expect(table.dropFirst().first?.contains("draining") == true)
        let shown = table.prefix { $0.hasPrefix("worker-") }.count
        #expect(table.dropFirst(shown).first == "… and \(50 - shown) more")
        #expect(shown >= 8 && lines[22].contains("line 59"), "the newest lines of the log have room too: \(lines)")
        let large = WatchView(report: report(workers: workers), log: log, now: 1246).lines(width: 200, height: 70)
        #expect(large.count { $0.hasPrefix("worker-") } == 50 && large.contains { $0.contains("+2 h 01 min") })
        #expect(large[1].contains("5 min 40 s left"))
    }

    @Test func whatNeedsAttentionIsSaid() {
        var report = report(workers: [])
        report.state = .paused
        report.refusals = ["malformed": 12, "flood": 3]
        report.damagedSamples = 2
        report.otherKernels = ["avx512"]
        let paused = WatchView(report: report, now: 1246).lines(width: 80, height: 24)
        #expect(paused[0].hasSuffix("paused"))
        #expect(paused.contains("refused 12 malformed, 3 flood, 2 damaged samples left out"))
        #expect(paused.contains("paused by an operator: filterscope resume goes on"))
        #expect(paused.contains("mixed kernels: last bits are not reproducible"))
        #expect(paused.contains("No worker is present."))
        report.faults = ["a left: silent", "b left: silent", "c left: silent", "paused: unit 7 (train) came to nothing and is set aside: the samples 17, 18 cannot be decoded"]
        let aside = WatchView(report: report, now: 1246).lines(width: 80, height: 24)
        #expect(aside.contains { $0.hasPrefix("! paused: unit 7 (train) came to nothing and is set aside") })
        #expect(aside.contains("  … and 1 before"))
        let away = WatchView(report: report, notice: "waiting for the coordinator for 12 s", now: 1400).lines(width: 80, height: 24)
        #expect(away.last == "waiting for the coordinator for 12 s")
        #expect(WatchView(report: report, now: 1400).lines(width: 80, height: 24).last?.hasPrefix("this is how things stood 2 min 35 s ago") == true)
        #expect(WatchView(now: 0).lines(width: 80, height: 24) == ["waiting for the first status   q quits"])
    }

    /// Any terminal, any state, hostile names and messages: no line above the width, not more than the height, nothing that moves the cursor.
    @Test func nothingLeavesTheScreen() {
        let hostile = "\u{1B}[2J\u{1B}]0;title\u{07}\r\n\t\u{9B}31m\u{202E}gnp.exe\u{200B}\u{2028}名前が長い労働者🙂\u{301}e\u{301}"
        var report = report(workers: (1...50).map { worker($0, name: "\($0)" + hostile, state: $0 % 7 == 0 ? .lost : .working, faults: $0) })
        report.run = "/runs/" + hostile
        report.recipe = hostile
        report.phase = "training" + hostile
        report.faults = (0..<12).map { "\(hostile) \($0) " + String(repeating: "long ", count: 40) }
        report.refusals = [hostile: 7]
        report.metrics[hostile] = .nan
        report.rate = .infinity
        report.secondsLeft = .nan
        report.curves?[hostile] = [nil, 1e308, -1e308, .infinity]
        let log = log + [LogRecord(time: .nan, level: .error, source: hostile, message: hostile, fields: [hostile: hostile])]
        for colored in [false, true] {
            for width in [1, 7, 20, 39, 40, 61, 79, 80, 81, 100, 132, 200, 300] {
                for height in [1, 2, 3, 5, 8, 12, 24, 25, 50, 100] {
                    let lines = WatchView(report: report, log: log, notice: hostile, now: 1246).lines(width: width, height: height, colored: colored)
                    #expect(lines.count <= height, "\(width)×\(height)")
                    for line in lines {
                        #expect(columns(line) <= width, "\(width)×\(height): \(line.debugDescription)")
                        let plain = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
                        #expect(plain.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) && $0.value != 0x202E && $0.value != 0x2028 })
                        if !colored { #expect(plain == line) }
                    }
                }
            }
        }
    }

    @Test func framesDrawOverWhatWasThere() {
        let view = WatchView(report: report(workers: [worker(1)]), log: log, now: 1246)
        let frame = view.frame(width: 80, height: 24)
        #expect(frame.hasPrefix("\u{1B}[H\u{1B}[K") && frame.hasSuffix("\u{1B}[Kq quits"))
        #expect(frame.components(separatedBy: "\r\n\u{1B}[K").count == 24, "no line feed after the last line: the screen would roll")
        let short = WatchView(report: report(workers: [worker(1)]), now: 1246).frame(width: 80, height: 24)
        #expect(short.hasSuffix("q quits\r\n\u{1B}[J"), "what stood below goes")
        #expect(!frame.contains("\u{1B}[3") && view.frame(width: 80, height: 24, colored: true).contains("\u{1B}[32mrunning\u{1B}[0m"))
    }

    @Test func sparklines() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([0, 0, 7, 7], width: 2) == "▁█")
        #expect(Sparkline.text([5, 5, 5], width: 10) == "▁▁▁")
        #expect(Sparkline.text([nil, 1, nil], width: 10) == " ▁ ")
        #expect(Sparkline.text([], width: 10) == "" && Sparkline.text([1], width: 0) == "")
        #expect(Sparkline.text((0..<1000).map { Double($0) }, width: 60).count == 60)
    }
}
