import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Addresses where nobody is, where somebody else is, and strangers at the coordinator's own.
    @Suite struct ConnectionFaultTests {
        @Test func aWorkerWithoutACoordinatorGivesUp() throws {
            let trial = try Trial()
            let endpoint = try freeAddress()
            let start = ContinuousClock.now
            let outcome = try trial.worker("lonely", at: endpoint, giveUp: 3).wait(timeout: 30)
            #expect(outcome.status == 1)
            #expect(start.duration(to: .now) >= .seconds(3))
            #expect(outcome.stderr.contains("still trying") && outcome.stderr.contains(endpoint), "\(outcome.stderr)")
            let last = outcome.stderr.split(separator: "\n").last ?? ""
            #expect(last.contains("no coordinator answered within 3 s") && last.contains("filterscope coordinator"), "\(outcome.stderr)")
        }

        @Test func aPortInUseIsNamed() throws {
            let trial = try Trial()
            let listener = try RawListener()
            let outcome = try trial.start(["coordinator", trial.recipePath, "--bind", listener.address, "--run", trial.runPath])
                .wait(timeout: 30)
            #expect(outcome.status == 1)
            let expected = "\(listener.address): the address is in use by another program; choose another port"
            #expect(outcome.stderr.contains(expected), "\(outcome.stderr)")
            withExtendedLifetime(listener) {}
        }

        @Test func anAddressOpenToOthersNeedsAWord() throws {
            let trial = try Trial()
            let outcome = try trial.start(["coordinator", trial.recipePath, "--bind", "tcp://0.0.0.0:*", "--run", trial.runPath])
                .wait(timeout: 30)
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("tcp://0.0.0.0:*") && outcome.stderr.contains("--insecure"), "\(outcome.stderr)")
        }

        @Test func twoCoordinatorsDoNotShareARun() throws {
            let trial = try Trial()
            let (first, endpoint) = try trial.coordinator()
            for more in [[], ["--resume"]] {
                let outcome = try trial.start(
                    ["coordinator", trial.recipePath, "--bind", "tcp://127.0.0.1:*", "--run", trial.runPath] + more).wait(timeout: 30)
                #expect(outcome.status == 1)
                #expect(outcome.stderr.contains(trial.runPath), "\(outcome.stderr)")
                if more.isEmpty {
                    #expect(outcome.stderr.contains("holds a run already"), "\(outcome.stderr)")
                } else {
                    #expect(outcome.stderr.contains("another coordinator works on this run (process \(first.pid)"), "\(outcome.stderr)")
                }
            }
            // The first is none the worse for it.
            let worker = try trial.worker("anna", at: endpoint)
            try trial.expectUndisturbedResults(try first.wait())
            #expect(try worker.wait(timeout: 20).status == 0)
        }

        @Test func strangersAtTheCoordinatorsPortDisturbNothing() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator()
            let worker = try trial.worker("anna", at: endpoint)
            try trial.waitForStep(3, coordinator)
            // With its only worker frozen, the run stands in mid-training while the strangers come.
            worker.signal(SIGSTOP)

            let noise = try RawSocket(connectedTo: endpoint)
            try? noise.send(Data(randomFloats(4096, seed: 9).flatMap { withUnsafeBytes(of: $0.bitPattern, Array.init) }))
            let web = try RawSocket(connectedTo: endpoint)
            try? web.send(Data("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8))
            let silent = try RawSocket(connectedTo: endpoint)
            let greeter = try RawSocket(connectedTo: endpoint)
            try greeter.greetAsDealer()
            try greeter.send(zeroMQFrame: Data("this is no message".utf8))
            let half = try RawSocket(connectedTo: endpoint)
            try half.send(RawSocket.greeting.prefix(20))
            let liar = try RawSocket(connectedTo: endpoint)
            try liar.greetAsDealer()
            // A frame that says it has 2^62 bytes.
            try liar.send(Data([2, 0x40, 0, 0, 0, 0, 0, 0, 0]))
            // Being refused, and the log of it, is the proof that the coordinator has looked at it.
            try waitUntil("the stranger's message is refused") {
                try trial.log().contains { $0.record.level == .warning && $0.record.message == "message refused" }
            }
            worker.signal(SIGCONT)

            try trial.expectUndisturbedResults(try coordinator.wait())
            #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)")
            let log = try trial.log().map(\.record)
            #expect(!log.contains { $0.level == .error })
            #expect(log.filter { $0.level == .warning && $0.message == "message refused" }.count <= 3, "strangers fill the log")
            for stranger in [noise, web, silent, greeter, half, liar] { stranger.hangUp() }
        }

        /// An address at which nobody listened a moment ago.
        private func freeAddress() throws -> String {
            let listener = try RawListener()
            return withExtendedLifetime(listener) { $0.address }
        }
    }
}
