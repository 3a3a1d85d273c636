import Foundation
import Messages
import Synchronization

/// What stands at which path.
final class RunResponder: HTTPResponder {
    private let board: RunBoard
    private let facts: ServiceFacts
    private let hosts: HostCheck
    /// Of the server, which is made after its responder.
    private let server = Mutex<(@Sendable () -> (listeners: Int, answered: [Int: Int]))?>(nil)
    /// Made once for each snapshot, however many ask.
    private let made = Mutex<(number: UInt64, status: Data)?>(nil)

    init(board: RunBoard, facts: ServiceFacts, hosts: HostCheck) {
        self.board = board
        self.facts = facts
        self.hosts = hosts
    }

    func attach(_ figures: @escaping @Sendable () -> (listeners: Int, answered: [Int: Int])) { server.withLock { $0 = figures } }

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        guard request.method == "GET" || request.method == "HEAD" else {
            return .document(.refusal(405, "only GET and HEAD are answered here", headers: ["Allow": "GET, HEAD"]))
        }
        guard let host = request.host, !host.isEmpty else { return .document(.refusal(400, "the request names no host")) }
        guard hosts.admits(host) else {
            return .document(.refusal(421, "this server is not known by that name; whoever started it can add it with --http-name"))
        }
        guard !request.hasBody else { return .document(.refusal(413, "requests have no body here")) }
        switch request.path {
        case "/": return .document(HTTPDocument(type: "text/html; charset=utf-8", body: Data(livePage.utf8)))
        case "/live.css": return .document(HTTPDocument(type: "text/css; charset=utf-8", body: Data(livePageStyle.utf8)))
        case "/live.js": return .document(HTTPDocument(type: "text/javascript; charset=utf-8", body: Data(livePageScript.utf8)))
        case "/events":
            // A page from elsewhere could not read them, but could keep others from it.
            guard ["same-origin", "none", nil].contains(request.site) else { return .document(.refusal(403, "events are for this server's own page")) }
            return .events(after: request.lastEventID)
        case "/metrics": return .document(metrics)
        case "/health": return .document(HealthDocument(board.current, ready: false).document)
        case "/ready": return .document(HealthDocument(board.current, ready: true).document)
        case "/status.json": return .document(status)
        default: return .document(.refusal(404, "there is nothing here; see / /metrics /status.json /health /ready"))
        }
    }

    private static let notYet = HTTPDocument.refusal(503, "the run has not begun", headers: ["Retry-After": "1"])

    private var metrics: HTTPDocument {
        board.noteScrape()
        guard let snapshot = board.current.snapshot else { return Self.notYet }
        let own = server.withLock { $0 }?() ?? (listeners: 0, answered: [:])
        let text = MetricsDocument(
            status: snapshot.status, figures: snapshot.figures, facts: facts, listeners: own.listeners, answered: own.answered
        ).text
        return HTTPDocument(type: "text/plain; version=0.0.4; charset=utf-8", body: Data(text.utf8))
    }

    /// What `filterscope status --json` prints.
    private var status: HTTPDocument {
        let state = board.current
        guard let report = state.snapshot?.status else { return Self.notYet }
        let body = made.withLock { made in
            if let made, made.number == state.statusNumber { return made.status }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            let body = ((try? encoder.encode(report)) ?? Data("{}".utf8)) + Data("\n".utf8)
            made = (state.statusNumber, body)
            return body
        }
        return HTTPDocument(type: "application/json", body: body)
    }
}
