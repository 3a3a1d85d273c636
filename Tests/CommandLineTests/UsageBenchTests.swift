import Foundation
import TestSupport
import Testing

/// `bench` over small networks: that its figures are there and agree with one another, not how large they are.
@Suite struct UsageBenchTests {
    private static func json(_ words: [String]) throws -> [String: Any] {
        let outcome = try runFilterscope(["bench"] + words + ["--json"], timeout: 120)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        return try #require(try JSONSerialization.jsonObject(with: outcome.stdout) as? [String: Any])
    }

    private static func rows(_ result: [String: Any], _ name: String) throws -> [[String: Any]] {
        try #require(result[name] as? [[String: Any]])
    }

    private static func sum(_ rows: [[String: Any]], _ name: String) -> Double {
        rows.reduce(0) { $0 + ($1[name] as? Double ?? 0) }
    }

    private static let small = ["--model", "vgg11", "--width", "16", "--batch", "8", "--labels", "5", "--runs", "1"]

    @Test(arguments: ["training", "inference"]) func reportHasTheMedianOfItsRuns(_ subject: String) throws {
        let result = try Self.json(
            [subject, "--model", "vgg11", "--width", "1", "--batch", "10", "--labels", "3", "--threads", "2", "--runs", "1"])
        let runs = try #require(result["runs"] as? [Double])
        #expect(runs.count == 1 && runs[0] > 0)
        #expect(result["images_per_second"] as? Double == runs[0])
        let (peak, lane) = (result["peak_memory_bytes"] as? Int ?? 0, result["lane_bytes"] as? Int ?? 0)
        #expect(lane > 1 << 16)
        #expect(peak > 2 * lane)
        #expect((result["model"] as? String ?? "").hasPrefix("vgg11"))
        #expect(result["profile"] == nil)
    }

    @Test func unknownSubjectIsRefused() throws {
        let outcome = try runFilterscope(["bench", "trainig"])
        #expect(outcome.status == 2)
        #expect(outcome.stderr.contains("did you mean \"training\"?"))
    }

    // MARK: kernels

    @Test func kernelsCoverEveryConvolutionBothWays() throws {
        let result = try Self.json(["kernels"] + Self.small)
        let kernels = try Self.rows(result, "kernels")
        // The first layer has no gradient of its input.
        let directions = Dictionary(grouping: kernels) { $0["direction"] as? String ?? "" }.mapValues(\.count)
        #expect(directions == ["forward": 8, "weight-gradient": 8, "backward": 7])
        let limits = try #require(result["limits"] as? [String: Double])
        let (sgemm, tile) = (limits["sgemm_gflops"] ?? 0, limits["tile_gflops"] ?? 0)
        #expect(sgemm > 0 && tile > 0)
        for kernel in kernels {
            let name = "\(kernel["layer"] ?? "") \(kernel["direction"] ?? "")"
            let input = try #require(kernel["input"] as? [Int])
            let filters = try #require(kernel["filters"] as? Int)
            let products = Double(input.reduce(1, *) * 9 * filters) * (kernel["direction"] as? String == "backward" ? 2 : 1)
            let (milliseconds, gflops) = (kernel["milliseconds"] as? Double ?? 0, kernel["gflops"] as? Double ?? 0)
            #expect(abs(gflops * milliseconds / (2e-6 * products) - 1) < 1e-9, "\(name)")
            #expect(abs((kernel["sgemm_factor"] as? Double ?? 0) * sgemm / gflops - 1) < 1e-9, "\(name)")
            #expect(abs((kernel["tile_factor"] as? Double ?? 0) * tile / gflops - 1) < 1e-9, "\(name)")
            let isDirect = kernel["scheme"] as? String == "direct"
            #expect((kernel["tiles"] == nil) == isDirect, "\(name)")
            #expect(isDirect == (kernel["layer"] as? String == "conv1"), "\(name)")
        }
        // Two images of 32×32×3, 3·3·3·16 weights, two maps of 32×32×16; float32.
        #expect(kernels[0]["minimum_bytes"] as? Int == 4 * (2 * 1024 * 3 + 432 + 2 * 1024 * 16))
        // Behind the max-pool the gradient has a quarter of the map's elements, and the map itself is read too.
        #expect(kernels[1]["minimum_bytes"] as? Int == 4 * (2 * 1024 * 3 + 432 + 2 * 1024 * 16 + 2 * 256 * 16))
    }

