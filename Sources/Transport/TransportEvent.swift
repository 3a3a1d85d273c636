import Diagnostics
import Foundation
import Messages

/// What a socket has to say. Events come in order, one at a time, on the endpoint's own thread; put them in a mailbox.
public enum TransportEvent: Sendable {
    /// A whole message, as `MessageCodec.decode` takes it. A dealer's only peer is `PeerID.server`.
    case message(peer: PeerID, frames: [Data])
    /// Router: what was queued for the peer cannot be sent and was thrown away, for the connection is gone or has taken
    /// nothing for `TransportOptions.sendTimeout`.
    case unreachable(PeerID)
    /// Router: the connection of an admitted peer has ended. It may come back over another; what was under way is lost.
    case hungUp(PeerID)
    /// A message with more frames or bytes than the limits allow; its content was thrown away as it arrived.
    case discarded(peer: PeerID, reason: ProtocolError)
    /// Dealer: a connection stands. Say hello; also after every reconnect.
    case connected
    /// Dealer: the connection broke, and is being sought again. What was queued and not sent is thrown away, as what was
    /// under way is lost anyway: after `connected` send again what was not acknowledged.
    case disconnected
    /// Dealer: somebody answers at the address but does not speak ZeroMQ with us; it is tried again.
    case handshakeFailed(reason: String)
    /// Dealer: the router will not have this program, and is not tried again.
    case turnedAway(HandshakeRefusal)
    /// Router with keys: news of the allow list and of strangers. It comes on another thread than messages do.
    case access(AccessNews)
    /// Router with keys: a message from a peer whose key is not admitted any more; its content was thrown away, and its
    /// connection is cut if more follows.
    case barred(PeerID)
}

public enum AccessNews: Sendable {
    /// The allow list has changed, and holds from now on.
    case changed(AccessTable)
    /// A new version of the allow list cannot be used; the one before stays in force.
    case damaged(Problem)
    /// Connections that were turned away since the last such news, and the last one's address and key.
    case refused(count: Int, address: String, key: String)
}

extension PeerID {
    /// The other end of a dealer.
    public static let server = PeerID([])
}

/// What became of a message handed to an endpoint.
public enum SendOutcome: Sendable, Hashable {
    /// It will be sent if the connection lasts; there is no later word, but for `unreachable` and `disconnected`.
    case queued
    /// The peer's queue holds `TransportOptions.queuedBytes` already; the message was not taken.
    case full
    /// The endpoint is closed or closing.
    case closed
}
