import Foundation
import FuzzTargets
import Testing

/// Every seed, and every input that once was a finding, goes through its target: what was mended stays mended.
@Suite struct ReplayTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/Findings")

    @Test(arguments: FuzzTarget.all.map(\.name))
    func seedsHold(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        var taken = 0
        for seed in try target.seeds() {
            do {
                if case .taken = try target.run(seed.bytes) { taken += 1 }
            } catch { Issue.record("\(name), seed \(seed.name): \(error)") }
        }
        #expect(taken > 0, "no seed of \(name) is taken, so that fuzzing begins at the door")
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func findingsStayMended(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let folder = Self.folder.appendingPathComponent(name)
        guard let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) else { return }
        for file in files.sorted(by: { $0.path < $1.path }) {
            do { _ = try target.run(Data(contentsOf: file)) } catch { Issue.record("\(name), \(file.lastPathComponent): \(error)") }
        }
    }

    @Test func everyFolderOfFindingsHasATarget() throws {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder.path)) ?? []
        #expect(Set(folders).subtracting(FuzzTarget.all.map(\.name)) == [], "findings that nobody replays")
    }
}
