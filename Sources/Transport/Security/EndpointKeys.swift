import Messages

/// What a router needs to admit nobody unknown.
public struct ServerKeys: Sendable {
    public let pair: KeyPair
    public let access: AccessControl

    public init(pair: KeyPair, access: AccessControl) {
        self.pair = pair
        self.access = access
    }
}

/// What a dealer needs: its own pair, and the public key by which it knows the coordinator.
public struct ClientKeys: Sendable {
    public let pair: KeyPair
    public let server: PublicKey
    /// What its file says; the coordinator goes by its own list.
    public let role: PeerRole
    public let name: String

    public init(pair: KeyPair, server: PublicKey, role: PeerRole, name: String) {
        self.pair = pair
        self.server = server
        self.role = role
        self.name = name
    }

    /// The line that admits the key.
    public var allowListLine: String { "\(role.rawValue) \(pair.publicKey) \(name)" }
}
