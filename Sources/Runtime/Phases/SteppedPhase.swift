import Coordination
import Datasets
import Diagnostics
import Foundation
import Kernels
import Messages
import Networks
import Tensors

/// A phase of mini-batch steps on the cluster: the network's training, or that of all heads over the frozen network.
/// Each step publishes the weights, adds up the shards' gradients along the tree and takes one step of the optimizer.
struct SteppedPhase {
    let name: RunPhase
    let plan: MiniBatchPlan
    let totalSteps: Int
    let schedule: LearningRateSchedule
    let optimizer: Optimizer
    let weightDecay: WeightDecay
    let augment: Bool
    let seed: UInt64
    let split: Split
    let waitSeconds: Double
    /// The share of the running average that stays, where the state keeps one.
    var averageDecay = 0.0
    /// 1 where a weight may be other than 0; nil: everywhere. Weights and what the optimizer carries are held at 0 elsewhere.
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
        let carried = (name == .heads ? state.headOptimizer : state.optimizer).vectors.map(\.vector)
        let average = name == .training ? state.average : nil
        var following: ShardedWork?
        while state.position.step < totalSteps {
            let step = state.position.step
            let (epoch, stepInEpoch) = step.quotientAndRemainder(dividingBy: plan.stepsPerEpoch)
            // Who joined meanwhile gets a part of this very step.
            if let cut = following, cut.workers != cluster.workers.count {
                try cut.withdraw(on: cluster)
                following = nil
            }
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
            let gradients = [sum.takeFloats(Figure.gradient), right?.takeFloats(Figure.gradient)]
            if let right { sum.add(right, from: cluster.sums) }
            let rate = schedule.rate(step: step, epoch: epoch)
            let averaging = average.map { Averaging(vector: $0.network, decay: averageDecay, copies: step <= schedule.warmUpSteps) }
            try update(
                weights, carried, averaging, with: gradients.compactMap(\.self), step: step, rate: rate, scratch: cluster.sums)
            let samples = try sum.samples(atMost: plan.sampleCount(step: stepInEpoch))
            if name != .heads { try updateStatistics(state.statistics, with: sum, samples: samples, cluster.sums) }
            if let average { averaging?.step(average.statistics.buffer, toward: state.statistics.buffer) }
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
    /// and the average follows while the slice is in the cache, which spares passes over memory.
    private func update(
        _ weights: ParameterVector, _ carried: [ParameterVector], _ averaging: Averaging?, with gradients: [FloatSource], step: Int,
        rate: Double, scratch: StoragePool
    ) throws(Problem) {
        guard let first = gradients.first, gradients.allSatisfy({ $0.count == weights.buffer.count }) else {
            throw Problem("the workers' gradient does not fit the network", remedy: "run coordinator and workers from the same version")
        }
        let second = gradients.count > 1 ? gradients[1] : nil
        func change(_ weights: FloatBuffer, _ average: FloatBuffer?) {
            inSlices(weights.count, scratch: scratch) { slice, sum in
                first.withSlice(slice) { first in
                    let gradient = second?.withSlice(slice) { second in
                        sum.setToSum(first, second)
                        return sum
                    } ?? first
                    weightDecay.forEachRange(in: slice) { range, decay in
                        optimizer.step(
                            weights: weights.slice(range), state: carried.map { $0.buffer.slice(range) },
                            gradient: gradient.slice(range.lowerBound - slice.lowerBound, range.count), learningRate: rate,
                            weightDecay: decay, step: step)
                    }
                }
                if let mask {
                    for vector in [weights] + carried.map(\.buffer) { holdMask(vector.slice(slice), mask: mask.buffer.slice(slice)) }
                }
                if let average { averaging?.step(average.slice(slice), toward: weights.slice(slice)) }
            }
        }
        weights.rewrite { weights in
            guard let averaging else { return change(weights, nil) }
            averaging.vector.rewrite { change(weights, $0) }
        }
    }

    /// How the running average follows at one step. As in torchvision's reference training it is a copy until the step after the
    /// warm-up's last, the first one where there is no warm-up.
    private struct Averaging {
        let vector: ParameterVector
        let decay: Double
        let copies: Bool

        func step(_ average: FloatBuffer, toward values: FloatBuffer) {
            if copies { average.copy(from: values) } else { averageStep(average, toward: values, decay: decay) }
        }
    }

    /// The shards' statistics come weighted by their samples.
    private func updateStatistics(_ statistics: ParameterVector, with sum: PartialSum, samples: Int, _ pool: StoragePool) throws(Problem) {
        guard let batch = sum.tensor(Figure.batchStatistics, from: pool), batch.count == statistics.buffer.count else {
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
