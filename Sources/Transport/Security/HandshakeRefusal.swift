import Diagnostics

/// Why a handshake came to nothing for good.
public enum HandshakeRefusal: Sendable, Hashable {
    /// The router admits other keys.
    case key
    /// One side uses keys and the other does not.
    case mechanism

    /// What the user can do about it.
    /// - Parameter keys: what this side showed.
    public func problem(_ keys: ClientKeys?, at endpoint: String) -> Problem {
        switch (self, keys) {
        case (.key, let keys?):
            Problem(
                "the coordinator does not admit this key", at: endpoint,
                remedy: "have this line put into the file \"allowed\" of its key directory, and try again: \(keys.allowListLine)")
        case (.mechanism, _?):
            Problem("the coordinator uses no keys", at: endpoint, remedy: "leave out --keys, or start the coordinator with --keys")
        case (_, nil):
            Problem("the coordinator wants keys", at: endpoint, remedy: "name a directory with coordinator.pub and a key: --keys DIR")
        }
    }

    /// A failed handshake for which libzmq knows no reason, with the likeliest one.
    public static func hint(_ reason: String, _ keys: ClientKeys?) -> String {
        keys == nil
            ? "\(reason) (does the coordinator want keys? name them with --keys DIR)"
            : "\(reason) (is coordinator.pub that of the coordinator at this address, and does it use keys?)"
    }
}
