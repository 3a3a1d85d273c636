import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// What meets something older, newer or unknown.
    @Suite struct VersionTests {
        @Test func aWorkerOfAnotherVersionIsToldWhichSideIsTooOld() throws {
            let trial = try Trial.linear()
            let (coordinator, endpoint) = try trial.coordinator("--mixed")
            for (version, own, told) in [
                ("0", "this worker is too old", "your side is too old"), ("2", "the coordinator is too old", "the coordinator is too old"),
            ] {
                let outcome = try PythonPeer.worker("stranger", at: endpoint, "--protocol", version).wait(timeout: 60)
                #expect(outcome.status == 1)
                let expected = "the coordinator speaks protocol version 1, this worker version \(version): \(own)"
                #expect(outcome.stderr.contains(expected), "\(outcome.stderr)")
                // And in the coordinator's words, which any version can read.
                #expect(outcome.stderr.contains("you speak protocol version \(version), the coordinator version 1: \(told)"), "\(outcome.stderr)")
            }
            #expect(coordinator.isRunning)
        }

        @Test(arguments: [("0", "the other side is too old"), ("2", "this side is too old")])
        func theSwiftWorkerSaysWhichSideIsTooOld(version: String, verdict: String) throws {
            let trial = try Trial.linear()
            let (peer, endpoint) = try coordinator("--protocol", version)
            let outcome = try trial.worker("anna", at: endpoint).wait(timeout: 30)
            #expect(outcome.status == 1)
            let last = outcome.stderr.split(separator: "\n").last ?? ""
            #expect(last.contains("the other side speaks protocol version \(version), this side version 1: \(verdict)"), "\(outcome.stderr)")
            #expect(last.contains(endpoint) && last.contains("install the same version"), "\(outcome.stderr)")
            withExtendedLifetime(peer) {}
        }

        @Test func unknownFieldsAreIgnoredAndUnknownKindsRefusedPolitely() throws {
            let trial = try Trial.linear()
            let (coordinator, endpoint) = try trial.coordinator()
            func header(_ kind: String, _ more: [String: Any] = [:]) throws -> String {
                let fields: [String: Any] = ["protocol": 1, "kind": kind, "run": "", "sender": "novice", "body": ["mood": ["good": [1]]]]
                return String(decoding: try JSONSerialization.data(withJSONObject: fields.merging(more) { $1 }), as: UTF8.self)
            }
            let question = try header("status-request", ["colour": "green"])
            let client = try PythonPeer.start(
                "peer.py", ["client", "--connect", endpoint, question, try header("novelty"), question, try header("novelty"), question])
            let outcome = try client.wait(timeout: 90)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let answers = PythonPeer.objects(outcome.stdoutText)
            #expect(answers.map { $0["kind"] as? String } == ["status", "refused", "status", "refused", "status"])
            let refusal = answers.count > 1 ? answers[1]["body"] as? [String: Any] : nil
            #expect(refusal?["code"] as? String == "unknown-kind" && (refusal?["reason"] as? String)?.contains("novelty") == true)
            #expect(coordinator.isRunning)
        }

        private static let task = """
            {"model":{"name":"linear","width":64,"classifier":"linear","classifierBias":true,"batchNorm":true,"inputSize":32,"inputChannels":1,\
            "labels":10,"dropout":0.5},"preprocessing":{"encoding":{"format":"uint8-hwc","height":28,"width":28,"channels":1},"outputSize":32,\
            "normalization":{"mean":[0.5],"deviation":[0.5]},"augmentation":{"flip":true,"translation":2},"damaged":"fatal"},\
            "trainingShardSize":25,"surveyShardSize":100,"labels":10EXTRA}
            """

        /// Workers in both languages meet a coordinator that knows more than they do: they answer, and go on.
        @Test(arguments: ["Swift", "Python"]) func aWorkerPassesOverWhatIsNewToIt(language: String) throws {
            let trial = try Trial.linear()
            let unit: [String: Any] = ["needs": [], "work": ["kind": "divination", "details": ["depth": 3]]]
            let (process, endpoint) = try coordinator(
                header("welcome", welcome("")), header("novelty", [:]), header("unit", unit, ["unit": 77]), header("novelty", [:]),
                header("refused", ["code": "unknown-kind", "reason": "never heard of it"]))
            let worker = language == "Swift" ? try trial.worker("anna", at: endpoint) : try PythonPeer.worker("anna", at: endpoint)
            func heard() -> [[String: Any]] { PythonPeer.objects(String(decoding: process.stdout, as: UTF8.self)) }
            try waitUntil("it has answered and goes on", within: 60) {
                guard worker.isRunning else { throw Disturbed("the worker ended", worker) }
                let kinds = heard().compactMap { $0["kind"] as? String }
                // Heartbeats after the failure: it is still at work.
                return kinds.firstIndex(of: "failure").map { kinds[$0...].filter { $0 == "heartbeat" }.count >= 3 } ?? false
            }
            let failure = try #require(heard().first { $0["kind"] as? String == "failure" })
            #expect(failure["unit"] as? Int == 77)
            let body = try #require(failure["body"] as? [String: Any])
            #expect(body["retryable"] as? Bool == true && (body["what"] as? String)?.contains("divination") == true)
        }

        /// What stands in a task may change what is to be computed, so that there the rule is the other way round.
        @Test(arguments: ["Swift", "Python"]) func aWorkerDoesNotComputeATaskThatSaysMoreThanItKnows(language: String) throws {
            let trial = try Trial.linear()
            let (peer, endpoint) = try coordinator(header("welcome", welcome(#","sharpness":{"depth":2}"#)))
            let worker = language == "Swift" ? try trial.worker("anna", at: endpoint) : try PythonPeer.worker("anna", at: endpoint)
            let outcome = try worker.wait(timeout: 60)
            #expect(outcome.status == 1 && outcome.stderr.contains("sharpness"), "\(outcome.stderr)")
            withExtendedLifetime(peer) {}
        }

        private func welcome(_ extra: String) -> [String: Any] {
            [
                "run": "r", "name": "anna", "heartbeatSeconds": 0.1, "timeoutSeconds": 60,
                "task": Self.task.replacing("EXTRA", with: extra),
            ]
        }

        private func header(_ kind: String, _ body: [String: Any], _ more: [String: Any] = [:]) -> String {
            let fields: [String: Any] = ["protocol": 1, "kind": kind, "run": "r", "sender": "coordinator", "body": body]
            let data = try? JSONSerialization.data(withJSONObject: fields.merging(more) { $1 })
            return String(decoding: data ?? Data(), as: UTF8.self)
        }

        /// A coordinator that this test plays: it answers every hello with the headers given.
        private func coordinator(_ arguments: String...) throws -> (process: RunningProcess, endpoint: String) {
            let process = try PythonPeer.start("peer.py", ["coordinator"] + arguments)
            var address: String?
            try waitUntil("the peer says where it listens") {
                guard process.isRunning else { throw Disturbed("the peer ended", process) }
                address = PythonPeer.objects(String(decoding: process.stdout, as: UTF8.self)).first?["address"] as? String
                return address != nil
            }
            return (process, try #require(address))
        }
    }
}
