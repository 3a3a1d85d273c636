import Foundation
import TestSupport
import Testing

/// `bench filters` over a small layer: that its figures are there, not how large they are.
@Suite struct UsageBenchFiltersTests {
    private func json(_ more: [String]) throws -> [String: Any] {
        let outcome = try runFilterscope(
            ["bench", "filters", "--labels", "58", "--filters", "37", "--positions", "3", "--threads", "1", "--json"] + more, timeout: 120)
        try #require(outcome.status == 0, "\(outcome.stderr)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
    }

    @Test func itsFiguresDoNotDependOnTheUnits() throws {
        let one = try json(["--unit", "5"])
        #expect(one["labels"] as? Int == 58 && one["filters"] as? Int == 37 && one["images"] as? Int == 116)
        #expect((one["filters_seconds"] as? Double ?? 0) > 0 && (one["label_means_seconds"] as? Double ?? 0) > 0)
        #expect((one["coordinator_peak_bytes"] as? Int ?? 0) > 1 << 20)
        #expect((one["worker_peak_bytes"] as? [Int])?.count == 1)
        let other = try json(["--unit", "64", "--workers", "2"])
        #expect((other["worker_peak_bytes"] as? [Int])?.count == 2)
        for key in ["active_filters", "mean_clusters_per_filter", "mean_cluster_size", "noise"] {
            #expect(one[key] as? NSNumber == other[key] as? NSNumber, "\(key)")
        }
        // Two labels fit each filter and agree with one another.
        #expect(one["active_filters"] as? Int == 37)
    }

    @Test func moreThanMemoryHoldsIsRefused() throws {
        let outcome = try runFilterscope(["bench", "filters", "--labels", "100000", "--filters", "100000"])
        #expect(outcome.status == 1 && outcome.stderr.contains("choose fewer"), "\(outcome.stderr)")
    }
}
