import Datasets
import Diagnostics
import Foundation
import Recipes
import Reporting
import RunStore

/// Phase 4: one run for each number of labels and seed, each in a directory and in processes of its own, so that whatever
/// happens to one leaves the others, and a sweep goes on where it stopped by what lies there.
struct SweepConductor {
    typealias Result = (point: SweepDocument.Point, summary: RunSummary)

    let recipe: Recipe
    let runDirectory: String?
    let resume: Bool
    /// Worker processes in all.
    let workers: Int
    /// Threads of each; nil shares out the machine's cores.
    let threads: Int?
    /// Runs at a time; nil: as many as there are workers. A run with a worker to itself never waits for another worker, so
    /// that side by side keeps all of them busy; the longest runs go first.
    let sideBySide: Int?
    let verbosity: Verbosity
    /// For each network.
    let http: HTTPOptions

    /// How long a network that outlives a killed sweep may take to its checkpoint.
    private static let orphanSeconds = 120.0

    func run() throws -> ExitCode {
        Interrupt.install()
        var whole = recipe
        whole.sweep = Recipe.Sweep()
        let dataset = try openDataset(try whole.datasetSpecification(), splits: [.test])
        let plan = try SweepPlan(recipe, available: dataset.labelCount)
        let (directory, isResumed) = try RunDirectory.create(path: runDirectory, recipeName: recipe.name, resume: resume)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        let journal = try Journal(path: directory.journalPath)
        if isResumed { try refuseOther(directory, journal) }
        try directory.writeRecipe(Data(recipe.prettyJSON.utf8))
        try journal.setValue("sweep", for: "kind")
        try journal.setCondition(.running)
        let display = LogDisplay(verbosity)
        let recorder = SweepRecorder(directory, journal: journal, recipeName: recipe.name, total: plan.points.count, display: display)
        let results = SweepResults(directory: directory, journal: journal, recipe: recipe)
        var done: [SweepPlan.Point: Result] = [:]
        do {
            recorder.logger.info(isResumed ? "sweep goes on" : "sweep begins", [
                "run": directory.path, "recipe": recipe.name, "networks": String(plan.points.count), "workers": String(workers),
            ])
            try perform(plan, results, recorder, in: directory, &done)
            let finished = plan.points.compactMap { done[$0] }
            guard let layer = finished.last?.summary.layers.last, let model = finished.last?.summary.model else {
                throw Problem("the sweep has no point")
            }
            let document = try results.conclude(finished.map(\.point), model: model, layer: layer.layer)
            recorder.logger.info("sweep finished", ["report": directory.reportPath])
            try recorder.close(.finished, condition: .finished, done: done.count)
            try? FileHandle.standardOutput.write(contentsOf: Data(
                SweepText.text(document, directory: directory, colored: TerminalStyle.of(descriptor: 1).colored).utf8))
            return .done
        } catch is Interrupted {
            recorder.logger.warning("interrupted; the sweep can go on with --resume", ["run": directory.path])
            try recorder.close(.interrupted, condition: .interrupted, done: done.count)
            display.say("interrupted. Go on with: filterscope sweep … --run \(directory.path) --resume")
            return .interrupted
        } catch {
            recorder.logger.error("sweep failed", ["cause": "\(error)"])
            try? recorder.close(.failed, condition: .failed, done: done.count)
            throw error
        }
    }

    /// Carries out what is not finished. `done` has every finished point, whatever is thrown.
    private func perform(
        _ plan: SweepPlan, _ results: SweepResults, _ recorder: SweepRecorder, in directory: RunDirectory,
        _ done: inout [SweepPlan.Point: Result]
    ) throws {
        try waitForOrphans(plan, recorder, in: directory)
        for point in plan.points {
            guard let result = try results.finished(point) else { continue }
            done[point] = result
            try results.record(result.point)
        }
        // Stable, so that a K's seeds stay in order.
        var waiting = plan.points.filter { done[$0] == nil }.enumerated()
            .sorted { ($1.element.labels, $0.offset) < ($0.element.labels, $1.offset) }.map(\.element)
        let shares = WorkerShares(workers: workers, sideBySide: sideBySide ?? workers)
        var running: [SweepProcess] = []
        var failed: Set<SweepPlan.Point> = []
        defer { for process in running { process.end() } }
        while !waiting.isEmpty || !running.isEmpty {
            if Interrupt.requested {
                waiting = []
                for process in running { process.interrupt() }
            }
            while let share = shares.next(running: running.map(\.workers), waiting: waiting.count) {
                let process = try SweepProcess(
                    waiting.removeFirst(), in: directory, workers: share,
                    threads: threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount / workers), http: http)
                running.append(process)
                recorder.logger.info("network begins", fields(process.point).merging(["workers": String(share)]) { $1 })
            }
            for process in running where !process.isRunning {
                running.removeAll { $0 === process }
                guard let result = try results.finished(process.point) else {
                    if Interrupt.requested { continue }
                    let failure = process.failure ?? Problem("the run ended, and is not finished", at: process.path)
                    // What went wrong once, on a machine that stood still say, may go well from the checkpoint.
                    guard failed.insert(process.point).inserted else { throw failure }
                    recorder.logger.warning("network failed; going on with it once more", fields(process.point).merging(["cause": failure.what]) { $1 })
                    waiting.insert(process.point, at: 0)
                    continue
                }
                done[process.point] = result
                try results.record(result.point)
                recorder.logger.info("network finished", fields(process.point).merging([
                    "accuracy": String(result.point.testAccuracy), "seconds": String(Int(result.point.wallSeconds.rounded())),
                    "done": "\(done.count) of \(plan.points.count)",
                ]) { $1 })
            }
            try recorder.idle(done: done.count, running: running)
            if running.isEmpty, Interrupt.requested, done.count < plan.points.count { throw Interrupted() }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    private func fields(_ point: SweepPlan.Point) -> [String: String] {
        ["labels": String(point.labels), "seed": String(point.seed), "run": point.directory]
    }

    /// Networks of a sweep that was killed end by themselves, with a checkpoint; until then their directories are theirs.
    private func waitForOrphans(_ plan: SweepPlan, _ recorder: SweepRecorder, in directory: RunDirectory) throws {
        let deadline = ContinuousClock.now + .seconds(Self.orphanSeconds)
        for point in plan.points {
            guard let run = try? RunDirectory.open(path: directory.file(point.directory)), run.isLocked else { continue }
            recorder.logger.info("waiting for a network that outlived its sweep", fields(point))
            while run.isLocked {
                try recorder.idle(done: 0, running: [])
                if Interrupt.requested { throw Interrupted() }
                guard ContinuousClock.now < deadline else {
                    throw Problem(
                        "another process works on this network and does not end", at: run.path,
                        remedy: "end it, or wait until it has finished, and go on with --resume")
                }
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }

    /// Numbers of labels, seeds and resamples may change when a sweep goes on, since every network is a run of its own.
    private func refuseOther(_ directory: RunDirectory, _ journal: Journal) throws(Problem) {
        let values = try journal.values()
        guard values.isEmpty || values["kind"] == "sweep" else {
            throw Problem("holds a single run, not a sweep", at: directory.path, remedy: "name another directory with --run")
        }
        // A sweep that was killed before it wrote its recipe has done nothing yet.
        guard FileManager.default.fileExists(atPath: directory.recipePath) else { return }
        try RunConductor.refuseOtherRecipe(recipe, directory, apartFromSweep: true)
    }
}
