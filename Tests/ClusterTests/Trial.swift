import Foundation
import RunStore
import Tensors
import TestSupport
import Testing

/// Everything here runs the built program as users do: real processes, real sockets, real disks. One test at a time,
/// since each of them has several processes.
@Suite(.serialized) enum ClusterTests {}

/// What must not depend on how a run was carried out.
struct Figures: Equatable, Sendable {
    let network: String
    let heads: String
    let analysis: String

    init(runDirectory path: String) throws {
        func digest(_ name: String) throws -> String { try Digest.sha256(ofFile: "\(path)/\(name)").hexadecimal }
        network = try digest("checkpoints/network.safetensors")
        heads = try digest("checkpoints/heads.safetensors")
        analysis = try digest("results/analysis.json")
        let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(path)/results/summary.json")))
        #expect((summary as? [String: Any])?["weights_sha256"] as? String == network, "the summary names the weights that are there")
    }

    /// Of a run by one worker with one thread, undisturbed; computed once, for all tests.
    static func undisturbed() throws -> Figures { try reference.get() }

    private static let reference = Result {
        let trial = try Trial()
        try trial.expectSuccess(try trial.run(workers: 1).wait())
        return try Figures(runDirectory: trial.runPath)
    }
}

/// A recipe and a run directory of its own, and the commands over them.
final class Trial {
    let temporary: TemporaryDirectory
    let recipePath: String
    let runPath: String

    static let trainingSteps = 40
    static let headSteps = 20
    static let checkpointSteps = 5

    /// Small enough for seconds, long enough to be disturbed in the middle. A lost worker is missed soon.
    private static var recipe: [String: Any] { [
        "name": "cluster-trial",
        "dataset": "fashion-mnist?train=1000&test=200",
        "model": ["name": "vgg11", "width": 4],
        "training": ["epochs": 4, "translation": 2, "evaluateEvery": 0],
        "heads": ["epochs": 2, "augment": false],
        "report": ["chosenFilters": 1],
        "cluster": ["heartbeatSeconds": 0.25, "workerTimeoutSeconds": 4, "unitAttempts": 50],
        "checkpoints": ["everySteps": checkpointSteps, "keep": 3],
    ] }

    /// - Parameters:
    ///   - runPath: nil for a directory of the trial's own.
    ///   - change: made to the recipe before it is written.
    init(runPath: String? = nil, change: (inout [String: Any]) -> Void = { _ in }) throws {
        temporary = try TemporaryDirectory("filterscope-cluster")
        var recipe = Self.recipe
        change(&recipe)
        recipePath = try temporary.write(try JSONSerialization.data(withJSONObject: recipe), to: "recipe.json")
        self.runPath = runPath ?? temporary.file("run")
    }

    // MARK: Processes

    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProcess {
        try RunningProcess(try filterscopeExecutable(), arguments, environment: environment, directory: temporary.path)
    }

    /// `filterscope run`.
    func run(workers: Int = 2, threads: Int = 1, _ more: String...) throws -> RunningProcess {
        try start(["run", recipePath, "--workers", "\(workers)", "--threads", "\(threads)", "--run", runPath] + more)
    }

    /// `filterscope coordinator`, and where it listens.
    func coordinator(bind: String = "tcp://127.0.0.1:*", _ more: String...) throws -> (process: RunningProcess, endpoint: String) {
        try coordinator(bind: bind, arguments: more)
    }

    func coordinator(bind: String = "tcp://127.0.0.1:*", arguments: [String]) throws -> (process: RunningProcess, endpoint: String) {
        let process = try start(["coordinator", recipePath, "--bind", bind, "--run", runPath] + arguments)
        var endpoint: String?
        try waitUntil("the coordinator says where it listens") {
            guard process.isRunning else { throw Disturbed("coordinator", process) }
            endpoint = process.stderr.firstMatch(of: /endpoint=(tcp:\S+)\s/).map { String($0.1) }
            return endpoint != nil
        }
        return (process, try #require(endpoint))
    }

    func worker(
        _ name: String, at endpoint: String, threads: Int = 1, giveUp: Int = 60, environment: [String: String] = [:]
    ) throws -> RunningProcess {
        try start(
            ["worker", "--connect", endpoint, "--name", name, "--threads", "\(threads)", "--give-up", "\(giveUp)"],
            environment: environment)
    }

    /// As if it ran on another machine: everything through the socket.
    static let throughTheSocket = ["FILTERSCOPE_SHARED_MEMORY": "0"]

    /// The names of the workers that read weights where the coordinator has them.
    func neighbours() throws -> [String] {
        try log().map(\.record).filter { $0.message == "memory in common" }.compactMap { $0.fields["worker.name"] }
    }

    // MARK: What the journal says

    func journal() throws -> JournalReader { try JournalReader(path: runPath + "/run.sqlite") }

    func stepsTaken(in phase: String) -> Int {
        guard let journal = try? journal(), let rows = try? journal.metrics(phase: phase, name: "learning_rate") else { return 0 }
        return rows.last.map { $0.step + 1 } ?? 0
    }

    /// Waits until a run has taken so many steps of a phase.
    func waitForStep(_ step: Int, of phase: String = "training", _ process: RunningProcess) throws {
        try waitUntil("\(phase) has taken \(step) steps") {
            guard process.isRunning else { throw Disturbed("ended before step \(step) of \(phase)", process) }
            return stepsTaken(in: phase) >= step
        }
    }

    func waitForWorker(_ name: String, _ process: RunningProcess) throws {
        try waitUntil("\(name) has joined") {
            guard process.isRunning else { throw Disturbed("ended before \(name) joined", process) }
            return try journal().workers().contains { $0.name == name }
        }
    }

    func log() throws -> [StoredLogRecord] { try journal().logs() }

    // MARK: Expectations

    func expectSuccess(_ outcome: ProcessOutcome, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try #require(outcome.status == 0, "exit code \(outcome.status): \(outcome.stderr)", sourceLocation: sourceLocation)
    }

    /// The run went well to its end, and its results are those of the undisturbed run, bit by bit.
    func expectUndisturbedResults(_ outcome: ProcessOutcome, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try expectSuccess(outcome, sourceLocation: sourceLocation)
        #expect(try Figures(runDirectory: runPath) == Figures.undisturbed(), sourceLocation: sourceLocation)
        #expect(FileManager.default.fileExists(atPath: runPath + "/report.html"), sourceLocation: sourceLocation)
        #expect(try journal().condition() == .finished, sourceLocation: sourceLocation)
    }
}

struct Disturbed: Error, CustomStringConvertible {
    let description: String
    init(_ what: String, _ process: RunningProcess) { description = "\(what); standard error: \(process.stderr.suffix(2000))" }
}
