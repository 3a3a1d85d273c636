import Diagnostics
import Foundation
import Tensors

/// A run's directory: `recipe.json`, `run.sqlite`, `checkpoints/`, `results/`, `report.html`.
public struct RunDirectory: Hashable, Sendable {
    public let path: String

    public var recipePath: String { path + "/recipe.json" }
    public var journalPath: String { path + "/run.sqlite" }
    public var checkpointsPath: String { path + "/checkpoints" }
    public var resultsPath: String { path + "/results" }
    public var reportPath: String { path + "/report.html" }
    var lockPath: String { path + "/run.lock" }

    /// A file of `results/`.
    public func result(_ name: String) -> String { resultsPath + "/" + name }
    /// A path as the journal keeps it, from the run directory.
    public func file(_ relativePath: String) -> String { path + "/" + relativePath }

    init(path: String) { self.path = path }

    /// Has somebody begun a run there?
    var holdsRun: Bool {
        FileManager.default.fileExists(atPath: journalPath) || FileManager.default.fileExists(atPath: lockPath)
    }

    /// Keeps the recipe as it is run.
    public func writeRecipe(_ json: Data) throws(Problem) { try DurableFile.write(json, to: recipePath) }

    public func readRecipe() throws(Problem) -> Data {
        guard let data = FileManager.default.contents(atPath: recipePath) else {
            throw fileProblem(errno == 0 ? ENOENT : errno, "cannot be read", path: recipePath)
        }
        return data
    }

    /// Takes the directory for this process until the lock is released or the process ends, however it ends. What killed
    /// processes left half written goes.
    public func lock() throws(Problem) -> RunLock {
        let lock = try RunLock(path: lockPath)
        removeHalfWrittenFiles()
        return lock
    }

    /// `DurableFile` writes to NAME.tmp-PROCESS. Those of a process that lives may be under way: `filterscope report` asks for no lock.
    private func removeHalfWrittenFiles() {
        for folder in [path, checkpointsPath, resultsPath, file("filters")] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let mark = name.range(of: ".tmp-", options: .backwards), let process = pid_t(name[mark.upperBound...]),
                    process != getpid(), kill(process, 0) != 0, errno == ESRCH
                else { continue }
                unlink(folder + "/" + name)
            }
        }
    }

    /// Whether a coordinator works on this run now. A journal that says "running" beside a lock that nobody holds tells of
    /// a coordinator that was killed.
    public var isLocked: Bool { RunLock.isHeld(path: lockPath) }
}
