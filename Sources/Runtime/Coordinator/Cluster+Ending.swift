import Coordination
import Foundation
import Messages
import Transport

extension Cluster {
    /// Tells every worker that the run is over and hears their goodbyes, then lets observers read the log to its end, and closes the
    /// socket.
    /// - Parameter settle: called when no worker is left, to write down how it ended.
    func end(outcome: Messages.RunOutcome, message: String, settle: () -> Void = {}) {
        var present = Set(machine.workers.map(\.peer))
        try? act(machine.finish(RunEnd(outcome: outcome, message: message)))
        // When a connection ends, libzmq throws away what the other side has received and not read yet. So the workers
        // hang up first; one that is frozen or dead is not waited for long.
        let deadline = ContinuousClock.now + .seconds(2)
        while !present.isEmpty, ContinuousClock.now < deadline, let event = inbox.next(until: deadline) {
            switch event {
            case .message(let peer, let frames):
                guard let message = try? codec.decode(frames).message else { continue }
                switch message {
                case .goodbye: present.remove(peer)
                // A worker's last words come before it.
                case .log where present.contains(peer): try? act(machine.handle(.received(peer, message), at: now))
                default: answer(message, of: peer)
                }
            case .unreachable(let peer), .hungUp(let peer): present.remove(peer)
            case .discarded, .barred, .access, .connected, .disconnected, .handshakeFailed, .turnedAway: break
            }
        }
        settle()
        attendFollowers()
        router.close(flushingFor: .seconds(1))
    }

    /// Answers whoever follows the log until each has been told that nothing follows; one that has stopped asking is not waited for.
    private func attendFollowers() {
        let deadline = ContinuousClock.now + .seconds(2)
        guard followers.isAnybodyAwaited(at: now) else { return }
        while followers.isAnybodyAwaited(at: now), ContinuousClock.now < deadline, let event = inbox.next(until: deadline) { attend(event) }
        // What has arrived and is not read yet is lost when the connection ends.
        let reading = ContinuousClock.now + .milliseconds(200)
        while ContinuousClock.now < reading, let event = inbox.next(until: reading) { attend(event) }
    }

    private func attend(_ event: TransportEvent) {
        if case .message(let peer, let frames) = event, let message = try? codec.decode(frames).message { answer(message, of: peer) }
    }

    /// Answers an observer; the run is over, and so is all else.
    private func answer(_ message: Message, of peer: PeerID) {
        switch message {
        case .statusRequest, .logsRequest: try? act(machine.handle(.received(peer, message), at: now))
        default: break
        }
    }
}
