import Diagnostics
import Foundation
import RunStore
import Synchronization
import TestSupport
import Testing

struct JournalFileTests {
    @Test func reopeningFindsWhatWasWritten() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        do { try Journal(path: path).setValue("1", for: "a") }
        #expect(try Journal(path: path).value(for: "a") == "1")
        #expect(try JournalReader(path: path).value(for: "a") == "1")
    }

    /// What a killed coordinator leaves: the files as they are at some moment, the last transaction not committed.
    @Test func killedAtAnyMomentItHoldsWhatWasCommitted() throws {
        let fixture = try Fixture()
        try fixture.journal.setValue("committed", for: "a")
        let copies = try TemporaryDirectory()
        try fixture.journal.transaction { () throws(Problem) in
            try fixture.journal.setValue("not committed", for: "a")
            for suffix in ["", "-wal"] {
                do {
                    try FileManager.default.copyItem(atPath: fixture.directory.journalPath + suffix, toPath: copies.file("run.sqlite" + suffix))
                } catch { throw Problem("copy failed: \(error)") }
            }
        }
        #expect(try Journal(path: copies.file("run.sqlite")).value(for: "a") == "committed")
        #expect(try fixture.journal.value(for: "a") == "not committed")
    }

    /// Each step writes two figures in one transaction: a reader beside never sees one alone, and never fails.
    @Test func aReaderBesideTheWriterSeesWholeTransactions() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        _ = try Journal(path: path)
        let outcome = Mutex<(reads: Int, faults: [String])>((0, []))
        DispatchQueue.concurrentPerform(iterations: 3) { thread in
            do {
                if thread == 0 {
                    let journal = try Journal(path: path)
                    for step in 0..<400 {
                        try journal.transaction { () throws(Problem) in
                            try journal.recordMetrics(phase: "training", step: step, [("loss", 1)])
                            try journal.recordMetrics(phase: "training", step: step, [("accuracy", 1)])
                        }
                    }
                    try journal.setCondition(.finished)
                } else {
                    let reader = try JournalReader(path: path)
                    let deadline = Date().addingTimeInterval(60)
                    var ended = false
                    while !ended, Date() < deadline {
                        ended = try reader.condition() == .finished
                        let rows = try reader.metrics()
                        outcome.withLock {
                            $0.reads += 1
                            if rows.count % 2 != 0 { $0.faults.append("\(rows.count) rows") }
                            if ended, rows.count != 800 { $0.faults.append("ended with \(rows.count) rows") }
                        }
                    }
                    if !ended { outcome.withLock { $0.faults.append("the end was never seen") } }
                }
            } catch { outcome.withLock { $0.faults.append("\(error)") } }
        }
        #expect(outcome.withLock { $0.faults } == [])
        #expect(outcome.withLock { $0.reads } >= 2)
    }

    @Test func readersCannotWrite() throws {
        let fixture = try Fixture()
        let reader = try fixture.reader()
        #expect(throws: Problem.self) { try reader.database.execute("DELETE FROM run") }
        let missing = #expect(throws: Problem.self) { try JournalReader(path: fixture.temporary.file("none.sqlite")) }
        #expect(missing?.remedy?.contains("--run") == true)
        #expect(!FileManager.default.fileExists(atPath: fixture.temporary.file("none.sqlite")))
    }

    @Test func finishedRunsCanBeReadFromReadOnlyMedia() throws {
        guard let disk = try SmallDisk(bytes: 4 << 20) else { return }
        // A name that a URI would take apart.
        let path = disk.path + "/run 100%?#.sqlite"
        do { try Journal(path: path).setValue("1", for: "a") }
        try disk.remount("ro")
        #expect(try JournalReader(path: path).value(for: "a") == "1")
        let problem = #expect(throws: Problem.self) { try Journal(path: path) }
        #expect(problem?.location == path)
    }

    /// A run that an earlier version began goes on: the tables that are new since are made.
    @Test func theFirstSchemaIsBroughtUpToDate() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        do {
            let journal = try Journal(path: path)
            try journal.setValue("1", for: "a")
            try journal.database.executeScript("DROP TABLE feeding; DROP TABLE damaged_samples; DROP TABLE threshold_figures; DROP TABLE sweep_points; DROP TABLE prunings; ALTER TABLE filters DROP COLUMN margin; ALTER TABLE logs DROP COLUMN written; ALTER TABLE workers DROP COLUMN logs_taken; ALTER TABLE workers DROP COLUMN clock_offset; ALTER TABLE workers DROP COLUMN clock_uncertainty; PRAGMA user_version = 1")
        }
        // As it is, it can be read too.
        #expect(try JournalReader(path: path).logs().isEmpty && JournalReader(path: path).workers().isEmpty)
        for _ in 0..<2 {
            let journal = try Journal(path: path)
            #expect(try journal.logs().isEmpty && journal.workers().isEmpty)
            let row = FeedingRow(name: "anna", incarnation: "i", laneSeconds: 4, waitedSeconds: 0.5)
            try journal.record(row)
            let damaged = DamagedSampleRow(split: "train", sample: 7, name: "a/b.jpg", cause: "the file is empty")
            for _ in 0..<2 { try journal.record(damaged) }
            #expect(try journal.feeding() == [row])
            #expect(try JournalReader(path: path).damagedSamples() == [damaged])
            #expect(try journal.value(for: "a") == "1")
        }
    }

    @Test func newerSchemasAreRefused() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        do { try Journal(path: path).database.executeScript("PRAGMA user_version = 99") }
        let problems = [
            #expect(throws: Problem.self) { try Journal(path: path) }, #expect(throws: Problem.self) { try JournalReader(path: path) },
        ]
        for problem in problems {
            #expect(problem?.what.contains("newer Filterscope: its schema is 99") == true)
            #expect(problem?.location == path)
        }
    }

    @Test func otherPeoplesDatabasesAreRefused() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("photos.sqlite")
        try Database(path: path, access: .readWrite).executeScript("CREATE TABLE photos (id INTEGER)")
        #expect(throws: Problem.self) { try Journal(path: path) }
        try temporary.write(Data(repeating: 65, count: 5000), to: "text.sqlite")
        let problem = #expect(throws: Problem.self) { try Journal(path: temporary.file("text.sqlite")) }
        #expect(problem?.what.contains("damaged") == true)
    }

    /// Pages overwritten in the middle of the file, as a failing disk leaves them.
    @Test func damageIsNamedWithFileAndRemedy() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        do {
            let journal = try Journal(path: path)
            try LogStore(journal).append((0..<2000).map { record("message \($0)", time: Double($0)) })
        }
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        for offset in stride(from: 4096 * 4, to: data.count - 4096, by: 4096) {
            data.replaceSubrange(offset..<offset + 64, with: Data(repeating: 0xA5, count: 64))
        }
        try data.write(to: URL(fileURLWithPath: path))
        let problem = #expect(throws: Problem.self) { try Journal(path: path) }
        #expect(problem?.what.contains("damaged") == true)
        #expect(problem?.location == path && problem?.remedy != nil)
    }

    @Test(arguments: [1, 50, 100, 512, 4000, 4096, 9000])
    func truncatedFilesNeverCrash(count: Int) throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("run.sqlite")
        do { try Journal(path: path).setValue("1", for: "a") }
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        try #require(data.count > 9000)
        try data.prefix(count).write(to: URL(fileURLWithPath: path))
        #expect(throws: Problem.self) { try Journal(path: path) }
    }
}
