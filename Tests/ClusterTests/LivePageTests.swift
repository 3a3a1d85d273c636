import Foundation
import Messages
import TestSupport
import Testing

extension ClusterTests {
    /// A run's HTTP side, by those who use it: a browser, Prometheus, and people who start two runs at once.
    @Suite struct LivePageTests {
        /// Where the log says that the page is.
        static func address(_ process: RunningProcess) throws -> String {
            var address: String?
            try waitUntil("the coordinator says where its page is") {
                guard process.isRunning else { throw Disturbed("coordinator", process) }
                address = process.stderr.firstMatch(of: /address=(http:\S+)\s/).map { String($0.1) }
                return address != nil
            }
            return try #require(address)
        }

        /// Pauses a run in mid-training, however slowly commands start.
        private func hold(_ trial: Trial, _ coordinator: RunningProcess, _ worker: RunningProcess) throws {
            try trial.waitForStep(10, coordinator)
            worker.signal(SIGSTOP)
            defer { worker.signal(SIGCONT) }
            try operate(trial, "pause")
        }

        private func operate(_ trial: Trial, _ command: String) throws {
            let outcome = try runFilterscope([command, "--run", trial.runPath])
            try #require(outcome.status == 0, "\(outcome.stderr)")
        }

        /// From the first worker to the end, over the death of the coordinator, in one page that nobody touches.
        @Test(.enabled(if: LiveBrowser.isThere)) func thePageFollowsARunOverACrash() throws {
            let hostile = "\"><img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator(bind: "tcp://127.0.0.1:*", "--http", "0")
            let address = try Self.address(coordinator)
            let browser = try LiveBrowser(address)
            try browser.waitUntil("document.getElementById('state').textContent === 'waiting for workers'")
            #expect(try browser.text("document.getElementById('recipe').textContent") == "cluster-trial")
            let worker = try trial.worker(hostile, at: endpoint)
            try hold(trial, coordinator, worker)

            try browser.waitUntil("document.getElementById('state').textContent === 'paused'")
            try browser.waitUntil("document.querySelectorAll('#charts figure').length === 2")
            #expect(try browser.text("document.querySelector('#workers td').textContent") == hostile)
            #expect(try browser.number("document.querySelectorAll('#charts polyline').length") >= 2)
            #expect(try browser.text("document.getElementById('phase').textContent").hasPrefix("training: "))
            #expect(try browser.text("document.getElementById('log').textContent").contains("worker joined"))
            #expect(try browser.text("document.getElementById('log').textContent").contains("<script>document.title"))
            #expect(try browser.number("document.querySelectorAll('img, #workers script, #log script').length") == 0)
            #expect(try !browser.text("document.title").contains("broken"))
            // Nothing stands beyond the edge of a narrow screen; wide tables scroll by themselves.
            for width in [360, 768, 1200] {
                try browser.resize(width: width, height: 800)
                #expect(try browser.number("document.documentElement.scrollWidth") <= Double(width), "\(width) pixels")
            }
            let steps = try browser.number("document.querySelector('#log').children.length")

            coordinator.signal(SIGKILL)
            _ = try coordinator.wait()
            try browser.waitUntil("!document.getElementById('notice').hidden && document.getElementById('notice').textContent.includes('does not answer')")
            worker.signal(SIGKILL)
            _ = try worker.wait()
            let port = try #require(address.split(separator: ":").last.map { $0.filter(\.isNumber) })
            let (again, newEndpoint) = try trial.coordinator(bind: "tcp://127.0.0.1:*", "--resume", "--http", port)
            #expect(try Self.address(again) == address)
            try browser.waitUntil("document.getElementById('notice').hidden")
            let second = try trial.worker("bert", at: newEndpoint)
            try browser.waitUntil("document.querySelector('#workers td') && document.querySelector('#workers td').textContent === 'bert'")
            #expect(try browser.number("document.querySelector('#log').children.length") > steps)
            try trial.expectUndisturbedResults(try again.wait())
            _ = try second.wait()
            try browser.waitUntil("document.getElementById('notice').textContent.startsWith('The run is over: finished.')")
            #expect(try browser.text("document.getElementById('notice').textContent").contains("report.html"))
            #expect(try browser.text("document.getElementById('state').textContent") == "finished")
            #expect(browser.complaints.isEmpty, "\(browser.complaints)")
            // The whole course is there, the steps before the crash too, and those of the heads.
            #expect(try browser.number("document.querySelectorAll('#charts figure').length") == 4)
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prometheus"))) func prometheusScrapesARun() throws {
            let trial = try Trial()
            let (coordinator, endpoint) = try trial.coordinator(bind: "tcp://127.0.0.1:*", "--http", "0")
            let address = try Self.address(coordinator)
            let target = address.dropFirst("http://".count).filter { $0 != "/" }
            let configuration = try trial.temporary.write(Data("""
                global: { scrape_interval: 1s, scrape_timeout: 1s }
                scrape_configs:
                  - job_name: filterscope
                    static_configs: [{ targets: ["\(target)"] }]
                """.utf8), to: "prometheus.yml")
            let listener = try RawListener()
            let own = "http://" + listener.address.dropFirst("tcp://".count) + "/"
            let ownAddress = String(listener.address.dropFirst("tcp://".count))
            listener.release()
            let prometheus = try RunningProcess("/usr/bin/prometheus", [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(trial.temporary.file("tsdb"))", "--web.listen-address=\(ownAddress)", "--log.level=warn",
            ])
            func query(_ text: String) throws -> [(labels: [String: String], value: Double)] {
                let escaped = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let reply = try httpGet(own, "/api/v1/query?query=\(escaped)")
                let json = try JSONSerialization.jsonObject(with: reply.body) as? [String: Any]
                let rows = ((json?["data"] as? [String: Any])?["result"] as? [[String: Any]]) ?? []
                return rows.map { ($0["metric"] as? [String: String] ?? [:], Double(($0["value"] as? [Any])?.last as? String ?? "") ?? .nan) }
            }
            try waitUntil("Prometheus finds the coordinator", within: 60) {
                guard prometheus.isRunning else { throw Disturbed("prometheus", prometheus) }
                return (try? query("up"))?.first?.value == 1
            }
            let anna = try trial.worker("anna", at: endpoint)
            try hold(trial, coordinator, anna)
            try waitUntil("the pause is scraped", within: 30) { try query("filterscope_run_state{state=\"paused\"}").first?.value == 1 }
            #expect(try query("filterscope_steps_total{phase=\"training\"}").first.map { $0.value >= 10 } == true)
            #expect(try query("filterscope_loss").first.map { $0.value > 0 } == true)
            #expect(try query("filterscope_workers_joined_total").first?.value == 1)
            let workers = try query("filterscope_worker_units_completed_total")
            #expect(workers.map { $0.labels["worker"] } == ["anna"] && workers.first.map { $0.value >= 10 } == true)
            #expect(try query("filterscope_journal_write_seconds_count").first.map { $0.value > 10 } == true)
            #expect(try query("filterscope_run_info").first?.labels["recipe"] == "cluster-trial")
            #expect(try query("filterscope_run_disk_free_bytes").first.map { $0.value > 0 } == true)
            let reply = try httpGet(own, "/api/v1/targets")
            #expect(reply.text.contains("\"health\":\"up\"") && reply.text.contains("\"lastError\":\"\""))
            let checked = try trial.temporary.write(try httpGet(address, "/metrics").body, to: "metrics")
            let lint = try runProcess("/bin/sh", ["-c", "promtool check metrics < '\(checked)'"])
            #expect(lint.status == 0 && lint.stdoutText.isEmpty, "\(lint.stdoutText)\(lint.stderr)")

            try operate(trial, "resume")
            try trial.expectUndisturbedResults(try coordinator.wait())
            _ = try anna.wait()
            // The coordinator waited for one more look.
            try waitUntil("how it ended is known", within: 20) {
                try query("last_over_time(filterscope_run_state{state=\"finished\"}[5m])").first?.value == 1
            }
            prometheus.signal(SIGTERM)
            _ = try prometheus.wait(timeout: 30)
        }

