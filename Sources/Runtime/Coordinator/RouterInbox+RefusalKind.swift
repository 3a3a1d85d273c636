import Coordination
import Transport

extension RouterInbox.Refused {
    /// What it counts as.
    var kind: RefusalKind {
        switch self {
        case .flood: .flood
        case .handshake: .handshake
        case .cut: .cut
        case .crowded: .crowded
        }
    }
}
