import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Mechanism
import Messages
import Networks
import Recipes
import Reporting
import RunStore
import Tensors

/// The whole of a recipe over a cluster: training, heads, survey, filters, verdicts and report, from wherever the run
/// stands. Killing it loses the steps since the last checkpoint, which --resume takes again to the same bits.
final class RunSession {
    private let results: RunResults
    private let state: TrainingState
    private let cluster: Cluster
    private let recorder: RunRecorder
    private let logger: Logger
    private var recipe: Recipe { results.recipe }
    private var dataset: ImageDataset { results.dataset }
    private var network: Network { results.network }
    private var headSet: HeadSet { results.headSet }

    init(_ results: RunResults, state: TrainingState, cluster: Cluster, recorder: RunRecorder, logger: Logger) {
        self.results = results
        self.state = state
        self.cluster = cluster
        self.recorder = recorder
        self.logger = logger
    }

    /// - Returns: the run's summary, its files written.
    /// - Throws: `Interrupted` after Ctrl-C, with a checkpoint written; `Problem`.
    func run() throws -> RunSummary {
        do {
            if state.position.phase == .training { try train() }
            let weights = try results.saveNetwork(state)
            let accuracy = try evaluate(afterStep: nil)
            let (layers, pruned) = try measure(accuracy: accuracy.top1, weights: weights)
            try recorder.flush()
            return try results.conclude(
                accuracy: accuracy, layers: layers, pruned: pruned, weights: weights, wallSeconds: try recorder.wallSeconds(),
                feeding: recorder.feeding, otherKernels: recorder.otherKernels)
        } catch let interrupted as Interrupted {
            try recorder.checkpoint(state)
            throw interrupted
        } catch let aside as UnitSetAside {
            // The state stands between two steps. Where it cannot be written, why the run pauses still matters more.
            try? recorder.checkpoint(state)
            throw aside
        }
    }

    /// Phases 2, 3 and 5, for which there must be filters.
    private func measure(accuracy: Double, weights: Digest) throws -> ([LayerResult], PruneDocument?) {
        guard !headSet.heads.isEmpty else {
            logger.info("the network has no filters: there are no heads to train and nothing to measure", ["model": network.specification.name])
            return ([], nil)
        }
        if state.position.phase == .heads { try trainHeads() }
        try results.saveHeads(state)
        let survey = try surveyAll()
        let layers = try measureFilters(survey)
        return (layers, try prune(accuracy: accuracy, survey: survey, weights: weights))
    }

    private var waitSeconds: Double { recipe.cluster.waitForWorkersSeconds }

    // MARK: Phase 1

    private func train() throws {
        let settings = recipe.training
        let phase = SteppedPhase(
            name: .training, plan: trainingPlan, totalSteps: trainingSteps,
            schedule: settings.learningRates(steps: trainingSteps, stepsPerEpoch: trainingPlan.stepsPerEpoch),
            optimizer: settings.kernelOptimizer, weightDecay: settings.decay(of: network.parameterLayout), augment: true, seed: recipe.seed,
            split: dataset.split(.train), waitSeconds: waitSeconds, averageDecay: settings.averageDecay)
        try recorder.begin(.training, totalSteps: phase.totalSteps, from: state.position.step)
        try phase.run(state, on: cluster) { outcome in
            let loss = outcome.mean(Figure.loss)
            let accuracy = outcome.mean(Figure.correct)
            try recorder.step(
                .training, outcome,
                metrics: [("loss", loss), ("accuracy", accuracy), ("learning_rate", outcome.learningRate)],
                shown: (loss, accuracy))
            let last = outcome.step + 1 == phase.totalSteps
            let due = settings.evaluateEvery > 0 && outcome.endsEpoch && (outcome.epoch + 1) % settings.evaluateEvery == 0
            if due, !last { try evaluate(afterStep: outcome.step) }
            try checkpointIfDue(outcome)
        }
        try recorder.end(.training)
        state.adoptAverage()
        state.position = TrainingState.Position(phase: .heads, step: 0)
        try recorder.checkpoint(state)
    }

