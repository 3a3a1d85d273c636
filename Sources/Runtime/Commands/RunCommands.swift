import Diagnostics
import Foundation

/// `filterscope run`: the whole of a recipe on this machine.
public func run(_ options: RunOptions) throws -> ExitCode {
    let workers = max(1, options.workers)
    return try withLocalEndpoint { endpoint in
        try RunConductor(
            recipe: options.recipe, runDirectory: options.runDirectory, resume: options.resume, bind: endpoint, insecure: false,
            localWorkers: (workers, threadsPerWorker(options.threads, workers: workers)), verbosity: options.verbosity
        ).run()
    }
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
