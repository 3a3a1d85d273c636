import Diagnostics
import Foundation
import Messages
import TestSupport
import Testing

extension ClusterTests {
    /// Units that two workers compute, and one worker whose memory is not to be trusted.
    @Suite struct AuditTests {
        private func audited(_ share: Double) throws -> Trial {
            try Trial { recipe in
                var cluster = recipe["cluster"] as? [String: Any] ?? [:]
                cluster["audit"] = share
                cluster["minimumWorkers"] = 3
                recipe["cluster"] = cluster
            }
        }

        @Test func theOneThatFlipsABitIsSetAside() throws {
            let trial = try audited(1)
            let (coordinator, endpoint) = try trial.coordinator()
            let honest = try ["anna", "bert"].map { try trial.worker($0, at: endpoint) }
            let odd = try trial.worker("odd", at: endpoint, environment: ["FILTERSCOPE_TEST_FLIP_BIT": "1"])
            try trial.expectUndisturbedResults(try coordinator.wait())
            for worker in honest { #expect(try worker.wait(timeout: 20).status == 0, "\(worker.stderr)") }
            let outcome = try odd.wait(timeout: 20)
            #expect(outcome.status == 1)
            #expect(outcome.stderr.contains("was set aside"), "\(outcome.stderr)")
            let log = try trial.log().map(\.record)
            let differing = log.filter { $0.message == "results of one unit differ: a third worker has to decide" }
            #expect(differing.contains { $0.fields["workers"]?.contains("odd") == true && $0.unit != nil })
            #expect(log.contains { $0.message == "worker set aside: it computes wrongly" && $0.fields["worker.name"] == "odd" })
            let status = try JSONDecoder().decode(StatusReport.self, from: Data(try #require(try trial.journal().status()?.json).utf8))
            #expect(status.faults.contains { $0.contains("odd") && $0.contains("set aside") }, "\(status.faults)")
        }

        /// An audit changes no bits, and says what it came to.
        @Test func aShareIsAuditedAndAgrees() throws {
            let trial = try audited(0.2)
            let run = try trial.run(workers: 3)
            try trial.expectUndisturbedResults(try run.wait())
            let audit = try #require(try trial.log().map(\.record).last { $0.message == "audit" })
            #expect(Int(audit.fields["units-agreed"] ?? "") ?? 0 > 5)
            #expect(audit.fields["units-differed"] == "0")
        }
    }
}
