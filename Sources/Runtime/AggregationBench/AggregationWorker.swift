import Coordination
import Diagnostics
import Foundation
import Kernels
import Messages
import Tensors
import Transport

/// A worker of `bench aggregation`, in a process of its own: with the socket, the protocol and the memory of any worker, but gradients
/// that nobody computes. A unit of kind `survey` asks it to check the sum that it holds and to get a gradient ready, one of kind
/// `train` to send it.
final class AggregationWorker {
    private let codec = MessageCodec()
    private let mailbox = Mailbox<TransportEvent>()
    private let dealer: DealerEndpoint
    private let memory: WorkerMemory
    private let name: String
    private var machine: WorkerMachine
    private var run = ""
    private var layout = TensorLayout()
    /// Where gradients find memory, and sums that came in frames.
    private var sums = StoragePool(kept: 4)
    private let received = StoragePool(kept: 4)
    private var gradient: Tensor?
    private var sum: (held: HeldParameters, version: UInt64, received: Double)?
    private var bytes = 0
    private var departure: WorkerMachine.Departure?

    init(connect endpoint: String, name: String, keys: ClientKeys?) throws(Problem) {
        self.name = name
        memory = WorkerMemory(threads: 1)
        let mailbox = mailbox
        dealer = try DealerEndpoint(connect: endpoint, keys: keys) { mailbox.put($0) }
        machine = WorkerMachine(
            WorkerMachine.Settings(
                name: name, host: ProcessInfo.processInfo.hostName, pid: Int(ProcessInfo.processInfo.processIdentifier), threads: 1,
                fingerprint: kernelFingerprint, endpoint: endpoint, giveUpSeconds: 20, memory: memory.offer),
            incarnation: UUID().uuidString, at: Self.now)
    }

    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    /// - Throws: `Problem` when the worker had to give up.
    func work() throws(Problem) {
        defer { dealer.close(flushingFor: .seconds(1)) }
        while true {
            act(machine.handle(.tick, at: Self.now))
            if let departure {
                switch departure {
                case .done: return
                case .failed(let problem): throw problem
                }
            }
            if let event = mailbox.next(until: .now + .seconds(min(max(0, machine.nextDeadline - Self.now), 0.2))) { handle(event) }
        }
    }

    private func handle(_ event: TransportEvent) {
        switch event {
        case .connected: act(machine.handle(.connected, at: Self.now))
        case .disconnected: act(machine.handle(.disconnected, at: Self.now))
        case .discarded(_, let reason): act(machine.handle(.garbled(reason.description), at: Self.now))
        case .turnedAway(let refusal): departure = .failed(refusal.problem(nil, at: dealer.address))
        case .unreachable, .hungUp, .barred, .access, .handshakeFailed: break
        case .message(_, let frames):
            bytes += frames.reduce(0) { $0 + $1.count }
            do throws(ProtocolError) {
                act(machine.handle(.received(try codec.decode(frames).message), at: Self.now))
            } catch {
                act(machine.handle(.garbled(error.description), at: Self.now))
            }
        }
    }

    private func act(_ actions: [WorkerMachine.Action]) {
        for action in actions {
            switch action {
            case .send(.result(let result)): send(.result(memory.lend(result)))
            case .send(let message): send(message)
            case .configure(let welcome): configure(welcome)
            case .store(let update): store(update)
            case .begin(let unit): begin(unit)
            case .release(let sequence): memory.release(sequence)
            case .stopLending: memory.stopLending()
            case .discardWork:
                memory.giveUpLent()
                gradient = nil
            case .leave(let departure): self.departure = departure
            case .prepare, .drop, .log, .logsTaken: break
            }
        }
    }

    private func send(_ message: Message) {
        guard let frames = try? codec.encode(Envelope(run: machine.isJoined ? run : "", sender: name, message: message)) else { return }
        bytes += frames.reduce(0) { $0 + $1.count }
        _ = dealer.send(frames)
    }

    private func configure(_ welcome: Welcome) {
        do throws(Problem) {
            layout = try AggregationTask.decoded(from: welcome.task).layout
        } catch {
            departure = .failed(error)
        }
        run = welcome.run
        memory.begin(welcome)
        sums = StoragePool(kept: 4, isShared: memory.lends)
    }

    /// As `WorkerProcess` takes weights.
    private func store(_ update: ParameterUpdate) {
        do throws(Problem) {
            let held: HeldParameters
            if let flat = update.tensors.first, let place = flat.memory {
                held = try memory.parameters(flat, at: place, layout: layout)
            } else {
                sum = nil
                held = HeldParameters(vector: try ParameterVector(update, layout: layout, from: received), source: nil)
            }
            sum = (held, update.version, Self.now)
        } catch {
            departure = .failed(error)
        }
    }

    private func begin(_ unit: WorkUnit) {
        let event: WorkerMachine.Event
        do throws(Problem) {
            event = .finished(try result(of: unit))
        } catch {
            event = .failed(UnitFailure(unit: unit.id, what: error.description, retryable: false))
        }
        act(machine.handle(event, at: Self.now))
    }

    private func result(of unit: WorkUnit) throws(Problem) -> UnitResult {
        switch unit.work {
        case .survey(let survey):
            try prepare(survey.part, needs: unit.needs)
            return UnitResult(unit: unit.id, seconds: 0, figures: [
                AggregationFigure.received: sum?.received ?? 0, AggregationFigure.bytes: Double(bytes),
            ])
        case .train:
            guard let gradient else { throw Problem("a gradient is asked for before it is ready") }
            self.gradient = nil
            return UnitResult(
                unit: unit.id, seconds: 0, figures: [AggregationFigure.started: Self.now],
                tensors: [WireTensor(Figure.gradient, gradient)])
        case .heads, .filters: throw Problem("a unit of kind \(unit.work.kind), which this bench has none of")
        }
    }

    /// Checks the sum of the round before, and makes the next gradient.
    private func prepare(_ part: TreePart, needs: [ParameterReference]) throws(Problem) {
        // One shard, whose only index is the round.
        guard let round = part.shards.first?.sampleIndices.first else { throw Problem("a unit of no round") }
        if let needed = needs.first {
            guard let sum, sum.version == needed.version else { throw Problem("the sum of round \(round - 1) is not here") }
            guard round == 0 || AggregationPattern(round: round - 1).isSum(sum.held.vector.buffer, nodes: part.shardCount), sum.held.isIntact
            else { throw Problem("the sum of round \(round - 1) is wrong") }
        }
        let vector = ParameterVector(layout, from: sums)
        AggregationPattern(round: round).fill(vector.buffer("elements"), node: part.node.index)
        gradient = Tensor(adopting: vector)
    }
}
