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
    let schedule: LearningRateSchedule
    let momentum: Double
    let weightDecay: Double
    let augment: Bool
    let seed: UInt64
    let split: Split
    let waitSeconds: Double
    /// 1 where a weight may be other than 0; nil: everywhere. Weights and velocities are held at 0 elsewhere.
    var mask: ParameterVector?

    /// What one step gave.
    struct StepOutcome {
        let step: Int
        let epoch: Int
        let endsEpoch: Bool
        let learningRate: Double
        /// Those that were computed: damaged ones may be left out.
        let samples: Int
        /// All but the gradient.
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
        var following: ShardedWork?
        while state.position.step < totalSteps {
            let step = state.position.step
            let (epoch, stepInEpoch) = step.quotientAndRemainder(dividingBy: plan.stepsPerEpoch)
            let work = following ?? work(step, on: cluster)
            following = nil
            let trained = cluster.publish(name == .heads ? ParameterSet.heads : ParameterSet.network, weights)
            var (sum, right) = try work.halves(
                on: cluster, needs: frozen + [trained], interruptible: false, waitSeconds: waitSeconds
            ) {
                // Samples do not depend on weights: the next step's are decoded while this one is computed.
                guard step + 1 < totalSteps else { return }
                let next = self.work(step + 1, on: cluster)
                try next.prepare(on: cluster)
                following = next
            }
            let gradients = [sum.floats.removeValue(forKey: Figure.gradient), right?.floats.removeValue(forKey: Figure.gradient)]
            if let right { sum.add(right, from: cluster.sums) }
            let rate = schedule.rate(step: step, epoch: epoch)
            try update(weights, velocity, with: gradients.compactMap(\.self), rate: rate, scratch: cluster.sums)
            let samples = try sum.samples(atMost: plan.sampleCount(step: stepInEpoch))
            if name != .heads { try updateStatistics(state.statistics, with: sum, samples: samples) }
            state.position.step = step + 1
            try after(StepOutcome(
                step: step, epoch: epoch, endsEpoch: stepInEpoch + 1 == plan.stepsPerEpoch, learningRate: rate,
                samples: samples, sum: sum))
        }
    }

    /// A step, cut into units.
    private func work(_ step: Int, on cluster: Cluster) -> ShardedWork {
        let (epoch, stepInEpoch) = step.quotientAndRemainder(dividingBy: plan.stepsPerEpoch)
        let batchCount = plan.sampleCount(step: stepInEpoch)
        return ShardedWork(
            split: split, shards: plan.shards(epoch: epoch, step: stepInEpoch), on: cluster, unitsPerWorker: 1
        ) { part in
            let unit = TrainUnit(step: step, epoch: epoch, batchCount: batchCount, seed: seed, augment: augment, part: part)
            return name == .heads ? .heads(unit) : .train(unit)
        }
    }

    /// One step along the sum of the gradients, which are one or two. They are added up slice by slice as the step reads them,
    /// which spares a pass over memory.
    private func update(
        _ weights: ParameterVector, _ velocity: ParameterVector, with gradients: [Tensor], rate: Double, scratch: StoragePool
    ) throws(Problem) {
        guard let first = gradients.first, gradients.allSatisfy({ $0.count == weights.buffer.count }) else {
            throw Problem("the workers' gradient does not fit the network", remedy: "run coordinator and workers from the same version")
        }
        let second = gradients.count > 1 ? gradients[1] : nil
        let (momentum, decay) = (Float(momentum), Float(weightDecay))
        weights.rewrite { weights in
            inSlices(weights.count, scratch: scratch) { slice, sum in
                let gradient = first.withBuffer { first in
                    second?.withBuffer { second in
                        sum.setToSum(first.slice(slice), second.slice(slice))
                        return sum
                    } ?? first.slice(slice)
                }
                nesterovStep(
                    weights: weights.slice(slice), velocity: velocity.buffer.slice(slice), gradient: gradient,
                    learningRate: Float(rate), momentum: momentum, weightDecay: decay)
                guard let mask else { return }
                holdMask(weights.slice(slice), mask: mask.buffer.slice(slice))
                holdMask(velocity.buffer.slice(slice), mask: mask.buffer.slice(slice))
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

extension PartialSum {
    /// How many samples the sum is of: damaged ones may be left out.
    func samples(atMost most: Int) throws(Problem) -> Int {
        guard let samples = figures[Figure.samples].flatMap({ Int(exactly: $0) }), samples >= 1, samples <= most else {
            throw Problem("the workers' results are not of 1 ... \(most) samples", remedy: "run coordinator and workers from the same version")
        }
        return samples
    }
}