        @Test func portsAreNamedAndGiveWay() throws {
            let trial = try Trial()
            let (coordinator, _) = try trial.coordinator()
            let address = try Self.address(coordinator)
            let other = try Trial()
            let (second, _) = try other.coordinator()
            #expect(try Self.address(second) != address)
            for source in [trial, other] {
                let outcome = try runFilterscope(["status", "--json", "--run", source.runPath])
                let report = try JSONDecoder().decode(StatusReport.self, from: outcome.stdout)
                let page = try #require(report.http)
                #expect(try httpGet(page, "/health").status == 200 && httpGet(page, "/ready").status == 200)
                // The same document, but for the time.
                var own = try JSONDecoder().decode(StatusReport.self, from: try httpGet(page, "/status.json").body)
                own.updatedAt = report.updatedAt
                #expect(own == report)
                #expect(try runFilterscope(["status", "--run", source.runPath]).stdoutText.contains(page))
            }
            let port = try #require(address.split(separator: ":").last.map { $0.filter(\.isNumber) })
            let third = try Trial()
            let refused = try third.run("--http", port).wait()
            #expect(refused.status == 1 && refused.stderr.contains("the port is in use") && refused.stderr.contains(port), "\(refused.stderr)")
            #expect(!FileManager.default.fileExists(atPath: third.runPath), "nothing was begun")
            for process in [coordinator, second] {
                process.signal(SIGINT)
                #expect(try process.wait().status == 130)
            }
            let after = try runFilterscope(["status", "--json", "--run", trial.runPath])
            #expect(try JSONDecoder().decode(StatusReport.self, from: after.stdout).http == nil)
        }

        @Test func openAddressesAreWarnedOfAndOffIsOff() throws {
            let trial = try Trial()
            let (open, _) = try trial.coordinator(bind: "tcp://127.0.0.1:*", "--http", "0.0.0.0:0")
            try waitUntil("the log warns") { open.stderr.contains("anybody who reaches the live page's address can watch the run") }
            let off = try Trial()
            let (quiet, _) = try off.coordinator(bind: "tcp://127.0.0.1:*", "--http", "off")
            try waitUntil("the status is there") { try runFilterscope(["status", "--run", off.runPath]).status == 0 }
            #expect(!quiet.stderr.contains("http://"))
            for process in [open, quiet] {
                process.signal(SIGINT)
                _ = try process.wait()
            }
        }
    }
}
