import Foundation
import Messages
import Service
import TestSupport
import Testing

@Suite struct MetricsTests {
    private func text(workers: [String] = ["anna", "bert"]) -> String {
        MetricsDocument(
            status: ServiceTrial.status(workers: workers), figures: ServiceTrial.figures(workers: workers), facts: ServiceTrial.facts, listeners: 2,
            answered: [200: 17, 404: 1]
        ).text
    }

    /// What an own reader of the format finds: families with their types, and samples by name and labels.
    private func parsed(_ text: String) throws -> (types: [String: String], samples: [(name: String, labels: [String: String], value: Double)]) {
        var types: [String: String] = [:]
        var samples: [(name: String, labels: [String: String], value: Double)] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                #expect(types[String(words[2])] == nil, "\(words[2]) stands twice")
                types[String(words[2])] = String(words[3])
            } else if !line.hasPrefix("#") {
                let match = try #require(line.wholeMatch(of: /([a-z_:0-9]+)(?:\{(.*)\})? (\S+)/), "\(line)")
                var labels: [String: String] = [:]
                for pair in (match.2 ?? "").matches(of: /([a-z_]+)="((?:[^"\\]|\\.)*)"/) {
                    labels[String(pair.1)] = String(pair.2).replacing("\\n", with: "\n").replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
                }
                samples.append((String(match.1), labels, Double(match.3.replacing("+Inf", with: "inf")) ?? .nan))
            }
        }
        return (types, samples)
    }

    @Test func figuresStandUnderTheirNames() throws {
        let (types, samples) = try parsed(text())
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? { samples.first { $0.name == name && $0.labels == labels }?.value }
        #expect(value("filterscope_steps_total", ["phase": "training"]) == 30 && value("filterscope_steps_total", ["phase": "heads"]) == 0)
        #expect(value("filterscope_units_completed_total", ["kind": "train"]) == 30 && value("filterscope_unit_lane_seconds_total", ["kind": "train"]) == 40)
        #expect(value("filterscope_refusals_total", ["kind": "malformed"]) == 4 && value("filterscope_refusals_total", ["kind": "flood"]) == 0)
        #expect(value("filterscope_worker_share_ratio", ["worker": "anna"]) == 0.5 && value("filterscope_worker_failures_total", ["worker": "bert"]) == 1)
        #expect(value("filterscope_run_state", ["state": "running"]) == 1 && value("filterscope_run_state", ["state": "failed"]) == 0)
        #expect(value("filterscope_run_state", ["state": "waiting for workers"]) == 0)
        #expect(value("filterscope_loss") == 1.5 && value("filterscope_test_accuracy_ratio") == 0.625)
        #expect(value("filterscope_log_records_total", ["level": "warning"]) == 1 && value("filterscope_http_answers_total", ["code": "404"]) == 1)
        #expect(value("filterscope_step_seconds_count") == 4 && value("filterscope_step_seconds_bucket", ["le": "0.05"]) == 2)
        #expect(value("filterscope_step_seconds_bucket", ["le": "5"]) == 3 && value("filterscope_step_seconds_bucket", ["le": "+Inf"]) == 4)
        #expect(abs((value("filterscope_step_seconds_sum") ?? 0) - 103.09) < 1e-9)
        #expect(value("process_resident_memory_bytes").map { $0 > 1e6 } == true && value("process_cpu_seconds_total").map { $0 > 0 } == true)
        for (name, type) in types where type == "counter" { #expect(name.hasSuffix("_total"), "\(name)") }
        #expect(Set(samples.map { "\($0.name) \($0.labels.sorted { $0.key < $1.key })" }).count == samples.count, "no series twice")
    }

    static let hostile = ["a\"} 1\nfilterscope_evil 1", "back\\slash", "</script><img src=x>", "ü\u{202E}\u{0007}", "two\r\nlines", "{}=,"]

    @Test func namesOfWorkersStayLabels() throws {
        let (types, samples) = try parsed(text(workers: Self.hostile).replacing("\r", with: "?"))
        #expect(types["filterscope_evil"] == nil && !samples.contains { $0.name == "filterscope_evil" })
        #expect(Set(samples.compactMap { $0.name == "filterscope_worker_threads" ? $0.labels["worker"] : nil }) == Set(Self.hostile.map { String(decoding: $0.utf8.map { $0 == 13 ? 63 : $0 }, as: UTF8.self) }))
    }

    @Test(.enabled(if: Prometheus.isThere)) func promtoolFindsNoFault() throws {
        let directory = try TemporaryDirectory()
        for (index, text) in [text(), text(workers: Self.hostile), text(workers: [])].enumerated() {
            let path = try directory.write(Data(text.utf8), to: "metrics-\(index)")
            let outcome = try runProcess("/bin/sh", ["-c", "promtool check metrics < '\(path)'"])
            #expect(outcome.status == 0 && outcome.stdoutText.isEmpty && outcome.stderr.isEmpty, "\(outcome.stdoutText)\(outcome.stderr)")
        }
    }

    // MARK: Cluster/monitoring

    private static let monitoring = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Cluster/monitoring").path

    @Test(.enabled(if: Prometheus.isThere), arguments: [
        ["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"],
    ])
    func promtoolAcceptsWhatIsShipped(_ arguments: [String]) throws {
        let outcome = try runProcess("/usr/bin/env", ["promtool"] + arguments, directory: Self.monitoring)
        #expect(outcome.status == 0, "\(outcome.stdoutText)\(outcome.stderr)")
    }

    /// Dashboard and alerts ask for nothing that is not there.
    @Test func queriesNameWhatIsExported() throws {
        let (types, samples) = try parsed(text())
        let exported = Set(samples.map(\.name)).union(["up"])
        let dashboard = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: Self.monitoring + "/dashboard.json"))) as? [String: Any]
        let panels = try #require(dashboard?["panels"] as? [[String: Any]])
        var queries = panels.flatMap { ($0["targets"] as? [[String: Any]] ?? []).compactMap { $0["expr"] as? String } }
        #expect(panels.count > 15 && queries.count >= panels.count)
        queries.append(try String(contentsOfFile: Self.monitoring + "/alerts.yml", encoding: .utf8))
        queries.append(try String(contentsOfFile: Self.monitoring + "/alerts.test.yml", encoding: .utf8))
        for query in queries {
            let names = query.matches(of: /\b(?:filterscope|process)_[a-z_]+/).map { String($0.0) }
            #expect(!names.isEmpty)
            for name in names { #expect(exported.contains(name), "\(name) is not exported") }
        }
        // Whatever is a counter is looked at by its growth.
        for query in queries.dropLast(2) {
            for match in query.matches(of: /(\w+\()?(filterscope_[a-z_]+_total)/) where types[String(match.2)] == "counter" {
                #expect(match.1 == "rate(" || match.1 == "increase(", "\(query)")
            }
        }
        // Each alert has a case that fires, and one that does not.
        let alerts = try String(contentsOfFile: Self.monitoring + "/alerts.yml", encoding: .utf8).matches(of: /alert: (\w+)/).map { String($0.1) }
        let cases = try String(contentsOfFile: Self.monitoring + "/alerts.test.yml", encoding: .utf8)
        #expect(alerts.count == 11)
        for alert in alerts {
            let outcomes = cases.matches(of: try Regex("alertname: \(alert)\\n\\s+exp_alerts:( \\[\\])?")).map { $0.output[1].substring != nil }
            #expect(outcomes.contains(true) && outcomes.contains(false), "\(alert)")
        }
    }
}

enum Prometheus {
    static let isThere = ["/usr/bin/promtool", "/usr/local/bin/promtool"].contains { FileManager.default.isExecutableFile(atPath: $0) }
}