    /// - Parameter step: the training step just done; nil at the end.
    @discardableResult
    private func evaluate(afterStep step: Int?) throws -> NetworkAccuracy {
        let outcome = try survey(wantHeads: false, wantLabelSums: false)
        guard let accuracy = outcome.network else { throw Problem("the workers did not judge the network") }
        try recorder.evaluated(accuracy, afterStep: step ?? trainingSteps - 1)
        logger.info("test accuracy", [
            "accuracy": String(accuracy.top1), "top5": String(accuracy.top5), "step": String(step.map { $0 + 1 } ?? trainingSteps),
        ])
        return accuracy
    }

    private lazy var trainingPlan = recipe.plan(of: dataset.split(.train), seed: recipe.seed)

    private var trainingSteps: Int {
        Self.totalSteps(trainingPlan, epochs: recipe.training.epochs, cap: recipe.training.maxSteps)
    }

    // MARK: Phase 2

    private func trainHeads() throws {
        let settings = recipe.heads
        let plan = recipe.plan(of: dataset.split(.train), seed: recipe.seed &+ 1)
        let steps = Self.totalSteps(plan, epochs: settings.epochs, cap: settings.maxSteps)
        let phase = SteppedPhase(
            name: .heads, plan: plan, totalSteps: steps,
            schedule: settings.learningRates(steps: steps, stepsPerEpoch: plan.stepsPerEpoch),
            optimizer: .nesterov(momentum: settings.momentum), weightDecay: WeightDecay(settings.weightDecay),
            augment: settings.augment, seed: recipe.seed &+ 1, split: dataset.split(.train), waitSeconds: waitSeconds)
        try recorder.begin(.heads, totalSteps: phase.totalSteps, from: state.position.step)
        try phase.run(state, on: cluster) { outcome in
            var metrics = [(name: "learning_rate", value: outcome.learningRate)]
            for head in headSet.heads {
                metrics.append((Figure.loss(of: head.layer), outcome.mean(Figure.loss(of: head.layer))))
                metrics.append(("accuracy.\(head.layer)", outcome.mean(Figure.correct(of: head.layer))))
            }
            // The terminal's line shows the deepest head, which is the one to be compared with the network.
            let deepest = headSet.heads.last?.layer ?? ""
            try recorder.step(
                .heads, outcome, metrics: metrics,
                shown: (outcome.mean(Figure.loss(of: deepest)), outcome.mean(Figure.correct(of: deepest))))
            try checkpointIfDue(outcome)
        }
        try recorder.end(.heads)
        state.position = TrainingState.Position(phase: .survey, step: 0)
        try recorder.checkpoint(state)
    }

    // MARK: Phase 3

    private func surveyAll() throws -> Survey.Outcome {
        try recorder.begin(.survey, totalSteps: 1, from: 0)
        let outcome = try survey(wantHeads: true, wantLabelSums: true)
        try results.saveLabelMeans(outcome)
        try recorder.end(.survey)
        return outcome
    }

    private func survey(wantHeads: Bool, wantLabelSums: Bool, of other: TrainingState? = nil) throws -> Survey.Outcome {
        let state = other ?? state
        let judged = state.judged
        return try Survey(split: dataset.split(.test), shardSize: recipe.analysis.surveyShard, waitSeconds: waitSeconds).run(
            headSet, parameters: judged.network, statistics: judged.statistics, heads: wantHeads ? state.heads : nil,
            wantLabelSums: wantLabelSums, on: cluster)
    }

    private func measureFilters(_ survey: Survey.Outcome) throws -> [LayerResult] {
        try recorder.begin(.filters, totalSteps: 1, from: 0)
        let layers = try FilterPhase(
            threshold: recipe.analysis.threshold, thresholds: recipe.analysis.thresholds,
            filtersPerUnit: recipe.analysis.filtersPerUnit, labels: headSet.labels, waitSeconds: waitSeconds
        ).run(headSet, heads: state.heads, survey: survey, on: cluster)
        try recorder.end(.filters)
        return layers
    }

    // MARK: Phase 5

