import Diagnostics
import Foundation
import RunStore
import Tensors
import TestSupport
import Testing

struct DiskFullTests {
    /// A temporary name that leads to /dev/full: writing fails as on a full disk, without privileges.
    @Test func aFileThatDoesNotFitLeavesNothingBehind() throws {
        let temporary = try TemporaryDirectory()
        let path = temporary.file("weights.safetensors")
        try temporary.write(Data("old".utf8), to: "weights.safetensors")
        try FileManager.default.createSymbolicLink(atPath: "\(path).tmp-\(getpid())", withDestinationPath: "/dev/full")
        var writer = SafetensorsWriter()
        writer.add("a", [1000], [Float](repeating: 1, count: 1000))
        let problem = #expect(throws: Problem.self) { try writer.write(to: path) }
        #expect(problem?.location == path && problem?.remedy?.contains("disk is full") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path) == ["weights.safetensors"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
    }

    @Test func aDirectoryThatIsMissingIsNamed() throws {
        let temporary = try TemporaryDirectory()
        let problem = #expect(throws: Problem.self) { try SafetensorsWriter().write(to: temporary.file("none/a.safetensors")) }
        #expect(problem?.location == temporary.file("none/a.safetensors"))
    }

    /// SQLite's own limit on pages gives the answer of a full disk without privileges.
    @Test func aJournalThatCannotGrowKeepsWhatItHas() throws {
        let fixture = try Fixture()
        try fixture.journal.setValue("kept", for: "a")
        try fixture.journal.database.executeScript("PRAGMA max_page_count = 40")
        let problem = #expect(throws: Problem.self) {
            for batch in 0..<1000 { try LogStore(fixture.journal).append((0..<100).map { record("\(batch) \($0) long enough to matter") }) }
        }
        #expect(problem?.what.contains("disk is full") == true && problem?.remedy?.contains("--resume") == true)
        // Whole batches or none.
        let stored = try fixture.reader().logs().count
        #expect(stored > 0 && stored % 100 == 0)
        #expect(try fixture.journal.value(for: "a") == "kept")
        try fixture.journal.database.executeScript("PRAGMA max_page_count = 100000")
        try fixture.journal.setValue("again", for: "a")
        #expect(try fixture.reader().value(for: "a") == "again")
    }

    /// The whole story on a file system that really fills up: faults that say so, then room again, and the run goes on.
    @Test func aRunOnAFullDiskStaysResumable() throws {
        guard let disk = try SmallDisk(bytes: 1 << 20) else { return }
        let directory = try RunDirectory.create(path: disk.path + "/run", recipeName: "demo").directory
        let digest = Digest.sha256(of: Data())
        func checkpoint(_ step: Int) -> Checkpoint {
            Checkpoint(phase: "training", step: step, epoch: 0, recipeDigest: digest, fingerprint: "x")
        }
        do {
            let journal = try Journal(path: directory.journalPath)
            let store = CheckpointStore(directory, journal)
            try store.save(checkpoint(1), [("network", vector(1))], at: 0)
            // Too large for what is left: the checkpoint before must stay the latest.
            let large = #expect(throws: Problem.self) { try store.save(checkpoint(2), [("network", vector(2, count: 1 << 20))], at: 0) }
            #expect(large?.remedy?.contains("disk is full") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.checkpointsPath) == ["training-00000001.safetensors"])
            // Then the journal runs into the wall.
            let full = #expect(throws: Problem.self) {
                for batch in 0..<10_000 { try LogStore(journal).append((0..<100).map { record("\(batch) \($0)") }) }
            }
            #expect(full?.what.contains("disk is full") == true && full?.location == directory.journalPath)
            #expect(try journal.logs().count % 100 == 0)
        }
        try disk.remount("size=16m")
        let journal = try Journal(path: directory.journalPath)
        #expect(try journal.logs().count % 100 == 0)
        let store = CheckpointStore(directory, journal)
        #expect(try store.latestWholeCheckpoint().checkpoint?.checkpoint.step == 1)
        try store.save(checkpoint(2), [("network", vector(2, count: 1 << 20))], at: 0)
        #expect(try store.latestWholeCheckpoint().checkpoint?.checkpoint.step == 2)
    }
}