    @Test func kernelsMakeUpTheStep() throws {
        let result = try Self.json(["kernels"] + Self.small)
        let (kernels, others) = (try Self.rows(result, "kernels"), try Self.rows(result, "others"))
        #expect(Set(others.compactMap { $0["kernel"] as? String }) == [
            "normalization", "reductions", "input copy", "classifier forward", "classifier backward", "loss", "gradient sums", "optimizer",
        ])
        for other in others { #expect((other["gigabytes_per_second"] as? Double ?? 0) > 0, "\(other)") }
        let share = Self.sum(kernels, "step_share") + Self.sum(others, "step_share")
        #expect(share > 0.2 && share <= 1.0001)
        #expect(abs((result["step_share"] as? Double ?? 0) - share) < 1e-9)
        // Four shards: what a shard takes in a step, four times, is the convolutions' share of it.
        let inStep = 4 * Self.sum(kernels, "in_step_milliseconds") / (result["step_milliseconds"] as? Double ?? 0)
        #expect(abs(inStep - Self.sum(kernels, "step_share")) < 1e-9)
    }

    // MARK: training --profile

    @Test(arguments: [1, 2]) func sectionsMakeUpTheStepOfAllLanes(threads: Int) throws {
        let result = try Self.json(["training"] + Self.small + ["--threads", "\(threads)", "--profile"])
        let profile = try #require(result["profile"] as? [String: Any])
        let (sections, totals) = (try Self.rows(profile, "sections"), try Self.rows(profile, "totals"))
        // Four sections for each of eight layers, and six others.
        #expect(sections.count == 38)
        let step = try #require(profile["step_milliseconds"] as? Double)
        #expect(abs(Self.sum(totals, "milliseconds") / (step * Double(threads)) - 1) < 1e-6)
        #expect(abs(Self.sum(totals, "share") - 1) < 1e-6)
        for total in totals {
            let name = try #require(total["section"] as? String)
            let own = sections.filter { $0["section"] as? String == name }
            #expect(name == "waiting" || abs(Self.sum(own, "milliseconds") - (total["milliseconds"] as? Double ?? -1)) < 1e-9, "\(name)")
            #expect(name == "waiting" || Self.sum(own, "milliseconds") > 0, "\(name)")
        }
        let convolutions = sections.filter { ($0["section"] as? String ?? "").hasPrefix("convolution") }
        #expect(convolutions.allSatisfy { ($0["milliseconds"] as? Double ?? 0) > 0 })
        #expect(abs((profile["outside_convolutions"] as? Double ?? 0) + Self.sum(convolutions, "share") - 1) < 1e-6)
    }

    @Test(arguments: [["inference"], ["kernels"], ["training", "--workers", "1"]])
    func onlyTrainingInThisProcessHasAProfile(_ words: [String]) throws {
        let outcome = try runFilterscope(["bench"] + words + Self.small + ["--profile"])
        #expect(outcome.status == 2)
        #expect(outcome.stderr.contains("--profile is for training without --workers"))
    }

    // MARK: blocks

    @Test func blocksCompareEverySchemeOfEveryShape() throws {
        let result = try Self.json(["blocks"] + Self.small)
        let shapes = try Self.rows(result, "shapes")
        // Of vgg11's eight layers the last three share a shape with others or each other.
        #expect(shapes.map { $0["layer"] as? String } == ["conv1", "conv2", "conv3", "conv4", "conv5", "conv6", "conv7"])
        for shape in shapes {
            let entries = try Self.rows(shape, "entries")
            let schemes = Set(entries.compactMap { $0["scheme"] as? String })
            let expected: Set<String> = switch shape["layer"] as? String {
            case "conv1": ["direct"]
            case "conv7": ["direct", "winograd43", "wholeMap2"]
            default: ["direct", "winograd43"]
            }
            #expect(schemes == expected)
            let used = try #require(shape["scheme"] as? String)
            for (tiles, time, fastest) in [
                ("forward_tiles", "forward_milliseconds", "fastest_forward_tiles"),
                ("backward_tiles", "backward_milliseconds", "fastest_backward_tiles"),
            ] {
                // What the table holds is among what was measured.
                let held = shape[tiles] as? Int
                #expect(entries.contains { $0["scheme"] as? String == used && $0["tiles"] as? Int == held })
                let candidates = entries.filter { $0["scheme"] as? String == shape["fastest_scheme"] as? String }
                let best = try #require(candidates.min { ($0[time] as? Double ?? 0) < ($1[time] as? Double ?? 0) })
                #expect(best["tiles"] as? Int == shape[fastest] as? Int)
                #expect((best[time] as? Double ?? 0) > 0)
            }
        }
    }

    // MARK: accuracy

    @Test func accuracyComparesEverySchemeWithTheDirectOne() throws {
        let result = try Self.json(["accuracy"] + Self.small)
        let rows = try Self.rows(result, "rows")
        let cases = Dictionary(grouping: rows) { "\($0["layer"] ?? "") \($0["direction"] ?? "")" }
        #expect(cases.count == 7 * 3)
        for (name, rows) in cases {
            #expect(rows.filter { $0["used"] as? Bool == true }.count == 1, "\(name)")
            #expect(rows.contains { $0["scheme"] as? String == "direct" }, "\(name)")
            for row in rows {
                let (rms, direct) = (row["root_mean_square"] as? Double ?? 0, row["direct_root_mean_square"] as? Double ?? 0)
                // Rounding to 24 bits leaves a trace, and no more than that.
                #expect(rms > 1e-9 && rms < 1e-5, "\(name) \(rms)")
                #expect((row["largest"] as? Double ?? 0) > 1e-9 && (row["largest"] as? Double ?? 1) < 1e-4, "\(name)")
                #expect(row["scheme"] as? String != "direct" || rms == direct, "\(name)")
            }
        }
    }

    // MARK: Text

    @Test(arguments: [
        (["kernels"], "convolutions of a step:"), (["training", "--profile", "--threads", "2"], "the step's share outside convolutions:"),
        (["blocks"], "fastest scheme"), (["accuracy"], "rms × direct"),
    ])
    func tablesFitInto120Columns(_ words: [String], _ expected: String) throws {
        let outcome = try runFilterscope(["bench"] + words + Self.small, timeout: 120)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        #expect(outcome.stdoutText.contains(expected))
        for line in outcome.stdoutText.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    }
}
