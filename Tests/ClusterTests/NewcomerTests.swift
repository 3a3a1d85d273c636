import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// What docs/operating.md tells newcomers to type, typed.
    @Suite struct NewcomerTests {
        /// Two network namespaces stand for the machines, which takes root; `Scripts/newcomer` is the same with the builds.
        @Test(.enabled(if: geteuid() == 0, "network namespaces take root")) func thePageLeadsToTwoMachinesAtWork() throws {
            let script = PythonPeer.sources.appendingPathComponent("Scripts/newcomer").path
            let process = try RunningProcess("/usr/bin/python3", [script, "--program", try filterscopeExecutable()])
            let outcome = try process.wait(timeout: 180)
            #expect(outcome.status == 0, "\(outcome.stdoutText) \(outcome.stderr)")
            #expect(outcome.stdoutText.contains(/two machines at work: step \d+, worker-host-\d+ on worker-host [1-9]/), "\(outcome.stdoutText)")
        }
    }
}
