import CMicroHTTPD
import Diagnostics
import Foundation
import Synchronization

/// A small HTTP server: one thread of libmicrohttpd's answers from what is at hand, another one of ours looks after time. The file that
/// faces the library.
///
/// What clients can take is bounded: connections, bytes of a request's head, time for it and for taking the answer, and streams of events,
/// of which each holds one portion. Bodies are not read.
package final class HTTPServer: Sendable {
    package struct Limits: Sendable {
        package var connections = 64
        /// Streams of events among them, so that those who ask once always find room.
        package var listeners = 16
        /// Of a request's head, and of the answer's.
        package var headBytes = 16 << 10
        /// Seconds for a request to come, from the connection or the answer before on.
        package var requestSeconds = 30.0
        /// Seconds for a client to take an answer or a portion of events.
        package var answerSeconds = 30.0
        /// Seconds after which a stream without events shows that it lives.
        package var heartbeatSeconds = 10.0

        package init() {}
    }

    /// The port, also where any was asked for.
    let port: Int
    private let responder: any HTTPResponder
    private let feed: any EventFeed
    private let limits: Limits
    private let table = Mutex(Table())
    private let isClosing = Atomic<Bool>(false)
    private let timeEnded = DispatchSemaphore(value: 0)
    /// Of MHD_Daemon.
    private let daemon = Atomic<UInt>(0)

    /// Every answer has these. No page may load anything from elsewhere, or frame ours.
    private static var headers: [(String, String)] {
        [
            (
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-store"),
        ]
    }

    /// The connections, by the addresses of what the library knows about them.
    private struct Table {
        var connections: [UInt: Connection] = [:]
        var listenerCount = 0
        var answered: [Int: Int] = [:]
    }

    private struct Connection {
        enum Stage { case awaitingRequest, answering, streaming }
        let descriptor: Int32
        var stage = Stage.awaitingRequest
        var since: ContinuousClock.Instant
        var listener: Listener?
    }

    /// One stream of events. Looked at under the table's lock alone.
    private final class Listener: @unchecked Sendable {
        let server: HTTPServer
        let connection: UInt
        var place: EventPlace
        var portion = Data()
        var sent = 0
        var isSuspended = false
        /// The feed's revision before it had nothing.
        var seen: UInt64 = 0
        var lastPortion = ContinuousClock.now

        init(server: HTTPServer, connection: UInt, place: EventPlace) {
            self.server = server
            self.connection = connection
            self.place = place
        }
    }

    /// Takes the socket over.
    init(_ socket: ListeningSocket, responder: any HTTPResponder, feed: any EventFeed, limits: Limits = Limits()) throws(Problem) {
        port = socket.port
        self.responder = responder
        self.feed = feed
        self.limits = limits
        // Closed before the last reference goes, so the library may hold one that does not count.
        let started = filterscope_http_start(
            socket.descriptor, UInt32(limits.connections), limits.headBytes, UInt32(limits.answerSeconds.rounded(.up)),
            Unmanaged.passUnretained(self).toOpaque(),
            { context, connection, path, method, _, _, _, mark in HTTPServer.answerRequest(context, connection, path, method, mark) },
            { context, connection, _, _ in HTTPServer.requestEnded(context, connection) },
            { context, connection, _, event in HTTPServer.connectionChanged(context, connection, event) })
        guard let started else {
            Glibc.close(socket.descriptor)
            throw Problem("the HTTP server cannot be started", remedy: "say --http off")
        }
        daemon.store(UInt(bitPattern: started), ordering: .releasing)
        Thread.detachNewThread { [self] in
            while !isClosing.load(ordering: .acquiring) {
                usleep(100_000)
                lookAtTime()
            }
            timeEnded.signal()
        }
    }

    /// Streams at present, and answers so far by status.
    var figures: (listeners: Int, answered: [Int: Int]) { table.withLock { ($0.listenerCount, $0.answered) } }

    /// Ends streams that have had everything, for at most `seconds` waits for the rest, and stops. Called once.
    func close(within seconds: Double) {
        guard !isClosing.exchange(true, ordering: .acquiringAndReleasing) else { return }
        timeEnded.wait()
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline, figures.listeners > 0 {
            wake(everybody: true)
            usleep(20_000)
        }
        // The library insists that nothing is suspended.
        wake(everybody: true)
        if let pointer = OpaquePointer(bitPattern: daemon.exchange(0, ordering: .acquiringAndReleasing)) { MHD_stop_daemon(pointer) }
    }

    // MARK: Time

    private func lookAtTime() {
        wake(everybody: false)
        let now = ContinuousClock.now
        table.withLock { table in
            for connection in table.connections.values {
                let (since, seconds) = switch connection.stage {
                case .awaitingRequest: (connection.since, limits.requestSeconds)
                case .answering: (connection.since, limits.answerSeconds)
                case .streaming:
                    // One that waits for news is not slow.
                    connection.listener.map { ($0.isSuspended ? now : $0.lastPortion, limits.answerSeconds + limits.heartbeatSeconds) }
                        ?? (connection.since, limits.answerSeconds)
                }
                // The library closes what cannot be read any more. As long as it is in the table its number is nobody else's.
                if since.duration(to: now) > .seconds(seconds) { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// Goes on with streams for which there is news, or that have to show that they live.
    private func wake(everybody: Bool) {
        let revision = feed.revision
        let now = ContinuousClock.now
        let due = table.withLock { table in
            var due: [UInt] = []
            for connection in table.connections.values {
                guard let listener = connection.listener, listener.isSuspended else { continue }
                guard everybody || listener.seen != revision || listener.lastPortion.duration(to: now) > .seconds(limits.heartbeatSeconds)
                else { continue }
                listener.isSuspended = false
                due.append(listener.connection)
            }
            return due
        }
        // A suspended connection stays until somebody resumes it, and nobody else does.
        for address in due { if let connection = OpaquePointer(bitPattern: address) { MHD_resume_connection(connection) } }
    }

    // MARK: What the library calls, on its thread

    private static func server(_ context: UnsafeMutableRawPointer?) -> HTTPServer? {
        context.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func connectionChanged(
        _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ event: MHD_ConnectionNotificationCode
    ) {
        guard let server = server(context), let connection else { return }
        let address = UInt(bitPattern: connection)
        if event == .CONNECTION_NOTIFY_STARTED {
            let descriptor = filterscope_http_socket(connection)
            server.table.withLock { $0.connections[address] = Connection(descriptor: descriptor, since: .now) }
        } else {
            server.table.withLock { _ = $0.connections.removeValue(forKey: address) }
        }
    }

    private static func requestEnded(_ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?) {
        guard let server = server(context), let connection else { return }
        server.enter(.awaitingRequest, UInt(bitPattern: connection))
    }

    private func enter(_ stage: Connection.Stage, _ address: UInt, listener: Listener? = nil) {
        table.withLock { table in
            table.connections[address]?.stage = stage
            table.connections[address]?.since = .now
            table.connections[address]?.listener = listener
        }
    }

    private static func answerRequest(
        _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
        _ mark: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> MHD_Result {
        guard let server = server(context), let connection, let path, let method, let mark else { return .NO }
        func header(_ name: String) -> String? { MHD_lookup_connection_value(connection, .HEADER_KIND, name).map { String(cString: $0) } }
        let request = HTTPRequest(
            method: String(cString: method), path: String(cString: path), host: header("Host"),
            hasBody: header("Transfer-Encoding") != nil || header("Content-Length").map { $0 != "0" } ?? false, site: header("Sec-Fetch-Site"),
            lastEventID: header("Last-Event-ID")
                ?? MHD_lookup_connection_value(connection, .GET_ARGUMENT_KIND, "after").map { String(cString: $0) })
        // It is called twice: an answer at the first call, with the body unread, ends the connection.
        if mark.pointee == nil, !request.hasBody {
            mark.pointee = context
            server.enter(.answering, UInt(bitPattern: connection))
            return .YES
        }
        return server.respond(to: request, connection)
    }

    private func respond(to request: HTTPRequest, _ connection: OpaquePointer) -> MHD_Result {
        enter(.answering, UInt(bitPattern: connection))
        switch responder.answer(request) {
        case .document(let document): return send(document, connection, closing: request.hasBody)
        case .events(let id):
            if request.method == "HEAD" { return send(HTTPDocument(type: "text/event-stream", body: Data()), connection, closing: true) }
            return stream(after: id, connection)
        }
    }

    private func send(_ document: HTTPDocument, _ connection: OpaquePointer, closing: Bool) -> MHD_Result {
        // The library copies the bytes.
        var body = document.body
        let response = body.withUnsafeMutableBytes { bytes in
            MHD_create_response_from_buffer(bytes.count, bytes.baseAddress, .RESPMEM_MUST_COPY)
        }
        guard let response else { return .NO }
        for (name, value) in document.headers { MHD_add_response_header(response, name, value) }
        if closing { MHD_add_response_header(response, "Connection", "close") }
        return queue(response, connection, status: document.status, type: document.type)
    }

    private func queue(_ response: OpaquePointer, _ connection: OpaquePointer, status: Int, type: String) -> MHD_Result {
        MHD_add_response_header(response, "Content-Type", type)
        for (name, value) in Self.headers { MHD_add_response_header(response, name, value) }
        table.withLock { $0.answered[status, default: 0] += 1 }
        let result = MHD_queue_response(connection, UInt32(status), response)
        MHD_destroy_response(response)
        return result
    }

    // MARK: Events

    private func stream(after id: String?, _ connection: OpaquePointer) -> MHD_Result {
        let address = UInt(bitPattern: connection)
        let isFull = table.withLock { table in
            if table.listenerCount >= limits.listeners { return true }
            table.listenerCount += 1
            return false
        }
        guard !isFull, !isClosing.load(ordering: .acquiring) else {
            if !isFull { table.withLock { $0.listenerCount -= 1 } }
            return send(.refusal(503, "\(limits.listeners) pages are open already, which is all there is room for", headers: ["Retry-After": "10"]), connection, closing: false)
        }
        let listener = Listener(server: self, connection: address, place: feed.place(after: id))
        let context = Unmanaged.passRetained(listener).toOpaque()
        let response = MHD_create_response_from_callback(
            UInt64.max, 16 << 10,
            { context, _, buffer, room in
                guard let context, let buffer else { return -2 }
                let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
                return listener.server.read(listener, into: UnsafeMutableRawBufferPointer(start: buffer, count: room))
            }, context,
            { context in
                guard let context else { return }
                let listener = Unmanaged<Listener>.fromOpaque(context).takeRetainedValue()
                listener.server.forget(listener)
            })
        guard let response else {
            Unmanaged<Listener>.fromOpaque(context).release()
            table.withLock { $0.listenerCount -= 1 }
            return .NO
        }
        enter(.streaming, address, listener: listener)
        return queue(response, connection, status: 200, type: "text/event-stream; charset=utf-8")
    }

    private func forget(_ listener: Listener) {
        table.withLock { table in
            table.listenerCount -= 1
            // The connection may have another one by now.
            if table.connections[listener.connection]?.listener === listener { table.connections[listener.connection]?.listener = nil }
        }
    }

    /// - Returns: the bytes written; 0 where the connection was suspended until there are some; -1 at the end.
    private func read(_ listener: Listener, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        table.withLock { _ in
            if listener.sent == listener.portion.count {
                listener.seen = feed.revision
                switch feed.next(&listener.place) {
                case .text(let text): listener.portion = text
                case .end: return -1
                case .nothing:
                    if isClosing.load(ordering: .acquiring) { return -1 }
                    guard listener.lastPortion.duration(to: .now) > .seconds(limits.heartbeatSeconds) else {
                        guard let connection = OpaquePointer(bitPattern: listener.connection) else { return -2 }
                        // Under the lock, so that nobody resumes it before.
                        listener.isSuspended = true
                        MHD_suspend_connection(connection)
                        return 0
                    }
                    listener.portion = Data(": nothing new\n\n".utf8)
                }
                listener.sent = 0
                listener.lastPortion = .now
            }
            let count = min(buffer.count, listener.portion.count - listener.sent)
            let start = listener.portion.startIndex + listener.sent
            listener.portion.copyBytes(to: buffer, from: start..<start + count)
            listener.sent += count
            return count
        }
    }
}
