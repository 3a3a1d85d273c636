import Diagnostics
import Foundation
import Messages

/// A coordinator's HTTP side. What it is told it keeps, and answers from; no client can make the coordinator wait.
public final class RunService: Sendable {
    /// Of the live page: `http://127.0.0.1:9464/`.
    public let address: String
    /// Other machines reach it.
    public let isOpen: Bool
    private let board: RunBoard
    private let server: HTTPServer

    /// - Parameter names: what clients may call the server beside its address and names of this machine.
    /// - Throws: a `Problem` where the address that the user named cannot be had.
    public convenience init?(_ setting: HTTPSetting, names: [String], facts: ServiceFacts) throws(Problem) {
        switch setting {
        case .off: return nil
        case .at(let host, let port):
            try self.init(host: host, ListeningSocket(host: host, port: port), names: names, facts: facts)
        case .automatic:
            // Another run of this machine may have the usual port.
            let host = HTTPSetting.loopback
            let socket: ListeningSocket
            do { socket = try ListeningSocket(host: host, port: HTTPSetting.usualPort) } catch { socket = try ListeningSocket(host: host, port: 0) }
            try self.init(host: host, socket, names: names, facts: facts)
        }
    }

    package init(host: String, _ socket: ListeningSocket, names: [String], facts: ServiceFacts, limits: HTTPServer.Limits = HTTPServer.Limits()) throws(Problem) {
        isOpen = !HostName.isLoopback(host)
        let ownNames = isOpen ? [HostName.own].compactMap(\.self) + (host == "*" ? [] : [host]) : []
        let board = RunBoard()
        let responder = RunResponder(board: board, facts: facts, hosts: HostCheck(names: Set(names + ownNames)))
        server = try HTTPServer(socket, responder: responder, feed: board, limits: limits)
        self.board = board
        address = HostName.inAddress(host == "*" || host == "0.0.0.0" || host == "::" ? HostName.own ?? "localhost" : host, port: socket.port)
        responder.attach { [weak server] in server?.figures ?? (0, [:]) }
    }

    // MARK: What the coordinator says

    public func publish(_ status: StatusReport, _ figures: RunFigures) {
        board.change { state in
            state.snapshot = RunBoard.Snapshot(status: status, figures: figures)
            state.statusNumber += 1
            state.pulse = .now
        }
    }

    /// The coordinator's loop goes round.
    public func beat() { board.beat() }
    public func journalWritten() { board.change { $0.journalWritten = .now } }

    /// Figures of one step of a phase.
    public func publish(_ figures: [(name: String, value: Double)], phase: String, step: Int) {
        board.change { state in
            for (name, value) in figures { state.curves.add(value, step: Double(step), to: CurveStore.Curve(phase: phase, name: name)) }
        }
    }

    /// Forgets figures of steps that will be taken again.
    public func forget(phase: String, from step: Int) { board.change { $0.curves.remove(phase: phase, from: Double(step)) } }

    public func publish(_ records: [LogRecord]) {
        board.change { state in
            for record in records { state.log.add(record) }
        }
    }

    /// Tells open pages how the run ended, and stops. Where somebody has asked for metrics lately, it waits until that has come once
    /// more, so that the run's last state is known: as long as there was between the last two times, but at most `patience` seconds.
    public func close(_ ending: RunEnding, patience: Double = 6, isUrgent: () -> Bool = { false }) {
        let asked = board.current.asked
        board.change { $0.end = ending }
        if let last = asked.last, let before = asked.before, last.duration(to: .now) < .seconds(60) {
            let deadline = ContinuousClock.now + min(before.duration(to: last) * 1.2, .seconds(patience))
            while ContinuousClock.now < deadline, board.current.asked.last == last, !isUrgent() { usleep(20_000) }
        }
        server.close(within: 1)
    }
}
