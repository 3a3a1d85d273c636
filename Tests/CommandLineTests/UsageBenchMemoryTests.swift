import Foundation
import TestSupport
import Testing

/// What `bench` says of a cluster's memory against what /proc says of its processes.
@Suite struct UsageBenchMemoryTests {
    /// Bytes of a field of /proc/PID/status; nil where there is none.
    private func field(_ name: String, of process: Int32) -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return nil }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    @Test func peakIsThatOfAllProcessesAndCountsWhatTheyShareOnce() throws {
        let bench = try RunningProcess(try filterscopeExecutable(), [
            "bench", "training", "--model", "vgg11", "--width", "32", "--batch", "8", "--labels", "5", "--workers", "2", "--threads", "1",
            "--runs", "2", "--json",
        ])
        // The last look at each process: its peak, and the shared part of what it holds.
        var peaks: [Int32: Int] = [:]
        var shared: [Int32: Int] = [:]
        try waitUntil("the bench ends") {
            for process in [bench.pid] + childProcesses(of: bench.pid) {
                if let peak = field("VmHWM", of: process) { peaks[process] = peak }
                if let bytes = field("RssShmem", of: process), bytes > 0 { shared[process] = max(shared[process] ?? 0, bytes) }
            }
            return !bench.isRunning
        }
        let outcome = try bench.wait()
        #expect(outcome.status == 0, "\(outcome.stderr)")
        let result = try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
        let told = Double(try #require(result["peak_memory_bytes"] as? Int))
        #expect(peaks.count == 3)
        let (sum, common) = (Double(peaks.values.reduce(0, +)), Double(shared.values.reduce(0, +)))
        // Weights of 4.6 MB at least are mapped by all three.
        #expect(common > 3 * 4e6)
        // Less than all peaks, for the weights count once; more than what nobody shares. The peaks may have grown a little between.
        #expect(told < sum - 4e6, "told \(told), peaks \(peaks)")
        #expect(told > 0.95 * (sum - common), "told \(told), peaks \(peaks), shared \(shared)")
    }
}
