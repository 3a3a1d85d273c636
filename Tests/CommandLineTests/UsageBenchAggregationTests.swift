import Foundation
import TestSupport
import Testing

/// `bench aggregation` over small gradients: its workers check every sum, so that its success is already news; and its figures agree
/// with one another.
@Suite struct UsageBenchAggregationTests {
    private func json(_ words: [String]) throws -> [String: Any] {
        let outcome = try runFilterscope(
            ["bench", "aggregation", "--megabytes", "6", "--runs", "3", "--json"] + words, timeout: 60)
        try #require(outcome.status == 0, "\(outcome.stderr)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
    }

    @Test(arguments: ["memory", "ipc", "tcp", "curve"]) func sumsComeBackByEveryTransport(_ transport: String) throws {
        let result = try json(["--transport", transport, "--workers", "2"])
        #expect(result["transport"] as? String == transport && result["workers"] as? Int == 2 && result["megabytes"] as? Int == 6)
        let runs = try #require(result["runs"] as? [Double])
        #expect(runs.count == 3)
        #expect(result["milliseconds"] as? Double == runs.sorted()[1])
        for name in ["gradient_milliseconds", "addition_milliseconds", "sum_milliseconds"] {
            let part = try #require(result[name] as? Double)
            #expect(part > 0 && part < (runs.max() ?? 0), "\(name)")
        }
        #expect((result["process_bytes"] as? [Int])?.count == 3)
        // Gradients from both, and the sum to both; or nothing but words.
        let bytes = try #require(result["bytes_per_run"] as? Int)
        if transport == "memory" { #expect(bytes > 0 && bytes < 1 << 16) } else { #expect(bytes > 24_000_000 && bytes < 24_100_000) }
    }

    /// Trees that are whole and one that is not.
    @Test(arguments: [1, 3, 4]) func sumsComeBackToAnyNumberOfWorkers(_ workers: Int) throws {
        for transport in ["memory", "tcp"] {
            let result = try json(["--transport", transport, "--workers", String(workers)])
            #expect((result["process_bytes"] as? [Int])?.count == workers + 1)
        }
    }

    @Test func usageIsExplained() throws {
        let help = try runFilterscope(["bench", "aggregation", "--help"]).stdoutText
        #expect(help.contains("Usage: filterscope bench aggregation") && help.contains("--transport KIND"))
        // What it passes to its own workers is not for people.
        #expect(!help.contains("--connect") && !help.contains("--keys"))
        #expect(try runFilterscope(["bench", "--help"]).stdoutText.contains("filterscope bench aggregation --help"))
        let outcome = try runFilterscope(["bench", "aggregation", "--transport", "pigeon"])
        #expect(outcome.status == 2 && outcome.stderr.contains("memory, ipc, tcp, curve"), "\(outcome.stderr)")
    }
}
