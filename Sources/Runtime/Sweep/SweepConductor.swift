import Datasets
import Diagnostics
import Foundation
import Recipes
import Reporting
import RunStore

/// Phase 4: one run for each number of labels and seed, each in a directory and in processes of its own, so that whatever
/// happens to one leaves the others, and a sweep goes on where it stopped by what lies there.
struct SweepConductor {
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

    func run() throws -> ExitCode {
        Interrupt.install()
        var whole = recipe
        whole.sweep = Recipe.Sweep()
        let dataset = try openDataset(try whole.datasetSpecification(), splits: [.test])
        let plan = try SweepPlan(recipe, available: dataset.labelCount)
        let (directory, isResumed) = try RunDirectory.create(path: runDirectory, recipeName: recipe.name, resume: resume)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        if isResumed { try RunConductor.refuseOtherRecipe(recipe, directory) }
        try directory.writeRecipe(Data(recipe.prettyJSON.utf8))
        let journal = try Journal(path: directory.journalPath)
        try journal.setValue("sweep", for: "kind")
        try journal.setCondition(.running)
        let results = SweepResults(directory: directory, journal: journal, recipe: recipe)
        do {
            let finished = try perform(plan, results, in: directory)
            guard let layer = finished.last?.summary.layers.last, let model = finished.last?.summary.model else {
                throw Problem("the sweep has no point")
            }
            let document = try results.conclude(finished.map(\.point), model: model, layer: layer.layer)
            try journal.setCondition(.finished)
            FileHandle.standardOutput.write(Data(
                SweepText.text(document, directory: directory, colored: TerminalStyle.of(descriptor: 1).colored).utf8))
            return .done
        } catch is Interrupted {
            try journal.setCondition(.interrupted)
            LogDisplay(verbosity).say("interrupted. Go on with: filterscope sweep … --run \(directory.path) --resume")
            return .interrupted
        } catch {
            try? journal.setCondition(.failed)
            throw error
        }
    }

    /// All points' results, in the plan's order.
    private func perform(
        _ plan: SweepPlan, _ results: SweepResults, in directory: RunDirectory
    ) throws -> [(point: SweepDocument.Point, summary: RunSummary)] {
        var done: [SweepPlan.Point: (point: SweepDocument.Point, summary: RunSummary)] = [:]
        var waiting: [SweepPlan.Point] = []
        for point in plan.points {
            if let result = try results.finished(point) { done[point] = result } else { waiting.append(point) }
        }
        for result in done.values { try results.record(result.point) }
        // Stable, so that a K's seeds stay in order.
        waiting = waiting.enumerated().sorted { ($1.element.labels, $0.offset) < ($0.element.labels, $1.offset) }.map(\.element)
        let slots = min(max(1, sideBySide ?? workers), workers)
        let share = max(1, workers / slots)
        var running: [SweepProcess] = []
        defer { for process in running { process.kill() } }
        var isInterrupted = false
        while !waiting.isEmpty || !running.isEmpty {
            if Interrupt.requested, !isInterrupted {
                isInterrupted = true
                for process in running { process.interrupt() }
            }
            while !isInterrupted, running.count < slots, !waiting.isEmpty {
                running.append(try SweepProcess(
                    waiting.removeFirst(), in: directory, workers: share,
                    threads: threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount / (slots * share))))
            }
            for process in running where !process.isRunning {
                running.removeAll { $0 === process }
                if isInterrupted { continue }
                try process.checkEnd()
                guard let result = try results.finished(process.point) else {
                    throw Problem("the run ended, and is not finished", at: directory.file(process.point.directory))
                }
                done[process.point] = result
                try results.record(result.point)
                if verbosity > .quiet {
                    LogDisplay(verbosity).say("\(SweepText.line(result.point)); \(done.count) of \(plan.points.count) done")
                }
            }
            if isInterrupted, running.isEmpty { throw Interrupted() }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return plan.points.compactMap { done[$0] }
    }
}
