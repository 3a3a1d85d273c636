import Foundation
import Messages
import TestSupport
import Testing

extension ClusterTests {
    /// A client of ill will beside a run: Tests/Interop/hostile.py.
    @Suite struct HostileTests {
        private static let python = "/usr/bin/python3"
        private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Interop/hostile.py").path

        @Test func aHostileClientChangesNothingAndIsCounted() throws {
            // What the coordinator takes in peace, with the same worker.
            let peace = try Trial()
            let (peaceful, quietEndpoint) = try peace.coordinator()
            let quietPeak = Peak(peaceful)
            let quietWorker = try peace.worker("anna", at: quietEndpoint)
            try peace.expectUndisturbedResults(try peaceful.wait())
            #expect(try quietWorker.wait(timeout: 20).status == 0)

            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let peak = Peak(coordinator)
            let worker = try trial.worker("anna", at: endpoint)
            try trial.waitForWorker("anna", coordinator)
            let incarnation = try #require(try trial.journal().workers().first { $0.name == "anna" }?.incarnation)
            let client = try RunningProcess(Self.python, [
                Self.script, "--connect", endpoint, "--messages", "4000", "--seed", "7", "--incarnation", incarnation,
            ])
            // The run must not be over before the client is: its worker computes for short whiles, too short apart to count as silent.
            let deadline = ContinuousClock.now + .seconds(150)
            while client.isRunning, coordinator.isRunning, ContinuousClock.now < deadline {
                worker.signal(SIGSTOP)
                usleep(400_000)
                worker.signal(SIGCONT)
                usleep(30_000)
            }
            #expect(coordinator.isRunning, "the run lasts as long as the client")
            let outcome = try client.wait(timeout: 30)
            let report = try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any], "\(outcome.stderr)")
            #expect(outcome.status == 0, "\(report["failures"] ?? "") \(outcome.stderr)")
            #expect(report["messages"] as? Int ?? 0 >= 4000)

            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)")
            let status = try JSONDecoder().decode(
                StatusReport.self, from: try runFilterscope(["status", "--json", "--run", trial.runPath]).stdout)
            let refusals = try #require(status.refusals)
            for kind in [
                "malformed", "too-large", "version", "unknown-kind", "unknown-peer", "wrong-run", "unasked", "wrong-direction", "fingerprint",
                "impostor", "handshake", "cut", "flood",
            ] { #expect(refusals[kind] ?? 0 > 0, "\(kind) is not counted: \(refusals)") }
            let log = try trial.log().map(\.record)
            #expect(!log.contains { $0.level == .error })
            #expect(log.count { $0.message == "message refused" } <= 8 * refusals.count, "the log stays short")
            #expect(log.allSatisfy { !$0.message.contains("forged") }, "nobody writes under another's name")
            // What strangers may have under way, 256 of them, and what libzmq's threads take in between two looks.
            #expect(peak.bytes < quietPeak.bytes + 300 << 20, "\(peak.bytes >> 20) MiB, \(quietPeak.bytes >> 20) MiB in peace")
        }
    }
}

/// The largest resident memory of a process so far, looked at until it ends.
private final class Peak: @unchecked Sendable {
    private let lock = NSLock()
    private var highest = 0

    init(_ process: RunningProcess) {
        let pid = process.pid
        Thread.detachNewThread { [self] in
            while let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
                let line = status.firstMatch(of: /VmHWM:\s+(\d+) kB/), let kibibytes = Int(line.1)
            {
                lock.withLock { highest = max(highest, kibibytes << 10) }
                usleep(20_000)
            }
        }
    }

    var bytes: Int { lock.withLock { highest } }
}
