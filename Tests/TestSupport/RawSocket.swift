import Foundation
import Glibc

public struct SystemCallFailed: Error { let call: String, code: Int32 }

/// A plain TCP connection, for peers that misbehave.
public final class RawSocket {
    private let descriptor: Int32

    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    /// - Parameter address: `tcp://127.0.0.1:PORT`.
    public init(connectedTo address: String) throws {
        descriptor = try Self.open()
        var target = Self.loopback(port: UInt16(address.split(separator: ":").last ?? "") ?? 0)
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemCallFailed(call: "connect", code: errno) }
    }

    /// Call it where the connection has served its turn: without a last use the compiler ends it earlier.
    public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    deinit { close(descriptor) }

    public func send(_ data: Data) throws {
        let bytes = [UInt8](data)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SystemCallFailed(call: "send", code: errno) }
            sent += count
        }
    }

    /// ZMTP 3.0 with the NULL mechanism (RFC 23): greeting, then a READY command that names the socket type.
    /// Messages may follow only when the other side's READY is in.
    public func greetAsDealer() throws {
        try send(Self.greeting + Self.ready)
        _ = try receive(Self.greeting.count)
        let head = try receive(2)
        _ = try receive(Int(head[1]))
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var chunk = [UInt8](repeating: 0, count: count - bytes.count)
            let got = recv(descriptor, &chunk, chunk.count, 0)
            guard got > 0 else { throw SystemCallFailed(call: "recv", code: errno) }
            bytes += chunk[..<got]
        }
        return bytes
    }

    /// What has come; empty at the other side's end, nil where nothing comes within so many seconds.
    public func receiveSome(within seconds: Double) throws -> Data? {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Int32(seconds * 1000)) > 0 else { return nil }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        // A connection that was cut has ended as well.
        guard count >= 0 || errno == ECONNRESET else { throw SystemCallFailed(call: "recv", code: errno) }
        return Data(chunk.prefix(max(0, count)))
    }

    public static let greeting =
        Data([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0]) + Data("NULL".utf8) + Data(count: 16) + Data(count: 32)

    public static var ready: Data {
        let body = Data([5]) + Data("READY".utf8) + Data([11]) + Data("Socket-Type".utf8) + Data([0, 0, 0, 6]) + Data("DEALER".utf8)
        return Data([4, UInt8(body.count)]) + body
    }

    /// One short message frame, the last of its message.
    public func send(zeroMQFrame data: Data) throws { try send(Data([0, UInt8(data.count)]) + data) }

    /// The next short message frame; commands, heartbeats for one, are passed over.
    public func receiveZeroMQFrame() throws -> Data {
        while true {
            let head = try receive(2)
            let body = try receive(Int(head[1]))
            if head[0] & 4 == 0 { return Data(body) }
        }
    }

    static func open() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SystemCallFailed(call: "socket", code: errno) }
        return descriptor
    }

    static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// A plain listener on a free port of the loopback.
public final class RawListener {
    private var descriptor: Int32
    public let address: String

    public init() throws {
        descriptor = try RawSocket.open()
        var target = RawSocket.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let bound = withUnsafeMutablePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw SystemCallFailed(call: "bind", code: errno) }
        address = "tcp://127.0.0.1:\(UInt16(bigEndian: target.sin_port))"
    }

    public func accept() throws -> RawSocket {
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { throw SystemCallFailed(call: "accept", code: errno) }
        return RawSocket(adopting: connection)
    }

    /// Gives the port back.
    public func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    deinit { release() }
}
