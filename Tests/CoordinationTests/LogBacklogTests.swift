import Coordination
import Diagnostics
import Messages
import Testing

@Suite struct LogBacklogTests {
    private func records(_ numbers: ClosedRange<Int>, text: String = "") -> [LogRecord] {
        numbers.map { LogRecord(time: 0, level: .info, source: "w", message: "\($0)\(text)") }
    }

    /// All batches that are due.
    private func sent(_ backlog: inout LogBacklog) -> [LogBatch] {
        var batches: [LogBatch] = []
        while let batch = backlog.nextBatch() { batches.append(batch) }
        return batches
    }

    private func messages(_ batches: [LogBatch]) -> [String] { batches.flatMap { $0.records.map(\.message) } }

    @Test func everyRecordGoesOnceOverAConnection() {
        var backlog = LogBacklog()
        #expect(backlog.nextBatch() == nil)
        backlog.add(records(1...3))
        #expect(sent(&backlog).map(\.firstSequence) == [1])
        backlog.add(records(4...4))
        let batch = backlog.nextBatch()
        #expect(batch?.firstSequence == 4 && batch?.records.map(\.message) == ["4"] && batch?.dropped == 0)
        #expect(backlog.nextBatch() == nil)
    }

    @Test func whatWasNotTakenGoesOverTheNextConnection() {
        var backlog = LogBacklog()
        backlog.add(records(1...5))
        _ = sent(&backlog)
        backlog.taken(upTo: 2)
        // A number that was never sent takes nothing from what is still to be sent.
        backlog.add(records(6...6))
        backlog.taken(upTo: 1)
        backlog.beginAgain()
        let batches = sent(&backlog)
        #expect(batches.first?.firstSequence == 3 && messages(batches) == ["3", "4", "5", "6"])
        backlog.taken(upTo: 100)
        backlog.beginAgain()
        #expect(backlog.nextBatch() == nil)
        backlog.add(records(7...7))
        #expect(backlog.nextBatch()?.firstSequence == 7)
    }

    @Test func theOldestGoForWantOfRoomAndAreCounted() {
        var backlog = LogBacklog()
        backlog.add(records(1...LogBacklog.limit + 3))
        // As many go as may be under way; the rest when those are taken.
        var all = sent(&backlog)
        #expect(all.first?.firstSequence == 4 && all.reduce(0) { $0 + $1.records.count } == 10_000)
        while let last = all.last {
            backlog.taken(upTo: last.firstSequence + last.records.count - 1)
            let more = sent(&backlog)
            if more.isEmpty { break }
            all += more
        }
        #expect(all.allSatisfy { $0.dropped == 3 })
        #expect(messages(all) == records(4...LogBacklog.limit + 3).map(\.message))
    }

    @Test func bytesAreBoundedAsWell() {
        var backlog = LogBacklog()
        let long = String(repeating: "x", count: 60_000)
        for _ in 0..<40 { backlog.add(records(1...20, text: long)) }
        let batch = backlog.nextBatch()
        let kept = 800 - (batch?.dropped ?? 0)
        #expect((LogBacklog.byteLimit / 61_000...LogBacklog.byteLimit / 60_000).contains(kept), "\(kept)")
        #expect(batch?.firstSequence == 801 - kept)
    }

    @Test func noMoreIsUnderWayThanTheCoordinatorTakesInOneGo() {
        var backlog = LogBacklog()
        backlog.add(records(1...20_000))
        #expect(sent(&backlog).reduce(0) { $0 + $1.records.count } == 10_000)
        #expect(backlog.nextBatch() == nil)
        backlog.taken(upTo: 1500)
        #expect(sent(&backlog).map { $0.records.count } == [1000, 500])
        // Over another connection all that was not taken goes again.
        backlog.beginAgain()
        #expect(sent(&backlog).first?.firstSequence == 1501)
    }

    /// A batch fits a header.
    @Test func batchesAreSmall() throws {
        var backlog = LogBacklog()
        backlog.add(records(1...40, text: String(repeating: "x", count: 60_000)))
        var batches = sent(&backlog)
        while let last = batches.last {
            backlog.taken(upTo: last.firstSequence + last.records.count - 1)
            let more = sent(&backlog)
            if more.isEmpty { break }
            batches += more
        }
        #expect(batches.count > 8 && batches.reduce(0) { $0 + $1.records.count } == 40)
        for batch in batches {
            _ = try MessageCodec().encode(Envelope(run: "r", sender: "w", message: .log(batch)))
        }
    }
}
