import Diagnostics
import Foundation
import Tensors

extension RunDirectory {
    /// Makes a new run's directory, or opens the one to go on with.
    ///
    /// - Parameters:
    ///   - path: nil means `<root>/<recipe>-<yyyymmdd-hhmmss>` (UTC); with `resume`, the recipe's latest run under `root`.
    ///   - resume: go on with a run that is there; where there is none, a new one begins, so that a service manager may
    ///     always say `--resume`.
    /// - Returns: the directory, and whether it held a run before.
    public static func create(
        path: String?, recipeName: String, resume: Bool = false, now: Date = Date(), root: String = "runs"
    ) throws(Problem) -> (directory: RunDirectory, isResumed: Bool) {
        let prefix = fileName(recipeName)
        if path == nil, resume, let latest = latest(under: root, recipeName: prefix) { return (latest, true) }
        let directory = RunDirectory(path: path.map(withoutTrailingSlash) ?? unusedPath("\(root)/\(prefix)-\(stamp(now))"))
        if FileManager.default.fileExists(atPath: directory.path) {
            if directory.holdsRun {
                guard resume else {
                    throw Problem(
                        "holds a run already", at: directory.path,
                        remedy: "add --resume to go on with it, or name another directory with --run")
                }
                try directory.makeFolders()
                // Who was killed before it wrote the recipe has begun nothing.
                return (directory, directory.wasBegun)
            }
            let contents: [String]
            do {
                contents = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            } catch { throw fileProblem(ENOTDIR, "cannot be a run directory", path: directory.path) }
            // Who was killed between making the folders and locking the directory leaves nothing but the folders.
            guard contents.allSatisfy(directory.isEmptyFolderOfARun) else {
                throw Problem(
                    "is not empty, and not a run directory", at: directory.path,
                    remedy: "name a new or an empty directory with --run")
            }
        }
        try directory.makeFolders()
        return (directory, false)
    }

    /// The run directory at `path`; where `path` is nil, the run under `root` that was started or resumed last.
    public static func open(path: String?, root: String = "runs") throws(Problem) -> RunDirectory {
        guard let path else {
            if let latest = latest(under: root) { return latest }
            throw Problem("no run there", at: root, remedy: "name a run directory with --run, or start a run first")
        }
        let directory = RunDirectory(path: withoutTrailingSlash(path))
        guard directory.holdsRun else {
            let known = runs(under: root).map(\.directory.path)
            let near = nearestName(to: directory.path, among: known)
            throw Problem(
                "no run there", at: directory.path,
                remedy: near.map { "did you mean \"\($0)\"?" } ?? "name a directory that holds run.sqlite")
        }
        return directory
    }

    /// The run under `root` that was started or resumed last; of one recipe, if named.
    static func latest(under root: String, recipeName: String? = nil) -> RunDirectory? {
        let candidates = runs(under: root).filter { run in
            guard let recipeName else { return true }
            return run.name.hasPrefix(recipeName + "-")
                && run.name.dropFirst(recipeName.count + 1).allSatisfy { $0.isNumber || $0 == "-" }
        }
        return candidates.max { ($0.started, $0.name) < ($1.started, $1.name) }?.directory
    }

    /// A coordinator writes its lock file when it starts, so the file's time is the run's last start.
    private static func runs(under root: String) -> [(name: String, started: Double, directory: RunDirectory)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().compactMap { name in
            let directory = RunDirectory(path: "\(root)/\(name)")
            guard directory.holdsRun else { return nil }
            var status = stat()
            guard stat(directory.lockPath, &status) == 0 || stat(directory.journalPath, &status) == 0 else { return nil }
            return (name, Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9, directory)
        }
    }

    private var wasBegun: Bool {
        FileManager.default.fileExists(atPath: recipePath) || FileManager.default.fileExists(atPath: journalPath)
    }

    private func isEmptyFolderOfARun(_ name: String) -> Bool {
        guard [checkpointsPath, resultsPath].contains(file(name)) else { return false }
        return (try? FileManager.default.contentsOfDirectory(atPath: file(name)))?.isEmpty ?? false
    }

    private func makeFolders() throws(Problem) {
        for folder in [path, checkpointsPath, resultsPath] {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
                throw fileProblem(Int32(underlying?.code ?? Int(EACCES)), "cannot be made", path: folder)
            }
        }
    }

    private static func withoutTrailingSlash(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// A recipe's name without what does not belong in a file name.
    private static func fileName(_ name: String) -> String {
        let kept = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }
        return kept.isEmpty || kept.first == "." ? "run" + String(kept) : String(kept)
    }

    private static func stamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2) + "-"
            + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2)
    }

    /// Two runs of one second get different names.
    private static func unusedPath(_ path: String) -> String {
        var candidate = path
        var number = 2
        while FileManager.default.fileExists(atPath: candidate) {
            candidate = "\(path)-\(number)"
            number += 1
        }
        return candidate
    }
}