    /// - Parameter weights: the digest of the whole network.
    private func prune(accuracy: Double, survey: Survey.Outcome, weights: Digest) throws -> PruneDocument? {
        guard let plan = try PrunePlan(recipe, network: network, headSet: headSet) else { return nil }
        let phase = PrunePhase(
            plan: plan, recipe: recipe, network: network, directory: results.directory, journal: results.journal)
        let steps = Self.totalSteps(trainingPlan, epochs: recipe.prune.epochs, cap: recipe.prune.maxSteps)
        // A network that is done keeps its figures.
        try recorder.begin(.prune, totalSteps: steps, from: 0, keepsMetrics: true)
        let document = try phase.run(state, accuracy: accuracy) { threshold in
            try FilterPhase(
                threshold: threshold, filtersPerUnit: recipe.analysis.filtersPerUnit, labels: headSet.labels, waitSeconds: waitSeconds
            ).run(headSet, heads: state.heads, survey: survey, on: cluster).map { $0.filters.map(\.clusters) }
        } evaluate: { pruned in
            guard let accuracy = try self.survey(wantHeads: false, wantLabelSums: false, of: pruned).network else {
                throw Problem("the workers did not judge the network")
            }
            return accuracy.top1
        } retrain: { pruned, mask, name in
            logger.info("retraining under a mask", ["pruned": name, "steps": String(steps)])
            let checkpoint = RetrainingCheckpoint(
                directory: results.directory, journal: results.journal, variant: name, settings: recipe.pruneSettings,
                whole: weights)
            try retrain(pruned, under: mask, name: name, steps: steps, checkpoint)
        }
        RetrainingCheckpoint.remove(from: results.directory)
        try recorder.end(.prune)
        return document
    }

    private func retrain(
        _ pruned: TrainingState, under mask: ParameterVector, name: String, steps: Int, _ checkpoint: RetrainingCheckpoint
    ) throws {
        let settings = recipe.prune
        var phase = SteppedPhase(
            name: .prune, plan: trainingPlan, totalSteps: steps,
            schedule: settings.learningRates(steps: steps, stepsPerEpoch: trainingPlan.stepsPerEpoch),
            optimizer: settings.kernelOptimizer, weightDecay: settings.decay(of: network.parameterLayout), augment: true,
            seed: recipe.seed &+ 2, split: dataset.split(.train), waitSeconds: waitSeconds)
        phase.mask = mask
        pruned.position = TrainingState.Position(phase: .prune, step: 0)
        do throws(Problem) {
            if try checkpoint.restore(pruned) {
                logger.info("retraining goes on", ["pruned": name, "step": String(pruned.position.step)])
            }
        } catch {
            logger.warning("retraining begins again", ["pruned": name, "cause": error.description])
        }
        do {
            try step(pruned, phase, name: name, checkpoint)
        } catch let aside as UnitSetAside {
            try? checkpoint.save(pruned)
            throw aside
        }
    }

    private func step(_ pruned: TrainingState, _ phase: SteppedPhase, name: String, _ checkpoint: RetrainingCheckpoint) throws {
        try phase.run(pruned, on: cluster) { outcome in
            let (loss, accuracy) = (outcome.mean(Figure.loss), outcome.mean(Figure.correct))
            try recorder.step(
                .prune, outcome, metrics: [("loss.\(name)", loss), ("accuracy.\(name)", accuracy)], shown: (loss, accuracy))
            if Interrupt.requested || isCheckpointDue(outcome) { try checkpoint.save(pruned) }
            if Interrupt.requested { throw Interrupted() }
        }
    }

    // MARK: Steps

    private func checkpointIfDue(_ outcome: SteppedPhase.StepOutcome) throws {
        if Interrupt.requested { throw Interrupted() }
        if isCheckpointDue(outcome) { try recorder.checkpoint(state, waits: false) }
    }

    private func isCheckpointDue(_ outcome: SteppedPhase.StepOutcome) -> Bool {
        let every = recipe.checkpoints.everySteps
        return outcome.endsEpoch || (every > 0 && (outcome.step + 1) % every == 0)
    }

    private static func totalSteps(_ plan: MiniBatchPlan, epochs: Int, cap: Int) -> Int {
        let all = plan.stepsPerEpoch * epochs
        return cap > 0 ? min(cap, all) : all
    }
}

/// The network's own quality on the test split.
struct NetworkAccuracy: Sendable {
    let top1: Double
    let top5: Double
    /// Mean cross-entropy.
    let loss: Double
}
