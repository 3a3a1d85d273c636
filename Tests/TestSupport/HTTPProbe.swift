import Foundation

/// What an HTTP server answered.
public struct HTTPReply {
    public let status: Int
    /// Names in lower case.
    public let headers: [String: String]
    public let body: Data
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// An HTTP client that says exactly what it is told to, over one connection.
public final class HTTPProbe {
    private let socket: RawSocket
    private var buffer = Data()
    private var hasEnded = false

    /// - Parameter address: `http://127.0.0.1:PORT/`.
    public init(_ address: String) throws {
        let port = address.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
        socket = try RawSocket(connectedTo: "tcp://127.0.0.1:\(port)")
    }

    public func send(_ text: String) throws { try socket.send(Data(text.utf8)) }
    public func hangUp() { socket.hangUp() }

    public func request(_ path: String, method: String = "GET", host: String? = "localhost", headers: [String: String] = [:]) throws {
        let lines = (host.map { ["Host: \($0)"] } ?? []) + headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        try send("\(method) \(path) HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    }

    /// The next answer, whole.
    public func reply(hasBody: Bool = true, within seconds: Double = 20) throws -> HTTPReply {
        let (status, headers) = try head(within: seconds)
        var body = Data()
        if !hasBody {
        } else if headers["transfer-encoding"] == "chunked" {
            while let chunk = try chunk(within: seconds), !chunk.isEmpty { body += chunk }
        } else {
            let count = Int(headers["content-length"] ?? "") ?? .max
            while buffer.count < count, try more(within: seconds) {}
            body = Data(buffer.prefix(count))
            buffer = Data(buffer.dropFirst(count))
        }
        return HTTPReply(status: status, headers: headers, body: body)
    }

    public func head(within seconds: Double = 20) throws -> (status: Int, headers: [String: String]) {
        var end = buffer.firstRange(of: Data("\r\n\r\n".utf8))
        while end == nil {
            guard try more(within: seconds) else { throw ProcessFault("no whole answer; it began with \(String(decoding: buffer.prefix(300), as: UTF8.self))") }
            end = buffer.firstRange(of: Data("\r\n\r\n".utf8))
        }
        let lines = String(decoding: buffer[buffer.startIndex..<end!.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        buffer = Data(buffer[end!.upperBound...])
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        return (status, Dictionary(pairs) { $1 })
    }

    /// The next piece of an answer that comes in pieces; nil where nothing comes in time.
    public func chunk(within seconds: Double) throws -> Data? {
        while true {
            if let line = buffer.firstRange(of: Data("\r\n".utf8)) {
                let size = Int(String(decoding: buffer[buffer.startIndex..<line.lowerBound], as: UTF8.self), radix: 16) ?? 0
                if buffer[line.upperBound...].count >= size + 2 {
                    let chunk = Data(buffer[line.upperBound...].prefix(size))
                    buffer = Data(buffer[line.upperBound...].dropFirst(size + 2))
                    return chunk
                }
            }
            guard try more(within: seconds) else { return nil }
        }
    }

    /// Whether the other side ends the connection within so many seconds.
    public func isCut(within seconds: Double) throws -> Bool {
        if hasEnded { return true }
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            guard let data = try socket.receiveSome(within: 0.2) else { continue }
            if data.isEmpty { return true }
        }
        return false
    }

    private func more(within seconds: Double) throws -> Bool {
        guard !hasEnded, let data = try socket.receiveSome(within: seconds) else { return false }
        hasEnded = data.isEmpty
        buffer += data
        return !hasEnded
    }
}

/// One request over a connection of its own.
public func httpGet(
    _ address: String, _ path: String, method: String = "GET", host: String? = "localhost", headers: [String: String] = [:]
) throws -> HTTPReply {
    let probe = try HTTPProbe(address)
    try probe.request(path, method: method, host: host, headers: headers)
    return try probe.reply(hasBody: method != "HEAD")
}

/// One event of a stream of them.
public struct ServerEvent {
    public var name = ""
    public var data = ""
    public var id = ""
    public var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]) ?? [:] }
}

/// Reads a stream of events.
public final class EventProbe {
    private let probe: HTTPProbe
    private var text = ""

    public init(_ address: String, after id: String? = nil) throws {
        probe = try HTTPProbe(address)
        try probe.request("/events", headers: id.map { ["Last-Event-ID": $0] } ?? [:])
        let (status, headers) = try probe.head()
        guard status == 200, headers["content-type"]?.hasPrefix("text/event-stream") == true else { throw ProcessFault("no stream of events: status \(status)") }
    }

    public func hangUp() { probe.hangUp() }

    /// The next event; nil at the end, or where none comes in time.
    public func next(within seconds: Double = 20) throws -> ServerEvent? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            while let end = text.range(of: "\n\n") {
                let block = text[..<end.lowerBound]
                text = String(text[end.upperBound...])
                var event = ServerEvent()
                for line in block.split(separator: "\n") {
                    if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
                    if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                }
                if !event.name.isEmpty { return event }
            }
            guard ContinuousClock.now < deadline, let chunk = try probe.chunk(within: 1) else {
                if ContinuousClock.now >= deadline { return nil }
                continue
            }
            if chunk.isEmpty { return nil }
            text += String(decoding: chunk, as: UTF8.self)
        }
    }
}
