import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Networks
import Recipes
import Reporting
import RunStore
import Service
import Tensors
import Transport

/// How a recipe is carried out: a run directory, a cluster bound to an address, perhaps worker processes of our own, and
/// the session over them. `run` and `coordinator` differ only in where workers come from.
struct RunConductor {
    let recipe: Recipe
    let runDirectory: String?
    let resume: Bool
    let bind: String
    /// The directory of keys; nil for none.
    var keys: String?
    let insecure: Bool
    /// Worker processes to start here; nil where they come from elsewhere.
    let localWorkers: (count: Int, threads: Int)?
    let verbosity: Verbosity
    /// The sweep's process that the run belongs to, which decides when it ends; nil for a run of its own.
    var parent: pid_t?
    var http = HTTPOptions()

    /// - Returns: the exit code, after telling how the run ended.
    func run() throws -> ExitCode {
        configureBLAS()
        Interrupt.install()
        if let parent {
            Interrupt.ignoreTerminal()
            ParentWatch.start(parent: parent)
        }
        // What is wrong with keys is better told before anything is made.
        let keys = try keys.map { path throws(Problem) in try KeyDirectory(path).coordinator() }
        let dataset = try openDataset(try recipe.datasetSpecification())
        let network = try Network(recipe.modelSpecification(for: dataset))
        let headPool = recipe.heads.headPool > 0 ? recipe.heads.headPool : nil
        let headLayers = try recipe.headLayers(of: network)
        let headSet = try HeadSet(network, labels: dataset.labelCount, headPool: headPool, layers: headLayers)
        // What cannot be pruned is better told now than when all is trained.
        _ = try PrunePlan(recipe, network: network, headSet: headSet)
        // A port that the user named and that is taken, too.
        let (service, serviceProblem) = try startService(network: network)
        let (directory, isResumed) = try RunDirectory.create(path: runDirectory, recipeName: recipe.name, resume: resume)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        if isResumed { try Self.refuseOtherRecipe(recipe, directory) }
        try directory.writeRecipe(Data(recipe.prettyJSON.utf8))
        let journal = try Journal(path: directory.journalPath)

        let display = LogDisplay(verbosity)
        let log = RunLog(
            journal,
            limits: LogLimits(
                bytes: recipe.cluster.logMegabytes << 20, seconds: recipe.cluster.logDays > 0 ? recipe.cluster.logDays * 86_400 : nil),
            sink: InMemoryLogSink(), echo: display.show)
        let logger = Logger(source: "coordinator", level: .debug, sink: log.sink)
        let recorder = RunRecorder(
            directory: directory, journal: journal, recipeName: recipe.name, recipeDigest: recipe.resultDigest,
            keep: recipe.checkpoints.keep, log: log, progress: ProgressBar(), admitsOtherKernels: recipe.cluster.mixedKernels)
        let task = TaskDescription(
            model: network.specification, preprocessing: try recipe.preprocessing(of: dataset),
            trainingShardSize: recipe.training.shardSize, surveyShardSize: recipe.analysis.surveyShard, labels: dataset.labelCount,
            headPool: headPool, headLayers: headLayers,
            labelSmoothing: recipe.training.labelSmoothing > 0 ? recipe.training.labelSmoothing : nil)
        let cluster = try Cluster(
            CoordinatorMachine.Settings(
                run: UUID().uuidString, task: try task.encoded(), fingerprint: kernelFingerprint,
                heartbeatSeconds: recipe.cluster.heartbeatSeconds, timeoutSeconds: recipe.cluster.workerTimeoutSeconds,
                unitAttempts: recipe.cluster.unitAttempts, data: dataset.summary,
                bytesAhead: recipe.cluster.samplesAheadMegabytes << 20, admitsOtherKernels: recipe.cluster.mixedKernels,
                late: LateUnitSettings(factor: recipe.cluster.lateFactor, floorSeconds: recipe.cluster.lateFloorSeconds),
                audit: AuditSettings(
                    share: recipe.cluster.audit, seed: recipe.seed, patienceSeconds: recipe.cluster.waitForWorkersSeconds),
                logs: LogAllowance(perSecond: recipe.cluster.logLinesPerSecond), takenLogs: try journal.takenLogs(ofLatest: CoordinatorMachine.mostTakenLogs)),
            bind: bind, keys: keys, insecure: insecure, firstUnit: try journal.highestUnitID() + 1, logger: logger)
        cluster.setOwner(recorder)
        recorder.isPaused = { [unowned cluster] in cluster.isPaused }
        recorder.workersForStatus = { [unowned cluster] in (cluster.workers, cluster.now) }
        recorder.refusalsForStatus = { [unowned cluster] in cluster.refusals.counts }
        recorder.standingFaults = { [unowned cluster] in cluster.standingFaults }
        recorder.trafficForStatus = { [unowned cluster] in cluster.traffic }
        recorder.service = service.map { ServiceFeed($0, path: directory.path) }
        try recorder.open()
        logger.info(isResumed ? "run goes on" : "run begins", [
            "run": directory.path, "recipe": recipe.name, "endpoint": cluster.endpoint, "dataset": recipe.dataset,
            "model": network.specification.summary,
        ])

        if let service { logger.info("live page and metrics", ["address": service.address]) }
        if let serviceProblem { logger.warning("no live page and no metrics", ["cause": serviceProblem.description]) }
        if recipe.cluster.mixedKernels {
            logger.warning("workers with other kernels are admitted; if any join, the run is not bit-reproducible", ["fingerprint": kernelFingerprint])
        }

        let workers = localWorkers.map { local in
            (LocalWorkers(
                endpoint: cluster.endpoint, threads: local.threads, directory: directory.path + "/logs",
                errorBytes: max(64 << 10, recipe.cluster.logMegabytes << 16), logger: logger), local.count)
        }
        do {
            // Where its own user's commands find it.
            try journal.setValue(cluster.endpoint, for: "endpoint")
            try journal.setValue(service?.address ?? "", for: "http")
            try journal.setValue(String(dataset.split(.train).count), for: "train_images")
            try journal.setValue(programVersion, for: "version")
            if let draw = dataset.labelDraw { try journal.setValue(try draw.json(), for: "label_draw") }
            func start(isDrawn: Bool) -> TrainingState {
                TrainingState(
                    network: network, heads: headSet, seed: recipe.seed, optimizer: recipe.training.kernelOptimizer,
                    keepsAverage: recipe.training.averageDecay > 0, isDrawn: isDrawn)
            }
            var state = start(isDrawn: !isResumed)
            if isResumed, try !recorder.restore(state, logger: logger) {
                logger.info("no checkpoint yet; starting anew")
                state = start(isDrawn: true)
            }
            if let (processes, count) = workers {
                try processes.start(count: count)
                recorder.supervise = { [unowned cluster] in
                    try processes.supervise { try cluster.processEnded(pid: $0, reason: $1) }
                }
            }
            try cluster.waitForWorkers(
                max(recipe.cluster.minimumWorkers, localWorkers?.count ?? 0), seconds: recipe.cluster.waitForWorkersSeconds)
            let results = RunResults(
                directory: directory, journal: journal, recipe: recipe, dataset: dataset, network: network, headSet: headSet)
            let summary = try RunSession(results, state: state, cluster: cluster, recorder: recorder, logger: logger).run()
            try RunReport.write(in: directory, filtersPerLayer: recipe.report.chosenFilters)
            if recipe.cluster.audit > 0 {
                let tally = cluster.auditTally
                logger.info("audit", [
                    "units-agreed": String(tally.agreed), "units-differed": String(tally.mismatches),
                    "units-unaudited": String(tally.lapsed),
                ])
            }
            logger.info("run finished", ["report": directory.reportPath])
            finish(cluster, workers?.0, recorder, .finished, "finished", .finished, .finished)
            let style = TerminalStyle.of(descriptor: 1)
            // Files hold the same: where the text cannot be written, the run has succeeded all the same.
            try? FileHandle.standardOutput.write(contentsOf: Data(SummaryText.text(summary, directory: directory, colored: style.colored).utf8))
            service?.close(RunEnding(state: .finished, report: directory.reportPath)) { Interrupt.requested }
            return .done
        } catch is Interrupted {
            logger.warning("interrupted; the run can go on with --resume", ["run": directory.path])
            finish(cluster, workers?.0, recorder, .interrupted, "interrupted", .interrupted, .interrupted)
            display.say("interrupted. Go on with: \(commandToGoOn(directory))")
            service?.close(RunEnding(state: .interrupted, remedy: commandToGoOn(directory)))
            return .interrupted
        } catch let aside as UnitSetAside {
            logger.error("paused: a unit is set aside", ["cause": aside.problem.description])
            recorder.noteFault("paused: \(aside.problem)")
            finish(cluster, workers?.0, recorder, .interrupted, "paused", .paused, .interrupted)
            display.say("The run is paused and loses nothing. When the cause is mended, go on with: \(commandToGoOn(directory))")
            service?.close(RunEnding(state: .paused, remedy: commandToGoOn(directory)))
            throw aside.problem
        } catch {
            logger.error("run failed", ["cause": "\(error)"])
            recorder.noteFault("failed: \(error)")
            finish(cluster, workers?.0, recorder, .failed, "failed", .failed, .failed)
            display.say("What was done is kept. When the cause is mended, go on with: \(commandToGoOn(directory))")
            service?.close(RunEnding(state: .failed, remedy: commandToGoOn(directory)))
            throw error
        }
    }

