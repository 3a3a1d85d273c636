import Diagnostics
import Foundation
import Messages
import RunStore
import Transport

/// Asks a coordinator, one question at a time. An observer needs no hello.
final class CoordinatorInquiry {
    private let endpoint: String
    private let mailbox = Mailbox<TransportEvent>()
    private let dealer: DealerEndpoint
    private let keys: ClientKeys?
    private let name = "observer-\(ProcessInfo.processInfo.processIdentifier)"
    /// Seconds that a coordinator may take to answer; it answers between two steps of its work.
    private static let patience = 15.0
    /// Seconds after which a question is asked again.
    private static let patienceForOneAnswer = 3.0
    /// Seconds that one which has answered before may be away.
    private static let absence = 4.0
    private var hasAnswered = false

    /// Returns at once; whether somebody answers shows with the first question.
    /// - Throws: what is wrong with the address.
    init(_ endpoint: String, keys: ClientKeys? = nil) throws(Problem) {
        self.endpoint = endpoint
        self.keys = keys
        let mailbox = mailbox
        var options = TransportOptions()
        // Somebody is looking on: a coordinator that is back should be found soon.
        options.reconnectIntervalMaximum = .seconds(1)
        dealer = try DealerEndpoint(connect: endpoint, options: options, keys: keys) { mailbox.put($0) }
    }

    deinit { dealer.close() }

    /// - Parameter accept: picks the answer out of what arrives.
    /// - Throws: a `Problem` where no answer comes in time, or one that cannot be understood.
    func ask<Answer>(_ question: Message, accept: (Message) -> Answer?) throws(Problem) -> Answer {
        let frames = try encode(question)
        var (patience, deadline) = (Self.patience, ContinuousClock.now + .seconds(Self.patience))
        var reason = "nobody answers"
        _ = dealer.send(frames)
        while true {
            guard let event = mailbox.next(until: min(deadline, .now + .seconds(Self.patienceForOneAnswer))) else {
                if ContinuousClock.now >= deadline { break }
                // A coordinator with many to answer may have dropped the question.
                _ = dealer.send(frames)
                continue
            }
            switch event {
            case .message(_, let frames):
                if let answer = accept(try decode(frames)) {
                    hasAnswered = true
                    return answer
                }
            case .connected:
                reason = "connected, but no answer came"
            case .disconnected:
                reason = "the connection broke, and nobody answers"
                if hasAnswered { (patience, deadline) = (Self.absence, min(deadline, .now + .seconds(Self.absence))) }
                // What was under way is lost; the next connection takes the question again.
                _ = dealer.send(frames)
            case .handshakeFailed(let cause): reason = "no connection comes about: \(HandshakeRefusal.hint(cause, keys))"
            case .discarded(_, let cause): throw Problem("the answer breaks the limits: \(cause)", at: endpoint)
            case .turnedAway(let refusal): throw refusal.problem(keys, at: endpoint)
            case .unreachable, .hungUp, .barred, .access: break
            }
        }
        throw Problem(
            "\(reason) within \(Int(patience)) s", at: endpoint,
            remedy: "check that a coordinator runs there, or read its run directory with --run")
    }

    private func encode(_ message: Message) throws(Problem) -> [Data] {
        do throws(ProtocolError) {
            return try MessageCodec().encode(Envelope(run: "", sender: name, message: message))
        } catch { throw Problem("the question cannot be sent: \(error)", at: endpoint) }
    }

    private func decode(_ frames: [Data]) throws(Problem) -> Message {
        let message: Message
        do throws(ProtocolError) { message = try MessageCodec().decode(frames).message } catch {
            throw Problem("the answer cannot be understood: \(error)", at: endpoint, remedy: "use the coordinator's version of this program")
        }
        if case .refused(let refusal) = message { throw Problem("the coordinator refused: \(refusal.reason)", at: endpoint, remedy: refusal.remedy) }
        return message
    }
}

/// The status as the coordinator itself gives it.
struct CoordinatorStatusSource: StatusSource {
    let inquiry: CoordinatorInquiry

    func standing() throws(Problem) -> (report: StatusReport, isOrphaned: Bool) {
        (try inquiry.ask(.statusRequest(StatusRequest())) { if case .status(let report) = $0 { report } else { nil } }, false)
    }
}

/// The merged log as the coordinator itself gives it.
final class CoordinatorLogSource: LogSource {
    private let inquiry: CoordinatorInquiry
    private var pace = InquiryPace()

    init(inquiry: CoordinatorInquiry) { self.inquiry = inquiry }

    func page(_ query: LogQuery) throws(Problem) -> LogLines {
        // One name has a field of its own, which coordinators of earlier versions know.
        let isOneName = query.worker == nil && query.workers.count == 1 && !query.workers[0].contains { $0 == "*" || $0 == "?" }
        let request = LogsRequest(
            after: query.after, limit: query.limit, level: query.level, worker: isOneName ? query.workers[0] : query.worker, grep: query.grep,
            since: query.since, until: query.until, workers: isOneName || query.workers.isEmpty ? nil : query.workers, tail: query.tail)
        pace.wait(isSearch: query.isSearch)
        let reply = try inquiry.ask(.logsRequest(request)) { answer -> LogsReply? in
            // A second answer to the question before may still come, where that was asked twice.
            guard case .logs(let reply) = answer, reply.lastID >= query.after, reply.entries.first.map({ $0.id > query.after }) ?? true
            else { return nil }
            return reply
        }
        return LogLines(
            lines: reply.entries.map { LogLine(id: $0.id, $0.record) }, lastID: reply.lastID, finished: reply.finished,
            isInterrupted: reply.interrupted ?? false, missing: reply.missing ?? 0, log: reply.log)
    }
}

/// A coordinator answers an observer some 400 questions at once and 100 a second after that, a search counting as 20, and leaves what is
/// beyond unanswered. Whoever reads a long log asks no faster.
private struct InquiryPace {
    private var credit = 300.0
    private var last = ContinuousClock.now

    mutating func wait(isSearch: Bool) {
        let cost = isSearch ? 20.0 : 1
        let now = ContinuousClock.now
        credit = min(300, credit + (last.duration(to: now) / .seconds(1)) * 80)
        last = now
        credit -= cost
        if credit < 0 { Thread.sleep(forTimeInterval: -credit / 80) }
    }
}
