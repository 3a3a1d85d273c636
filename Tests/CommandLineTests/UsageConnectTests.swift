import Diagnostics
import Foundation
import Messages
import TestSupport
import Testing
import Transport

/// `logs` and `status` against a coordinator that is played here.
@Suite struct UsageConnectTests {
    /// Answers status and log questions over a real socket.
    private final class Coordinator: Sendable {
        let address: String
        private let router: RouterEndpoint
        private let mailbox: Mailbox<TransportEvent>
        static let entries = (1...5).map {
            LogEntry(id: $0, record: LogRecord(time: Double(100 * $0), level: .info, source: "anna", message: "record \($0)"))
        }

        init(directory: TemporaryDirectory) throws {
            let mailbox = Mailbox<TransportEvent>()
            self.mailbox = mailbox
            router = try RouterEndpoint(bind: "ipc://\(directory.file("s"))") { mailbox.put($0) }
            address = router.address
            let router = router
            Thread {
                while !mailbox.isClosed {
                    guard case .message(let peer, let frames)? = mailbox.next(until: .now + .milliseconds(100)),
                        let question = try? MessageCodec().decode(frames).message, let answer = Self.answer(question),
                        let reply = try? MessageCodec().encode(Envelope(run: "r", sender: "coordinator", message: answer))
                    else { continue }
                    _ = router.send(reply, to: peer)
                }
            }.start()
        }

        deinit {
            mailbox.close()
            router.close()
        }

        private static func answer(_ question: Message) -> Message? {
            switch question {
            case .statusRequest:
                .status(StatusReport(
                    run: "r", recipe: "trial", phase: "heads", state: .running, step: 3, totalSteps: 4, epoch: 0, rate: 1,
                    startedAt: 0, updatedAt: Date().timeIntervalSince1970))
            case .logsRequest(let request):
                // Two records a page, whatever is asked: a coordinator may send fewer.
                .logs(LogsReply(
                    entries: Array(entries.dropFirst(request.after).prefix(2)), lastID: min(request.after + 2, 5),
                    finished: request.after >= 4))
            default: nil
            }
        }
    }

    @Test func statusAndLogsComeFromTheCoordinator() throws {
        let directory = try TemporaryDirectory()
        let coordinator = try Coordinator(directory: directory)
        let status = try runFilterscope(["status", "--connect", coordinator.address, "--json"])
        #expect(status.status == 0, "\(status.stderr)")
        #expect(try JSONDecoder().decode(StatusReport.self, from: status.stdout).phase == "heads")
        let logs = try runFilterscope(["logs", "--connect", coordinator.address])
        #expect(logs.status == 0, "\(logs.stderr)")
        #expect(logs.stdoutText.split(separator: "\n").count == 5)
        let followed = try runFilterscope(["logs", "--connect", coordinator.address, "-f"])
        #expect(followed.stdoutText.split(separator: "\n").count == 5)
        withExtendedLifetime(coordinator) {}
    }

    @Test func malformedAddressIsExplainedAtOnce() throws {
        let outcome = try runFilterscope(["status", "--connect", "localhost:5555"])
        #expect(outcome.status == 1)
        #expect(outcome.stderr.contains("an address needs a scheme"))
    }
}
