import Foundation

/// What a client asks, as far as anybody here looks at it.
struct HTTPRequest: Sendable, Equatable {
    var method: String
    /// Percent signs resolved, without what follows a question mark.
    var path: String
    var host: String?
    /// Whether something follows its head.
    var hasBody = false
    /// Where the browser says that the request comes from (`Sec-Fetch-Site`).
    var site: String?
    /// The last event that the client has of an earlier connection.
    var lastEventID: String?
}

/// What it is told.
enum HTTPAnswer: Sendable {
    case document(HTTPDocument)
    /// Events without end, from where the client stopped.
    case events(after: String?)
}

package struct HTTPDocument: Sendable, Equatable {
    package var status = 200
    var type = "text/plain; charset=utf-8"
    package var body: Data
    /// Beside the ones that every answer has.
    var headers: [String: String] = [:]

    static func refusal(_ status: Int, _ reason: String, headers: [String: String] = [:]) -> HTTPDocument {
        HTTPDocument(status: status, body: Data((reason + "\n").utf8), headers: headers)
    }
}

/// Decides about requests, on the server's thread: what it says must be at hand.
protocol HTTPResponder: Sendable {
    func answer(_ request: HTTPRequest) -> HTTPAnswer
}

/// A stream of events that each client reads at a pace of its own, from a place of its own.
protocol EventFeed: Sendable {
    /// Grows whenever there may be something new.
    var revision: UInt64 { get }
    /// Where a client begins that has seen the event of this id; nil for one that has seen none.
    func place(after id: String?) -> EventPlace
    /// What comes next, and no more than a client may leave unread.
    func next(_ place: inout EventPlace) -> EventPortion
}

/// How far a client has come in the stream.
struct EventPlace: Sendable, Hashable {
    /// Tells coordinators of one run apart.
    var session = ""
    /// Of the curves; others have to be sent anew.
    var generation = 0
    /// Points of the curves that it has.
    var points = 0
    /// The number of the last log record that it has.
    var record = 0
    /// Of the status that it has.
    var status: UInt64 = 0
    var wasToldTheEnd = false
}

enum EventPortion: Sendable, Equatable {
    case text(Data)
    /// Nothing yet.
    case nothing
    /// Nothing ever again.
    case end
}
