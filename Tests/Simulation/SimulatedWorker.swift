import Coordination
import Messages

/// A worker process of the simulation: the real machine, and of the shell around it what decides anything.
final class SimulatedWorker {
    /// What its thread takes from its mailbox.
    enum Incoming {
        case message(Parcel)
        case connected
        case disconnected
        case computed(unit: UInt64, generation: Int, outcome: Outcome)
    }

    enum Outcome {
        case result(UnitResult)
        case failure(UnitFailure)
    }

    /// Parameters as the worker holds them.
    struct Held {
        let version: UInt64
        let value: UInt64
    }

    let slot: Int
    let process: Int
    let threads: Int
    var machine: WorkerMachine
    var isAlive = true
    var frozenUntil: Double?
    /// What came while it was frozen.
    var inbox: [Incoming] = []
    /// The connection that stands.
    var connection: Int?
    /// What waits for the next connection.
    var outbox: [Parcel] = []
    var run = ""
    var parameters: [String: Held] = [:]
    var announced: Set<UInt64> = []
    /// Units that its lanes have.
    var jobs: Set<UInt64> = []
    var generation = 0
    var busyUntil = 0.0
    /// How many times slower than usual.
    var slowness = 1.0
    var slowUntil = 0.0
    /// When it will be woken.
    var tickAt = Double.infinity

    init(slot: Int, process: Int, threads: Int, at now: Double) {
        self.slot = slot
        self.process = process
        self.threads = threads
        machine = WorkerMachine(
            WorkerMachine.Settings(
                name: "w\(slot)", host: "host\(slot)", pid: process, threads: threads, fingerprint: "f", endpoint: "simulated",
                giveUpSeconds: 60),
            incarnation: "w\(slot)-\(process)", at: now)
    }

    func discardWork() {
        jobs = []
        announced = []
    }
}

/// A message on its way, as the envelope has it.
struct Parcel {
    let run: String
    let message: Message
    var isGarbled = false
    /// The set's value, where the message carries parameters.
    var value: UInt64?
}
