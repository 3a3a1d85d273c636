import Foundation
import Messages
import TestSupport
import Testing
import Transport

/// Long enough for a loaded machine; no test waits so long unless it fails.
let patience: Duration = .seconds(30)

/// An address of each kind that no other test uses.
func freshAddress(_ scheme: String, in directory: TemporaryDirectory) -> String {
    scheme == "ipc" ? "ipc://" + directory.file("s") : "tcp://127.0.0.1:*"
}

/// A router with its mailbox.
struct TestRouter {
    let mailbox = Mailbox<TransportEvent>()
    let endpoint: RouterEndpoint

    init(_ address: String, _ options: TransportOptions = TransportOptions(), keys: ServerKeys? = nil) throws {
        let mailbox = mailbox
        endpoint = try RouterEndpoint(bind: address, options: options, keys: keys) { mailbox.put($0) }
    }
}

struct TestDealer {
    let mailbox = Mailbox<TransportEvent>()
    let endpoint: DealerEndpoint

    init(_ address: String, _ options: TransportOptions = TransportOptions(), keys: ClientKeys? = nil) throws {
        let mailbox = mailbox
        endpoint = try DealerEndpoint(connect: address, options: options, keys: keys) { mailbox.put($0) }
    }

    /// Sends and expects room.
    func send(_ frames: [Data]) { #expect(endpoint.send(frames) == .queued) }
}

extension Mailbox where Element == TransportEvent {
    /// The next event that `pick` accepts; others are passed over. Fails the test when none comes in time.
    func first<Value>(_ what: String, line: UInt = #line, _ pick: (TransportEvent) -> Value?) throws -> Value {
        let deadline = ContinuousClock.now + patience
        while let event = next(until: deadline) {
            if let value = pick(event) { return value }
        }
        throw Missing(what: what, line: line)
    }

    func message(line: UInt = #line) throws -> (peer: PeerID, frames: [Data]) {
        try first("a message", line: line) { event in
            if case .message(let peer, let frames) = event { (peer, frames) } else { nil }
        }
    }

    func connected() throws {
        try first("a connection") { event in
            if case .connected = event { () } else { nil }
        }
    }

    func disconnected() throws {
        try first("the end of the connection") { event in
            if case .disconnected = event { () } else { nil }
        }
    }

    func unreachable() throws -> PeerID {
        try first("an unreachable peer") { event in
            if case .unreachable(let peer) = event { peer } else { nil }
        }
    }
}

struct Missing: Error { let what: String, line: UInt }
