import Diagnostics
import Foundation

/// `filterscope run`: the whole of a recipe on this machine.
public func run(_ options: RunOptions) throws -> ExitCode {
    let workers = max(1, options.workers)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    // Sockets in the file system have short names, so they do not live in the run directory.
    let socketDirectory = FileManager.default.temporaryDirectory.path + "/filterscope-\(ProcessInfo.processInfo.processIdentifier)"
    try makePrivateDirectory(socketDirectory)
    defer { try? FileManager.default.removeItem(atPath: socketDirectory) }
    return try RunConductor(
        recipe: options.recipe, runDirectory: options.runDirectory, resume: options.resume,
        bind: "ipc://\(socketDirectory)/coordinator", insecure: false,
        localWorkers: (workers, options.threads ?? max(1, cores / workers)), verbosity: options.verbosity
    ).run()
}

/// `filterscope coordinator`: the same, with workers from anywhere.
public func coordinator(_ options: CoordinatorOptions) throws -> ExitCode {
    try RunConductor(
        recipe: options.recipe, runDirectory: options.runDirectory, resume: options.resume, bind: options.bind,
        insecure: options.insecure, localWorkers: nil, verbosity: options.verbosity
    ).run()
}

/// `filterscope worker`: joins a coordinator and works until the run is over.
public func worker(_ options: WorkerOptions) throws -> ExitCode {
    Interrupt.install()
    if options.supervised { Interrupt.ignoreTerminal() }
    let display = LogDisplay(options.verbosity)
    try WorkerProcess(options) { display.show($0) }.work()
    return Interrupt.requested ? .interrupted : .done
}

private func makePrivateDirectory(_ path: String) throws(Problem) {
    do {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
        throw Problem("the directory for the local socket cannot be made: \(error.localizedDescription)", at: path)
    }
}
