import Diagnostics
import Foundation
import RunStore
import TestSupport
import Testing

/// What becomes of old records, and of those who read.
struct LogRetentionTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func records(_ numbers: Range<Int>, time: Double = 0) -> [LogRecord] {
        numbers.map { record("\($0)", time: time, fields: ["text": String(repeating: "x", count: 400)]) }
    }

    private func bounds() throws -> (lowest: Int, highest: Int, count: Int) {
        try fixture.journal.database.rows("SELECT min(id), max(id), count(*) FROM logs") { row throws(Problem) in
            (try row.integer(0), try row.integer(1), try row.integer(2))
        }[0]
    }

    @Test func theOldestGoWhenThereAreTooMany() throws {
        let store = LogStore(fixture.journal, limits: LogLimits(bytes: 2 << 20))
        var follower = try LogFollower(path: fixture.directory.journalPath)
        try fixture.journal.setCondition(.running)
        var seen: [String] = []
        for batch in 0..<100 {
            try store.append(records(batch * 200..<batch * 200 + 200))
            while let page = try follower.next(), !page.isEmpty { seen += page.map(\.record.message) }
        }
        #expect(seen == (0..<20_000).map(String.init), "a follower across rotations misses nothing and repeats nothing")
        let kept = try bounds()
        #expect(kept.highest == 20_000 && kept.count == kept.highest - kept.lowest + 1)
        #expect((3000...4600).contains(kept.count), "2 MiB of some 500 bytes each: \(kept.count)")
        // The file stays in bounds too: room of rows that went is used again.
        let size = try FileManager.default.attributesOfItem(atPath: fixture.directory.journalPath)[.size] as? Int ?? 0
        #expect(size < 8 << 20, "\(size)")
        // Who comes late is told how much is gone.
        let page = try fixture.reader().logPage(LogQuery(after: 100, limit: 10))
        #expect(page.missing == kept.lowest - 101 && page.records.first?.id == kept.lowest)
        #expect(try fixture.reader().logPage(LogQuery(after: kept.lowest, limit: 10)).missing == 0)
    }

    @Test func aCoordinatorThatGoesOnKnowsWhatIsThere() throws {
        try LogStore(fixture.journal).append(records(0..<10_000))
        #expect(try bounds().count == 10_000)
        let store = LogStore(fixture.journal, limits: LogLimits(bytes: 1 << 20))
        for number in 0..<10 { try store.append(records(number..<number + 1)) }
        #expect(try bounds().count < 3000 && bounds().highest == 10_010)
    }

    @Test func theOldGo() throws {
        let now = Date().timeIntervalSince1970
        let store = LogStore(fixture.journal, limits: LogLimits(seconds: 3600))
        try store.append(records(0..<600, time: now - 4000))
        try store.append(records(600..<1200, time: now - 1000))
        try store.append(records(1200..<1300, time: now))
        #expect(try bounds().lowest == 601)
    }

    @Test func whatWasTakenOfAWorkerIsKeptWithItsRecords() throws {
        try fixture.journal.workerJoined(WorkerRow(
            name: "w", incarnation: "i", host: "h", pid: 1, threads: 1, fingerprint: "f", joined: 1))
        let store = LogStore(fixture.journal)
        #expect(try fixture.journal.takenLogs(ofLatest: 10) == [:])
        try store.append(records(0..<3), taken: ["i": 3, "somebody else": 9])
        #expect(try fixture.journal.takenLogs(ofLatest: 10) == ["i": 3])
        try fixture.journal.setClock(incarnation: "i", offset: -7200.5, uncertainty: 0.001)
        let worker = try fixture.journal.workers().first
        #expect(worker?.clockOffset == -7200.5 && worker?.clockUncertainty == 0.001)
    }

    @Test func queriesByTailTimeAndPatterns() throws {
        let store = LogStore(fixture.journal)
        try store.append((0..<50).map { record("\($0)", time: Double($0), source: "worker-\($0 % 5)") } + [record("odd", time: 50, source: "a[b]*")])
        func messages(_ query: LogQuery) throws -> [String] {
            let page = try fixture.journal.logPage(query).records.map(\.record)
            #expect(page.allSatisfy(query.matches), "the same by hand")
            return page.map(\.message)
        }
        #expect(try messages(LogQuery(tail: 3)) == ["48", "49", "odd"])
        #expect(try messages(LogQuery(workers: ["worker-1"], tail: 2)) == ["41", "46"])
        #expect(try fixture.journal.logPage(LogQuery(tail: 0)).lastID == 51)
        #expect(try messages(LogQuery(since: 10, until: 13)) == ["10", "11", "12"])
        #expect(try messages(LogQuery(until: 6, workers: ["worker-[14]", "worker-?", "x"])).count == 6)
        #expect(try messages(LogQuery(workers: ["a[b]*"])) == ["odd"], "brackets are letters")
        #expect(try messages(LogQuery(workers: ["*-4", "a*"])).count == 11)
        #expect(try messages(LogQuery(after: 49, workers: ["worker-*"], tail: 5)) == ["49"])
        #expect(try fixture.journal.logPage(LogQuery(scanned: 10, tail: 100)).records.count == 10, "no more is looked through")
    }
}
