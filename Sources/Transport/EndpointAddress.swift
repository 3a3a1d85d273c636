import Diagnostics
import Glibc

/// Where an endpoint is: `tcp://HOST:PORT`, `tcp://HOST:*` for any free port, `tcp://[IPv6]:PORT`, `ipc://PATH`.
public enum EndpointAddress: Hashable, Sendable, CustomStringConvertible {
    /// A nil port stands for any free one, a host `*` for every interface.
    case tcp(host: String, port: Int?)
    case ipc(path: String)

    /// Bytes of a Unix domain socket's path without the closing zero (sun_path in <sys/un.h>).
    public static let longestPath = 107

    public init(parsing text: String) throws(Problem) {
        guard let separator = text.firstRange(of: "://") else {
            throw Problem("an address needs a scheme", at: text, remedy: "write tcp://HOST:PORT or ipc://PATH")
        }
        let rest = String(text[separator.upperBound...])
        guard !text.contains(where: { $0.isWhitespace || $0 == ";" }) || text.hasPrefix("ipc://") else {
            throw Problem("an address has no spaces or semicolons", at: text, remedy: "write tcp://HOST:PORT")
        }
        switch text[..<separator.lowerBound] {
        case "tcp": self = try Self.tcp(rest, in: text)
        case "ipc": self = try Self.ipc(rest, in: text)
        case let scheme:
            throw Problem("unknown scheme \"\(scheme)\"", at: text, remedy: "write tcp://HOST:PORT or ipc://PATH")
        }
    }

    private static func tcp(_ rest: String, in text: String) throws(Problem) -> EndpointAddress {
        let remedy = "write tcp://HOST:PORT, or tcp://HOST:* for any free port"
        guard let colon = rest.lastIndex(of: ":"), rest.last != "]" else { throw Problem("the port is missing", at: text, remedy: remedy) }
        var host = String(rest[..<colon])
        let port = rest[rest.index(after: colon)...]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw Problem("an IPv6 address goes in brackets", at: text, remedy: "write tcp://[::1]:PORT")
        }
        guard !host.isEmpty, !host.contains("/") else { throw Problem("the host is missing or malformed", at: text, remedy: remedy) }
        if port == "*" || port == "0" { return .tcp(host: host, port: nil) }
        guard port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(port), number <= 65_535 else {
            throw Problem("\"\(port)\" is not a port", at: text, remedy: "a port is a number from 1 to 65535")
        }
        return .tcp(host: host, port: number)
    }

    private static func ipc(_ path: String, in text: String) throws(Problem) -> EndpointAddress {
        guard !path.isEmpty, path != "*" else { throw Problem("the path is missing", at: text, remedy: "write ipc://PATH") }
        guard path.utf8.count <= longestPath else {
            throw Problem(
                "the path has \(path.utf8.count) bytes, a Unix domain socket's at most \(longestPath)", at: text,
                remedy: "use a shorter path, or tcp://127.0.0.1:*")
        }
        return .ipc(path: path)
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port.map(String.init) ?? "*")"
        case .ipc(let path): "ipc://\(path)"
        }
    }

    /// Whether nobody outside this machine can reach it. Names count as outside, `localhost` excepted: what they mean may
    /// change.
    public var isLocal: Bool {
        switch self {
        case .ipc: return true
        case .tcp(let host, _):
            var four = in_addr()
            if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
            return host == "localhost" || host == "::1"
        }
    }

    /// IPv6 is switched on per socket.
    var isIPv6: Bool {
        if case .tcp(let host, _) = self { return host.contains(":") }
        return false
    }
}
