import Diagnostics
import Foundation
import RunStore
import Synchronization
import TestSupport
import Testing

struct LogTests {
    let fixture: Fixture
    let store: LogStore

    init() throws {
        fixture = try Fixture()
        store = LogStore(fixture.journal)
    }

    func messages(_ query: LogQuery) throws -> [String] { try fixture.reader().logs(query).map(\.record.message) }

    @Test func recordsComeBackWhole() throws {
        let records = [
            LogRecord(time: 1.5, level: .error, source: "w1", unit: .max, message: "a \"b\"\n", fields: ["step": "1", "ü.é": "🙂/\\"]),
            LogRecord(time: 2, level: .debug, source: "coordinator", message: "", fields: [:]),
        ]
        try store.append(records)
        try store.append([])
        #expect(try fixture.journal.logs().map(\.record) == records)
        #expect(try fixture.journal.logs().map(\.id) == [1, 2])
    }

    @Test func listingsAreInOrderOfTimeThenArrival() throws {
        try store.append([record("c", time: 3), record("a", time: 1), record("b1", time: 2), record("b2", time: 2)])
        #expect(try messages(LogQuery()) == ["a", "b1", "b2", "c"])
        #expect(try messages(LogQuery(limit: 2)) == ["a", "b1"])
    }

    @Test func filtersNarrowAndCombine() throws {
        try store.append([
            record("loading", time: 1, level: .debug, source: "w1"),
            record("step done", time: 2, level: .info, source: "w2", fields: ["unit.id": "17"]),
            record("late heartbeat", time: 3, level: .warning, source: "coordinator", fields: ["worker.name": "w2"]),
            record("100% lost_", time: 4, level: .error, source: "w2"),
        ])
        #expect(try messages(LogQuery(worker: "w2")) == ["step done", "100% lost_"])
        #expect(try messages(LogQuery(level: .warning)) == ["late heartbeat", "100% lost_"])
        #expect(try messages(LogQuery(since: 2)) == ["step done", "late heartbeat", "100% lost_"])
        #expect(try messages(LogQuery(after: 3)) == ["100% lost_"])
        #expect(try messages(LogQuery(grep: "beat")) == ["late heartbeat"])
        #expect(try messages(LogQuery(grep: "17")) == ["step done"])
        #expect(try messages(LogQuery(grep: "worker.name")) == ["late heartbeat"])
        #expect(try messages(LogQuery(grep: "%")) == ["100% lost_"], "no wildcards")
        #expect(try messages(LogQuery(grep: "_")) == ["100% lost_"])
        #expect(try messages(LogQuery(grep: "'")) == [])
        #expect(try messages(LogQuery(worker: "w2", level: .error, since: 1, grep: "lost")) == ["100% lost_"])
        #expect(try messages(LogQuery(worker: "w3")) == [])
    }

    @Test func pagesFollowEachOtherWithoutGapOrRepeat() throws {
        try store.append((0..<25).map { record("\($0)", time: Double(100 - $0), level: $0 % 5 == 0 ? .warning : .info) })
        var query = LogQuery(limit: 10)
        var seen: [String] = []
        for expected in [10, 10, 5, 0] {
            let page = try fixture.journal.logPage(query)
            #expect(page.records.count == expected)
            seen += page.records.map(\.record.message)
            query.after = page.lastID
        }
        #expect(seen == (0..<25).map(String.init), "in order of arrival, whatever their times")
        // A page that matched little still moves past what did not match.
        let page = try fixture.journal.logPage(LogQuery(level: .warning, limit: 10))
        #expect(page.records.count == 5 && page.lastID == 25 && !page.finished)
    }

    @Test func followersEndWithTheRunAndNotBefore() throws {
        try fixture.journal.setCondition(.running)
        try store.append((0..<1500).map { record("\($0)") })
        var follower = try LogFollower(path: fixture.directory.journalPath)
        #expect(try follower.next()?.count == 1000)
        #expect(try follower.next()?.count == 500)
        #expect(try follower.next() == [])
        try store.append([record("late")])
        #expect(try follower.next()?.map(\.record.message) == ["late"])
        try store.append([record("last")])
        try fixture.journal.setCondition(.interrupted)
        #expect(try follower.next()?.map(\.record.message) == ["last"], "all is delivered before the end")
        #expect(try follower.next() == nil)
        #expect(try follower.next() == nil)
    }

    @Test(arguments: [999, 1000, 1001, 2000])
    func pagesThatEndWithTheRunLoseNothing(count: Int) throws {
        try store.append((0..<count).map { record("\($0)") })
        try fixture.journal.setCondition(.finished)
        var follower = try LogFollower(path: fixture.directory.journalPath)
        var seen: [String] = []
        while let records = try follower.next() { seen += records.map(\.record.message) }
        #expect(seen == (0..<count).map(String.init))
    }

    @Test func followersGoOnThroughARestartOfTheCoordinator() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        var follower: LogFollower
        do {
            let journal = try Journal(path: path)
            try journal.setCondition(.running)
            try LogStore(journal).append([record("before")])
            follower = try LogFollower(path: path)
            #expect(try follower.next()?.map(\.record.message) == ["before"])
        }
        #expect(try follower.next() == [])
        let journal = try Journal(path: path)
        try LogStore(journal).append([record("after")])
        #expect(try follower.next()?.map(\.record.message) == ["after"])
        // And another follower that saw the first record only.
        var late = try LogFollower(path: path, query: LogQuery(after: 1))
        #expect(try late.next()?.map(\.record.message) == ["after"])
    }

    @Test func followingALiveRunMissesNothing() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        try Journal(path: path).setCondition(.running)
        let outcome = Mutex<(seen: [String], fault: String?)>(([], nil))
        DispatchQueue.concurrentPerform(iterations: 2) { thread in
            do {
                if thread == 0 {
                    let journal = try Journal(path: path)
                    for batch in 0..<200 { try LogStore(journal).append((0..<5).map { record("\(batch * 5 + $0)") }) }
                    try journal.setCondition(.finished)
                } else {
                    var follower = try LogFollower(path: path, query: LogQuery(limit: 7))
                    let deadline = Date().addingTimeInterval(60)
                    while let records = try follower.next() {
                        outcome.withLock { $0.seen += records.map(\.record.message) }
                        guard Date() < deadline else { throw Problem("never ended") }
                    }
                }
            } catch { outcome.withLock { $0.fault = "\(error)" } }
        }
        #expect(outcome.withLock { $0.fault } == nil)
        #expect(outcome.withLock { $0.seen } == (0..<1000).map(String.init))
    }
}
