import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Networks
import Tensors

/// A phase of mini-batch steps on the cluster: the network's training, or that of all heads over the frozen network.
/// Each step publishes the weights, adds up the shards' gradients along the tree and takes one step of Nesterov momentum.
struct SteppedPhase {
    let name: RunPhase
    let plan: MiniBatchPlan
    let totalSteps: Int
    let schedule: StepDecay
    let momentum: Double
    let weightDecay: Double
    let augment: Bool
    let seed: UInt64
    let split: Split
    let waitSeconds: Double

    /// What one step gave.
    struct StepOutcome {
        let step: Int
        let epoch: Int
        let endsEpoch: Bool
        let learningRate: Double
        let samples: Int
        let sum: PartialSum

        /// A figure's mean over the mini-batch's samples.
        func mean(_ figure: String) -> Double { (sum.figures[figure] ?? .nan) / Double(samples) }
    }

    /// Takes the steps from `state.position` on.
    /// - Parameter after: called after each step, when the state stands at the next one; it journals and checkpoints.
    func run(_ state: TrainingState, on cluster: Cluster, after: (StepOutcome) throws -> Void) throws {
        // What does not change during the phase is published once.
        let frozen = name == .heads
            ? [
                cluster.publish(ParameterSet.network, state.network),
                cluster.publish(ParameterSet.statistics, state.statistics),
            ] : []
        let weights = name == .heads ? state.heads : state.network
        let velocity = name == .heads ? state.headVelocity : state.velocity
        while state.position.step < totalSteps {
            let step = state.position.step
            let (epoch, stepInEpoch) = step.quotientAndRemainder(dividingBy: plan.stepsPerEpoch)
            let shards = plan.shards(epoch: epoch, step: stepInEpoch)
            let batchCount = plan.sampleCount(step: stepInEpoch)
            let trained = cluster.publish(name == .heads ? ParameterSet.heads : ParameterSet.network, weights)
            let work = ShardedWork(split: split, shards: shards, needs: frozen + [trained]) { part in
                let unit = TrainUnit(
                    step: step, epoch: epoch, batchCount: batchCount, seed: seed, augment: augment, part: part)
                return name == .heads ? .heads(unit) : .train(unit)
            }
            let sum = try work.sum(on: cluster, unitsPerWorker: 1, interruptible: false, waitSeconds: waitSeconds)
            let rate = schedule.rate(step: step, epoch: epoch)
            try update(weights, velocity, with: sum, rate: rate)
            if name == .training { try updateStatistics(state.statistics, with: sum, samples: batchCount) }
            state.position.step = step + 1
            try after(StepOutcome(
                step: step, epoch: epoch, endsEpoch: stepInEpoch + 1 == plan.stepsPerEpoch, learningRate: rate,
                samples: batchCount, sum: sum))
        }
    }

    private func update(_ weights: ParameterVector, _ velocity: ParameterVector, with sum: PartialSum, rate: Double) throws(Problem) {
        guard let gradient = sum.floats[Figure.gradient], gradient.count == weights.buffer.count else {
            throw Problem("the workers' gradient does not fit the network", remedy: "run coordinator and workers from the same version")
        }
        gradient.withBuffer { gradient in
            weights.rewrite { weights in
                inSlices(weights.count) { start, count in
                    nesterovStep(
                        weights: weights.slice(start, count), velocity: velocity.buffer.slice(start, count),
                        gradient: gradient.slice(start, count), learningRate: Float(rate), momentum: Float(momentum),
                        weightDecay: Float(weightDecay))
                }
            }
        }
    }

    /// The shards' statistics come weighted by their samples.
    private func updateStatistics(_ statistics: ParameterVector, with sum: PartialSum, samples: Int) throws(Problem) {
        guard let batch = sum.floats[Figure.batchStatistics], batch.count == statistics.buffer.count else {
            throw Problem("the workers' batch statistics do not fit the network")
        }
        let mean = ParameterVector(statistics.layout)
        batch.withBuffer { mean.buffer.copy(from: $0) }
        scale(mean.buffer, by: 1 / Float(samples))
        updateRunningStatistics(statistics, meanOfShards: mean)
    }
}
