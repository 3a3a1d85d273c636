import Diagnostics
import Foundation
import RunStore
import Tensors
import TestSupport
import Testing

struct CheckpointTests {
    let fixture: Fixture
    let store: CheckpointStore
    static let recipe = Digest.sha256(of: Data("recipe".utf8))

    init() throws {
        fixture = try Fixture()
        store = CheckpointStore(fixture.directory, fixture.journal, keep: 3)
    }

    func checkpoint(_ step: Int, phase: String = "training") -> Checkpoint {
        Checkpoint(phase: phase, step: step, epoch: step / 10, recipeDigest: Self.recipe, fingerprint: "avx512 SkylakeX")
    }

    @discardableResult
    func save(_ step: Int, phase: String = "training", pinned: Bool = false) throws -> CheckpointRow {
        try store.save(
            checkpoint(step, phase: phase), [("network", vector(Float(step))), ("velocity", vector(-Float(step)))], pinned: pinned,
            at: Double(step))
    }

    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory.checkpointsPath).sorted()
    }

    /// Flips one bit of a checkpoint's file.
    func damage(_ row: CheckpointRow, at position: Int) throws {
        let url = URL(fileURLWithPath: fixture.directory.file(row.path))
        var data = try Data(contentsOf: url)
        data[position < 0 ? data.count + position : position] ^= 0x10
        try data.write(to: url)
    }

    @Test func comesBackToTheLastBit() throws {
        #expect(try store.latestWholeCheckpoint().checkpoint == nil)
        let row = try save(25)
        #expect(try Digest.sha256(ofFile: fixture.directory.file(row.path)).hexadecimal == row.sha256)
        let (found, warnings) = try store.latestWholeCheckpoint()
        let stored = try #require(found)
        #expect(warnings.isEmpty)
        #expect(stored.checkpoint == checkpoint(25) && stored.row == row)
        let network = vector(0)
        let velocity = vector(0)
        try stored.read("network", into: network)
        try stored.read("velocity", into: velocity)
        for (found, saved) in [(network, vector(25)), (velocity, vector(-25))] {
            for name in ["a", "b"] { #expect(found.buffer(name).array == saved.buffer(name).array) }
            withExtendedLifetime((found, saved)) {}
        }
        #expect(stored.contains("network") && !stored.contains("net"))
    }

    @Test func vectorsOfOtherShapesAreRefused() throws {
        try save(1)
        let stored = try #require(try store.latestWholeCheckpoint().checkpoint)
        let wrong = #expect(throws: Problem.self) { try stored.read("network", into: vector(0, count: 41)) }
        #expect(wrong?.what.contains("[40]") == true && wrong?.what.contains("[41]") == true)
        #expect(throws: Problem.self) { try stored.read("heads", into: vector(0)) }
        let surplus = #expect(throws: Problem.self) { try stored.read("network", into: ParameterVector(TensorLayout([("a", [40])]))) }
        #expect(surplus?.what.contains("network/b") == true)
    }

    /// Velocity alone is what checkpoints of Nesterov momentum hold, those of earlier versions too.
    @Test func vectorsUnderOtherNamesAreRefused() throws {
        try save(1)
        let stored = try #require(try store.latestWholeCheckpoint().checkpoint)
        try stored.requireNames(["network", "velocity"])
        try stored.requireNames(["network", "velocity", "heads"])
        for names in [["network"], ["network", "velo"], ["velocity", "square-average"]] {
            #expect(throws: Problem.self) { try stored.requireNames(names) }
        }
        let missing = #expect(throws: Problem.self) { try stored.read("square-average", into: vector(0)) }
        #expect(missing?.description.contains("square-average/a") == true)
    }

    @Test func theNewestStayAndOlderOnesGo() throws {
        try save(0, pinned: true)
        for step in 1...5 { try save(step) }
        #expect(try fixture.journal.checkpoints().map(\.step) == [5, 4, 3, 0])
        #expect(try files() == [0, 3, 4, 5].map { "training-0000000\($0).safetensors" })
    }

    @Test(arguments: [0, 8, 40, 600, -1])
    func aDamagedOneIsPassedOver(position: Int) throws {
        try save(1)
        let newest = try save(2)
        try damage(newest, at: position)
        let (stored, warnings) = try store.latestWholeCheckpoint()
        #expect(stored?.checkpoint.step == 1)
        #expect(warnings.count == 1)
        #expect(warnings.first?.location == fixture.directory.file(newest.path))
    }

    @Test func missingAndTruncatedOnesArePassedOver() throws {
        try save(1)
        let second = try save(2)
        let third = try save(3)
        try FileManager.default.removeItem(atPath: fixture.directory.file(third.path))
        #expect(truncate(fixture.directory.file(second.path), 100) == 0)
        let (stored, warnings) = try store.latestWholeCheckpoint()
        #expect(stored?.checkpoint.step == 1)
        #expect(warnings.count == 2)
    }

    @Test func whereNoneIsWholeThereIsNone() throws {
        for step in 1...3 { try damage(save(step), at: -1) }
        let (stored, warnings) = try store.latestWholeCheckpoint()
        #expect(stored == nil)
        #expect(warnings.count == 3)
    }

    @Test func aStepTakenAgainReplacesItsCheckpoint() throws {
        try save(1)
        try damage(save(2), at: -1)
        let again = try save(2)
        #expect(try fixture.journal.checkpoints().map(\.step) == [2, 1])
        #expect(try store.latestWholeCheckpoint().checkpoint?.row == again)
    }

    /// Killed between renaming and recording: the file is there, no record names it.
    @Test func unrecordedFilesAreNeverUsed() throws {
        try save(1)
        let source = fixture.directory.file("checkpoints/training-00000001.safetensors")
        for name in ["training-00000009.safetensors", "training-00000009.safetensors.tmp-1"] {
            try FileManager.default.copyItem(atPath: source, toPath: fixture.directory.checkpointsPath + "/" + name)
        }
        #expect(try store.latestWholeCheckpoint().checkpoint?.checkpoint.step == 1)
        try save(2)
        #expect(try files() == [1, 2, 9].map { "training-0000000\($0).safetensors" }, "half-written ones are gone")
    }

    @Test func equalStatesAreEqualBytes() throws {
        let first = try save(7)
        let other = try Fixture()
        let second = try CheckpointStore(other.directory, other.journal).save(
            checkpoint(7), [("network", vector(7)), ("velocity", vector(-7))], at: 1e9)
        #expect(first.sha256 == second.sha256)
    }
}
