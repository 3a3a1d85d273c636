import Coordination
import Diagnostics
import Foundation
import Kernels
import Messages
import Tensors
import Transport

/// `filterscope bench aggregation`: gradients of worker processes added up along the tree, and the sum sent back to all of them.
public func benchAggregation(_ options: AggregationOptions) throws -> ExitCode {
    let result = try AggregationBench(options).run()
    try writeResult(result, text: result.text, json: options.json ? "-" : nil)
    return .done
}

/// One of its worker processes.
/// - Parameter keys: the directory of keys to connect with.
public func aggregationWorker(connect endpoint: String, name: String, keys: String?) throws -> ExitCode {
    Interrupt.install()
    Interrupt.ignoreTerminal()
    try AggregationWorker(connect: endpoint, name: name, keys: try keys.map { try KeyDirectory($0).client([.worker]) }).work()
    return .done
}

/// The coordinator's side. A round is timed from the first worker's start of sending to the last worker's having the sum.
private struct AggregationBench {
    /// When what was, in seconds since the machine started.
    private struct Round {
        var started = 0.0
        var arrived = 0.0
        var added = 0.0
        var received = 0.0
    }

    private let options: AggregationOptions
    private let task: AggregationTask
    private let tree: ReductionTree
    private let sum: ParameterVector
    /// Rounds before the timed ones: memory is taken and mapped in them.
    private static let warmUp = 3

    init(_ options: AggregationOptions) {
        self.options = options
        task = AggregationTask(elements: options.megabytes * 250_000)
        tree = ReductionTree(leafCount: options.workers)
        sum = options.transport == .memory ? ParameterVector(sharing: task.layout) : ParameterVector(task.layout)
    }

    func run() throws -> AggregationBenchResult {
        try AggregationProcesses.with(options, task) { cluster in
            var rounds: [Round] = []
            var bytes = try prepare(round: 0, on: cluster).bytes
            var roundBytes = 0.0
            for number in 0..<Self.warmUp + options.runs {
                var round = try add(number, on: cluster)
                let closing = try prepare(round: number + 1, on: cluster)
                round.received = closing.received
                rounds.append(round)
                roundBytes = closing.bytes - bytes
                bytes = closing.bytes
            }
            let timed = rounds.dropFirst(Self.warmUp)
            func middle(_ from: KeyPath<Round, Double>, _ to: KeyPath<Round, Double>) -> Double {
                median(timed.map { ($0[keyPath: to] - $0[keyPath: from]) * 1000 })
            }
            let processes = [getpid()] + cluster.workers.map { pid_t(truncatingIfNeeded: $0.pid) }
            return AggregationBenchResult(
                megabytes: options.megabytes, workers: options.workers, transport: options.transport.rawValue,
                milliseconds: middle(\.started, \.received), runs: timed.map { ($0.received - $0.started) * 1000 },
                gradientMilliseconds: middle(\.started, \.arrived), additionMilliseconds: middle(\.arrived, \.added),
                sumMilliseconds: middle(\.added, \.received), bytesPerRun: Int(roundBytes),
                // While the workers are there: a process's peak goes with it.
                peakMemoryBytes: ProcessMemory.peakBytes(of: processes), processBytes: processes.map { ProcessMemory.peakBytes(of: [$0]) },
                kernels: kernelFingerprint)
        }
    }

    private func units(
        round: Int, needs: [ParameterReference], on cluster: Cluster, _ describe: (TreePart) -> UnitDescription
    ) -> [WorkUnit] {
        tree.nodes(level: 0).map { node in
            let shards = [ShardSlice(index: node.index, sampleIndices: [round])]
            return cluster.assignment(describe(TreePart(node: node, shardCount: tree.leafCount, shards: shards)), needs: needs, tensors: [])
        }
    }

    /// Sends the sum of the round before to all workers, who check it and get their gradients ready.
    /// - Returns: when the last one had it, and the bytes that all have sent and received so far.
    private func prepare(round: Int, on cluster: Cluster) throws -> (received: Double, bytes: Double) {
        let reference = cluster.publish(AggregationTask.set, sum)
        let units = units(round: round, needs: [reference], on: cluster) {
            .survey(SurveyUnit(wantHeads: false, wantLabelSums: false, part: $0))
        }
        var (received, bytes) = (0.0, 0.0)
        try cluster.perform(units, interruptible: true, waitSeconds: 20) { _, result in
            received = max(received, result.figures[AggregationFigure.received] ?? 0)
            bytes += result.figures[AggregationFigure.bytes] ?? 0
        }
        return (received, bytes)
    }

    /// Asks for the gradients and adds them up, as a training step does.
    private func add(_ number: Int, on cluster: Cluster) throws -> Round {
        let units = units(round: number, needs: [], on: cluster) {
            .train(TrainUnit(step: number, epoch: 0, batchCount: 1, seed: 0, augment: false, part: $0))
        }
        let nodes = Dictionary(uniqueKeysWithValues: zip(units.map(\.id), tree.nodes(level: 0)))
        var round = Round(started: .infinity)
        var reducer = TreeReducer(tree, keepsHalves: true, pool: cluster.sums)
        try cluster.perform(units, interruptible: true, waitSeconds: 20) { unit, result in
            guard let node = nodes[unit.id] else { return }
            round.started = min(round.started, result.figures[AggregationFigure.started] ?? .infinity)
            var part = try PartialSum(result, from: cluster.sums)
            part.figures = [:]
            reducer.add(part, at: node)
        }
        round.arrived = cluster.now
        var halves = reducer.takeHalves()
        guard let left = halves?.left.takeFloats(Figure.gradient), left.count == sum.buffer.count else {
            throw Problem("the gradients do not add up")
        }
        let right = halves?.right?.takeFloats(Figure.gradient)
        sum.rewrite { sum in
            inSlices(sum.count, scratch: cluster.sums) { slice, _ in
                left.withSlice(slice) { left in
                    guard let right else { return sum.slice(slice).copy(from: left) }
                    right.withSlice(slice) { sum.slice(slice).setToSum(left, $0) }
                }
            }
        }
        round.added = cluster.now
        return round
    }
}
