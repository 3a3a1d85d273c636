import Diagnostics
import Foundation
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// `docs/sql.md` against the journal of a real run: every table and column, and every query.
    @Suite struct SchemaPageTests {
        private let run: FinishedRun
        private let page: String

        init() throws {
            run = try FinishedRun.get()
            page = try String(contentsOfFile: Trial.repository("docs/sql.md"), encoding: .utf8)
        }

        /// Table, column and type, in order.
        private struct Column: Hashable { let table, name, type: String }

        @Test func noColumnIsMissingOrInvented() throws {
            let database = try JournalReader(path: run.path + "/run.sqlite").database
            let tables = try database.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name") { row throws(Problem) in try row.string(0) }
            var columns: [Column] = []
            for table in tables {
                columns += try database.rows("SELECT name, type FROM pragma_table_info(?)", table) { row throws(Problem) in
                    Column(table: table, name: try row.string(0), type: try row.string(1))
                }
            }
            #expect(tables.count >= 18 && columns.count >= 130)
            var described: [Column] = []
            var table = ""
            for line in page.split(separator: "\n") {
                if let heading = line.wholeMatch(of: /### `(\w+)`/) { table = String(heading.1) }
                if let row = line.wholeMatch(of: /\| `(\w+)` \| (\w+) \| .+ \|/) {
                    described.append(Column(table: table, name: String(row.1), type: String(row.2)))
                }
            }
            #expect(Set(columns).subtracting(described) == [], "not on the page")
            #expect(Set(described).subtracting(columns) == [], "not in the file")
            #expect(described.count == columns.count, "each once")
            // In the table's own order, so that SELECT * reads as the page does.
            for table in tables { #expect(described.filter { $0.table == table } == columns.filter { $0.table == table }, "\(table)") }
        }

        // MARK: Queries

        private func query(_ number: Int) throws -> String {
            let part = try #require(page.components(separatedBy: "\n### \(number). ").dropFirst().first, "query \(number)")
            return try #require(part.components(separatedBy: "```sql\n").dropFirst().first?.components(separatedBy: "```").first)
        }

        /// Cells as text, numbers with six decimals; empty for NULL.
        private func rows(_ number: Int, of path: String? = nil) throws -> [[String]] {
            let sql = try query(number).trimmingCharacters(in: .whitespacesAndNewlines)
            return try JournalReader(path: (path ?? run.path) + "/run.sqlite").database.rows(sql) { row throws(Problem) in row.values.map(Self.cell) }
        }

        private static func cell(_ value: SQLiteValue) -> String {
            switch value {
            case .null: ""
            case .integer(let number): "\(number)"
            case .real(let number): text(number)
            case .text(let text): text
            }
        }

        private static func text(_ value: Any?) -> String { (value as? NSNumber).map { String(format: "%.6f", $0.doubleValue) } ?? "" }

        private func layers() throws -> [[String: Any]] { try #require(try run.result("summary.json")["layers"] as? [[String: Any]]) }

        /// Each filter of `results/analysis.json` with its layer's name.
        private func filters() throws -> [(layer: String, filter: [String: Any])] {
            let layers = try #require(try run.result("analysis.json")["layers"] as? [[String: Any]])
            return try layers.flatMap { layer in
                let name = try #require(layer["layer"] as? String)
                return (layer["filters"] as? [[String: Any]] ?? []).map { (name, $0) }
            }
        }

        @Test func everyQueryIsTried() throws {
            let numbers = page.matches(of: #/\n### (\d+)\. /#).compactMap { Int($0.1) }
            #expect(numbers == Array(1...12))
            for number in numbers {
                #expect(!(try rows(number, of: number == 10 ? run.sweepPath : nil)).isEmpty, "query \(number)")
            }
        }

        @Test func bestLayersAndNoise() throws {
            let layers = try layers().filter { ($0["signal"] as? Double ?? 0) > 0 }
            func rank(_ layer: [String: Any]) -> Double { (layer["snr"] as? Double) ?? .infinity }
            let best = layers.sorted { rank($0) > rank($1) }.prefix(3)
            #expect(try rows(1).map { $0[2] } == best.map { Self.text($0["snr"] as? Double) })
            #expect(try rows(1).first?[0] == best.first?["layer"] as? String)
            let noise = try rows(3)
            #expect(try noise.map { $0[1] } == self.layers().map { Self.text($0["mean_noise"] as? Double) })
            #expect(noise[0][3] == "" && noise[1...].contains { !$0[3].isEmpty })
        }

        @Test func filtersThatKnowALabel() throws {
            var expected: Set<[String]> = []
            for (layer, filter) in try filters() {
                for cluster in filter["clusters"] as? [[Int]] ?? [] where cluster.contains(7) {
                    let number = try #require(filter["filter"] as? Int)
                    expected.insert([layer, "\(number)", cluster.map(String.init).joined(separator: " "), "\(filter["noise"] as? Int ?? -1)"])
                }
            }
            let found = try rows(2)
            #expect(!expected.isEmpty && Set(found) == expected && found.count == expected.count)
            let noise = found.compactMap { Int($0[3]) }
            #expect(noise == noise.sorted())
        }

        @Test func unitTimes() throws {
            let units = try JournalReader(path: run.path + "/run.sqlite").units()
            let groups = Dictionary(grouping: units) { [$0.worker ?? "", $0.kind] }
            let found = try rows(4)
            #expect(found.count == groups.count)
            for row in found {
                let times = try #require(groups[[row[0], row[1]]]).compactMap(\.seconds).sorted()
                let median = (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
                #expect(row[2] == "\(times.count)" && row[3] == Self.text(median) && row[4] == Self.text(times[times.count - 1]), "\(row)")
            }
            let slowest = units.filter { $0.seconds != nil }.sorted { ($0.seconds ?? 0) > ($1.seconds ?? 0) }.prefix(10)
            #expect(try rows(5).map { $0[5] } == slowest.map { Self.text($0.seconds) })
            #expect(try rows(5).allSatisfy { (Double($0[6]) ?? 0) > 0.99 }, "the slowest ones are no faster than the mean")
            let phases = try rows(11)
            #expect(phases.map { $0[0] } == ["training", "heads", "survey", "filters", "prune"])
            #expect(phases.compactMap { Int($0[3]) }.reduce(0, +) == units.count)
            #expect(phases.allSatisfy { (Double($0[1]) ?? 0) > 0 && (Double($0[2]) ?? 0) > 0 })
        }

        @Test func learningCurve() throws {
            let reader = try JournalReader(path: run.path + "/run.sqlite")
            let loss = try reader.metrics(phase: "training", name: "loss").compactMap(\.value)
            let found = try rows(6)
            #expect(loss.count == Trial.trainingSteps && found.map { $0[0] } == ["10", "20", "30", "40"])
            for (index, row) in found.enumerated() {
                #expect(row[1] == Self.text(loss[index * 10..<index * 10 + 10].reduce(0, +) / 10))
            }
            #expect(try #require(Double(found[3][1])) < #require(Double(found[0][1])), "it learns")
            // One test of the network after each epoch of ten steps.
            #expect(try found.map { $0[3] } == reader.metrics(phase: "training", name: "test_accuracy").map { Self.text($0.value) })
            #expect(try found[3][3] == Self.text(run.result("summary.json")["test_accuracy"]))
        }

        @Test func logAroundTheFailure() throws {
            let found = try rows(7)
            let lost = try #require(found.first { $0[4] == "worker left" })
            #expect(lost[2] == "warning" && lost[5].contains("worker-"))
            #expect(found.contains { $0[4] == "worker joined" || $0[4] == "unit is dealt again" || $0[4] == "worker process started" }, "\(found)")
            #expect(Set(found.map { $0[0] }).count == found.count, "each once")
        }

        @Test func shareOfWaiting() throws {
            let found = try rows(8)
            #expect(found.first?[0] == "all")
            #expect(try found.first?[2] == Self.text(run.result("summary.json")["waiting_share"]))
            #expect(found.count >= 3, "all and each worker")
        }

        @Test func prunedConnections() throws {
            let variants = try #require(try run.result("prune.json")["variants"] as? [[String: Any]])
            let own = try #require(variants.first { $0["method"] as? String == "afcc" })
            let layers = try #require(own["layers"] as? [[String: Any]])
            let found = try rows(9)
            #expect(found.map { $0[1] } == layers.compactMap { $0["layer"] as? String })
            for (row, layer) in zip(found, layers) {
                let (kept, all) = (try #require(layer["kept"] as? Double), try #require(layer["connections"] as? Double))
                #expect(row[3] == Self.text(kept / all) && row[5] == Self.text(own["accuracy_retrained"]))
            }
        }

        @Test func sweepPoints() throws {
            let points = try #require(try FinishedRun.json(run.sweepPath + "/results/sweep.json")?["points"] as? [[String: Any]])
            let found = try rows(10, of: run.sweepPath)
            #expect(found.map { $0[0] } == ["2", "3", "5"] && found.map { $0[1] } == ["2", "2", "1"])
            for row in found {
                let own = points.filter { "\($0["labels"] as? Int ?? 0)" == row[0] }
                let accuracy = own.compactMap { $0["test_accuracy"] as? Double }.reduce(0, +) / Double(own.count)
                #expect(row[2] == Self.text(1 - accuracy))
            }
        }

        @Test func filtersOnTheEdge() throws {
            let expected = try filters().compactMap { $0.filter["margin"] as? Double }.filter { $0 < 0.001 }.sorted()
            #expect(!expected.isEmpty)
            #expect(try rows(12).map { $0[2] } == expected.map(Self.text))
        }
    }
}