    /// - Returns: nil where none is wanted; or why there is none, where nobody insisted on it.
    /// - Throws: a `Problem` where the address that the user named cannot be had.
    private func startService(network: Network) throws(Problem) -> (RunService?, Problem?) {
        let facts = ServiceFacts(
            version: programVersion, kernels: kernelFingerprint, model: network.specification.summary, dataset: recipe.dataset,
            phases: RunPhase.allCases.map(\.rawValue), steppedPhases: RunPhase.allCases.filter(\.isStepped).map(\.rawValue),
            unitKinds: ["train", "heads", "survey", "filters"], refusalKinds: RefusalKind.all.map(\.rawValue),
            processStart: Date().timeIntervalSince1970)
        do throws(Problem) { return (try RunService(http.setting, names: http.names, facts: facts), nil) } catch {
            guard case .automatic = http.setting else { throw error }
            return (nil, error)
        }
    }

    private func commandToGoOn(_ directory: RunDirectory) -> String {
        "filterscope \(localWorkers == nil ? "coordinator" : "run") … --run \(directory.path) --resume"
    }

    /// Ends the cluster in order. What cannot be written any more, on a full disk say, must not hide why the run ended.
    private func finish(
        _ cluster: Cluster, _ workers: LocalWorkers?, _ recorder: RunRecorder, _ outcome: Messages.RunOutcome, _ message: String,
        _ state: Messages.RunState, _ condition: RunCondition
    ) {
        recorder.supervise = {}
        cluster.end(outcome: outcome, message: message) {
            workers?.stop(within: 5)
            try? recorder.close(state, condition: condition)
        }
    }

    /// - Parameter apartFromSweep: whether the fields of the sweep may differ.
    static func refuseOtherRecipe(_ recipe: Recipe, _ directory: RunDirectory, apartFromSweep: Bool = false) throws(Problem) {
        var earlier = try Recipe(json: try directory.readRecipe(), file: directory.recipePath)
        if apartFromSweep { earlier.sweep = recipe.sweep }
        guard earlier.resultDigest != recipe.resultDigest else { return }
        let differences = recipe.differences(from: earlier).map { "\($0.path) was \($0.other), is \($0.own)" }
        throw Problem(
            "the run was started under another recipe: \(differences.joined(separator: "; "))", at: directory.recipePath,
            remedy: "go on with that file as the recipe, or start a new run")
    }
}
