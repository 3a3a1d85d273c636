import Foundation
import Messages

/// What went over the cluster's socket, for whoever watches the run. Bounded: each worker present has a line, strangers have none.
struct ClusterTraffic {
    struct Peer {
        var receivedBytes = 0
        var sentBytes = 0
    }

    private(set) var receivedMessages = 0
    private(set) var receivedBytes = 0
    private(set) var sentMessages = 0
    private(set) var sentBytes = 0
    private var peers: [PeerID: Peer] = [:]

    subscript(peer: PeerID) -> Peer { peers[peer] ?? Peer() }

    mutating func begin(_ peer: PeerID) { peers[peer] = Peer() }
    mutating func end(_ peer: PeerID) { peers[peer] = nil }

    mutating func noteReceived(_ frames: [Data], from peer: PeerID) {
        let bytes = frames.reduce(0) { $0 + $1.count }
        receivedMessages += 1
        receivedBytes += bytes
        peers[peer]?.receivedBytes += bytes
    }

    mutating func noteSent(_ frames: [Data], to peer: PeerID) {
        let bytes = frames.reduce(0) { $0 + $1.count }
        sentMessages += 1
        sentBytes += bytes
        peers[peer]?.sentBytes += bytes
    }
}
