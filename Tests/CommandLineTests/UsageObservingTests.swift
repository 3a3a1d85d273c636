import Diagnostics
import Foundation
import Mechanism
import Messages
import Reporting
import RunStore
import TestSupport
import Testing

/// `logs`, `status`, `report` and `verify` over a run directory that is made here.
@Suite struct UsageObservingTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.file("run") }

    /// Records arrive out of order, as workers' batches do.
    private static let records = [
        LogRecord(time: 100, level: .info, source: "coordinator", message: "run begins"),
        LogRecord(time: 300, level: .warning, source: "anna", unit: 7, message: "unit was slow", fields: ["seconds": "9"]),
        LogRecord(time: 200, level: .debug, source: "bert", message: "hello \u{1B}[31m there"),
    ]

    init() throws {
        directory = try TemporaryDirectory()
        let run = try RunDirectory.create(path: directory.file("run"), recipeName: "trial").directory
        let journal = try Journal(path: run.journalPath)
        try LogStore(journal).append(Self.records)
        let report = StatusReport(
            run: run.path, recipe: "trial", phase: "training", state: .finished, step: 30, totalSteps: 60, epoch: 1, rate: 123,
            startedAt: 100, updatedAt: 400)
        try journal.setStatus(json: String(decoding: try JSONEncoder().encode(report), as: UTF8.self), at: 400)
        try journal.setCondition(.finished)
    }

    private func logs(_ arguments: String...) throws -> [String] {
        let outcome = try runFilterscope(["logs", "--run", path] + arguments)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        return outcome.stdoutText.split(separator: "\n").map(String.init)
    }

    @Test func logIsMergedInOrderOfTime() throws {
        #expect(try logs() == [
            "1970-01-01T00:01:40.000Z info    coordinator  run begins",
            "1970-01-01T00:03:20.000Z debug   bert         hello ·[31m there",
            "1970-01-01T00:05:00.000Z warning anna         unit was slow unit=7 seconds=9",
        ])
    }

    @Test func filtersChooseRecords() throws {
        #expect(try logs("--worker", "bert").count == 1)
        #expect(try logs("--level", "warning").allSatisfy { $0.contains("slow") })
        #expect(try logs("--grep", "seconds").count == 1)
        #expect(try logs("--since", "10m").isEmpty)
        #expect(try logs("--since=999999d").count == 3)
        #expect(try logs("--worker", "b*", "--worker", "an?a").count == 2)
        #expect(try logs("--since", "1970-01-01T00:03:00Z", "--until", "1970-01-01T00:04:00").count == 1)
        #expect(try logs("--tail", "2").map { $0.suffix(5) } == ["there", "nds=9"], "the last two to arrive, in order of time")
        #expect(try logs("--tail", "1", "--worker", "coordinator").count == 1 && logs("--tail", "0").isEmpty)
    }

    @Test func followingEndsWithTheRun() throws { #expect(try logs("-f").count == 3) }

    @Test func followingShowsWhatComesLater() async throws {
        let run = try RunDirectory.open(path: path)
        let journal = try Journal(path: run.journalPath)
        let lock = try run.lock()
        try journal.setCondition(.running)
        let path = path
        async let lines = Task.detached { try runFilterscope(["logs", "--run", path, "-f"], timeout: 60).stdoutText.split(separator: "\n").map(String.init) }.value
        try await Task.sleep(for: .milliseconds(700))
        try LogStore(journal).append([LogRecord(time: 500, level: .info, source: "anna", message: "late news")])
        try journal.setCondition(.finished)
        let shown = try await lines
        withExtendedLifetime(lock) {}
        #expect(shown.count == 4 && shown.last?.hasSuffix("late news") == true)
    }

    @Test func jsonIsOneObjectPerLine() throws {
        let objects = try logs("--json").map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(objects.compactMap { $0?["level"] as? String } == ["info", "debug", "warning"])
        #expect(objects[2]?["unit"] as? Int == 7)
    }

    @Test(arguments: [
        (["logs", "--level", "loud"], "--level needs one of debug, info, warning, error"),
        (["logs", "--since", "soon"], "--since needs a time such as 30s"),
        (["logs", "--folow"], "did you mean \"--follow\"?"),
        (["status", "--run", "a", "--connect", "tcp://127.0.0.1:1"], "exclude each other"),
    ])
    func wrongUsageIsRefused(_ arguments: [String], _ expected: String) throws {
        let outcome = try runFilterscope(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.stderr.contains(expected), "\(outcome.stderr)")
    }

    @Test func missingRunIsAFault() throws {
        for command in ["logs", "status", "report", "verify"] {
            let outcome = try runFilterscope([command, "--run", directory.file("nothing")])
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("no run there"), "\(command): \(outcome.stderr)")
        }
    }

    @Test func statusIsShown() throws {
        let text = try runFilterscope(["status", "--run", path]).stdoutText
        #expect(text.contains("training") && text.contains("30/60"))
        let json = try runFilterscope(["status", "--run", path, "--json"]).stdout
        #expect(try JSONDecoder().decode(StatusReport.self, from: json).totalSteps == 60)
        // Watching ends at once where the run is over.
        #expect(try runFilterscope(["status", "--run", path, "--watch"]).status == 0)
    }

    @Test(arguments: [(0.9, Int32(0)), (0.3, 3)]) func verdictsDecideTheExitCode(_ lastAccuracy: Double, _ status: Int32) throws {
        let layers = [(0.4, 8), (0.6, 4), (lastAccuracy, 1)].enumerated().map { index, figures in
            LayerResult(layer: "conv\(index + 1)", accuracy: figures.0, labels: 3, filters: [
                FilterResult(filter: 0, top: 1, silent: false, clusters: [[0, 1]], noise: figures.1, internalNoise: figures.1, externalNoise: 0)
            ])
        }
        let summary = RunSummary(
            testAccuracy: lastAccuracy, weightsSHA256: String(repeating: "0", count: 64), wallSeconds: 12, recipe: "trial",
            model: "vgg11", dataset: "fashion-mnist", labelNames: ["a", "b", "c"], threshold: 0.3, layers: layers.map(\.row),
            claims: Claim.verdicts(layers: layers.map(\.evidence)))
        _ = try ResultFiles(runDirectory: path).write(summary: summary, layers: layers, metrics: [])

        let verify = try runFilterscope(["verify", "--run", path])
        #expect(verify.status == status, "\(verify.stdoutText)")
        #expect(verify.stdoutText.contains(status == 0 ? "sharpening: upheld" : "sharpening: not upheld"))
        // The page needs the recipe and more, which this run lacks.
        let report = try runFilterscope(["report", "--run", path])
        #expect(report.status == 1 && report.stderr.contains("recipe.json"), "\(report.stderr)")
        let json = try JSONDecoder().decode(RunSummary.self, from: runFilterscope(["report", "--run", path, "--json"]).stdout)
        #expect(json.testAccuracy == lastAccuracy)
    }
}
