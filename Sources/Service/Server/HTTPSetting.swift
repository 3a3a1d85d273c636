import Diagnostics
import Glibc

/// Where a coordinator answers HTTP.
public enum HTTPSetting: Sendable, Hashable {
    /// This machine alone, at the usual port, or another free one where that is taken.
    case automatic
    case off
    /// A port 0 stands for any free one, a host `*` for every address of the machine.
    case at(host: String, port: Int)

    /// The port that Prometheus's list of exporters has for what has none of its own.
    public static let usualPort = 9464
    public static let loopback = "127.0.0.1"

    /// `PORT`, `HOST:PORT`, `[IPv6]:PORT` or `off`; nil where the text is none of these.
    public init?(parsing text: String) {
        if text == "off" {
            self = .off
            return
        }
        var host = Self.loopback
        var port = text[...]
        if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            port = text[text.index(after: colon)...]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
                guard HostName.isIPv6(host) else { return nil }
            } else if host.contains(":") {
                return nil
            }
        }
        guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else { return nil }
        guard !port.isEmpty, port.utf8.count <= 5, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port), number <= 65_535
        else { return nil }
        self = .at(host: host, port: number)
    }
}

/// Names of machines as they stand in addresses.
enum HostName {
    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    /// Whether only this machine reaches it.
    static func isLoopback(_ text: String) -> Bool { text == "localhost" || text == "::1" || (isIPv4(text) && text.hasPrefix("127.")) }

    static func inAddress(_ host: String, port: Int) -> String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/" }

    static var own: String? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty ? nil : name.lowercased()
    }
}

/// Which names a request may call this server by. A web page whose own name is made to point here (DNS rebinding) could read everything
/// otherwise, with the help of a browser on this machine. Numbers cannot be made to point elsewhere, so they are all right.
struct HostCheck: Sendable {
    private let names: Set<String>

    init(names: Set<String>) { self.names = Set(names.map { $0.lowercased() }) }

    func admits(_ header: String?) -> Bool {
        guard var host = header?.lowercased(), host.utf8.count <= 255 else { return false }
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]"), Self.isPort(host[host.index(after: end)...]) else { return false }
            return HostName.isIPv6(String(host[host.index(after: host.startIndex)..<end]))
        }
        if let colon = host.firstIndex(of: ":") {
            guard Self.isPort(host[colon...]) else { return false }
            host = String(host[..<colon])
        }
        if host.hasSuffix(".") { host.removeLast() }
        return HostName.isIPv4(host) || host == "localhost" || host.hasSuffix(".localhost") || names.contains(host)
    }

    /// Any port: a tunnel has one of its own.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.utf8.count <= 6 && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
    }
}
