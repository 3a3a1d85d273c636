import Diagnostics
import Foundation
import RunStore
import Tensors

/// The process of one point's run: `filterscope run` on the point's recipe.
final class SweepProcess {
    let point: SweepPlan.Point
    let workers: Int
    /// Of the point's run.
    let path: String
    private let process = Process()
    private let outputPath: String
    private var isAskedToEnd = false

    init(_ point: SweepPlan.Point, in directory: RunDirectory, workers: Int, threads: Int, http: HTTPOptions) throws(Problem) {
        self.point = point
        self.workers = workers
        path = directory.file(point.directory)
        outputPath = path + ".output"
        let recipePath = directory.file(point.recipeFile)
        do {
            try FileManager.default.createDirectory(atPath: directory.file("points"), withIntermediateDirectories: true)
        } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: directory.file("points"))
        }
        try DurableFile.write(Data(point.recipe.prettyJSON.utf8), to: recipePath)
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "run", recipePath, "--run", path, "--resume", "--workers", String(workers), "--threads", String(threads), "--quiet",
            "--parent", String(getpid()),
        ] + http.arguments
        process.standardInput = FileHandle.nullDevice
        guard FileManager.default.createFile(atPath: outputPath, contents: nil), let output = FileHandle(forWritingAtPath: outputPath) else {
            throw Problem("cannot be written", at: outputPath, remedy: "check that the disk is writable")
        }
        process.standardOutput = output
        process.standardError = output
        do {
            try process.run()
        } catch {
            throw Problem("a run cannot be started: \(error.localizedDescription)", at: process.executableURL?.path)
        }
    }

    var isRunning: Bool { process.isRunning }

    /// Asks for an orderly end, with a checkpoint; once, since a second signal would end the run without. A terminal's Ctrl-C,
    /// which may reach the run too, is not for it.
    func interrupt() {
        guard process.isRunning, !isAskedToEnd else { return }
        isAskedToEnd = true
        process.terminate()
    }

    /// What is still there when the sweep fails must not go on alone: its checkpoints stay.
    func end() {
        interrupt()
        if process.isRunning { process.waitUntilExit() }
    }

    /// How the run failed; nil where it ended well.
    var failure: Problem? {
        guard process.terminationReason != .exit || process.terminationStatus != 0 else { return nil }
        let how = (process.terminationReason == .exit ? "exit code" : "signal") + " \(process.terminationStatus)"
        let text = (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? ""
        let lastWords = text.split(separator: "\n").last.map { ": " + $0.replacing("filterscope: error: ", with: "") } ?? ""
        return Problem(
            "the run of \(point.labels) labels, seed \(point.seed), ended with \(how)\(lastWords)", at: outputPath,
            remedy: "when the cause is mended, go on with the sweep by --resume; finished networks are kept")
    }
}
