/// Who is admitted: the allow list as the coordinator holds it at present.
public struct AccessTable: Hashable, Sendable {
    /// The holder of a key.
    public struct Member: Hashable, Sendable {
        public let role: PeerRole
        public let name: String

        public init(role: PeerRole, name: String) {
            self.role = role
            self.name = name
        }
    }

    /// By public key, in Z85 as `PeerID.key` has it.
    public private(set) var members: [String: Member]

    public init(_ members: [String: Member] = [:]) { self.members = members }

    /// Nil where the key is not admitted, or none was shown.
    public subscript(key: String?) -> Member? { key.flatMap { members[$0] } }
}
