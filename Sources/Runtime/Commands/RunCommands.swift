import Diagnostics
import Foundation

/// `filterscope run`: the whole of a recipe on this machine.
public func run(_ options: RunOptions) throws -> ExitCode {
    if !options.recipe.sweep.labels.isEmpty { return try sweep(options, sideBySide: nil) }
    let workers = max(1, options.workers)
    return try withLocalEndpoint { endpoint in
        try RunConductor(
            recipe: options.recipe, runDirectory: options.runDirectory, resume: options.resume, bind: endpoint, insecure: false,
            localWorkers: (workers, threadsPerWorker(options.threads, workers: workers)), verbosity: options.verbosity, parent: options.parent,
            http: options.http
        ).run()
    }
}

/// `filterscope sweep`, and `run` on a recipe that has a sweep.
/// - Parameter sideBySide: networks trained at a time; nil for as many as there are workers.
public func sweep(_ options: RunOptions, sideBySide: Int?) throws -> ExitCode {
    if case .at(let host, let port) = options.http.setting, port != 0 {
        throw Problem(
            "a sweep is several runs side by side, which cannot share a port", at: "--http \(host):\(port)",
            remedy: "leave --http out, and filterscope status --run DIR/points/NAME says where each network's page is; or say off")
    }
    return try SweepConductor(
        recipe: options.recipe, runDirectory: options.runDirectory, resume: options.resume, workers: max(1, options.workers),
        threads: options.threads, sideBySide: sideBySide, verbosity: options.verbosity, http: options.http
    ).run()
}

/// `filterscope coordinator`: the same, with workers from anywhere.
public func coordinator(_ options: CoordinatorOptions) throws -> ExitCode {
    // A worker belongs to one run; a sweep is many.
    guard options.recipe.sweep.labels.isEmpty else {
        throw Problem(
            "the recipe is a sweep, and a coordinator carries out one run", at: "recipe \(options.recipe.name)",
            remedy: "use filterscope sweep on this machine, or one coordinator for each number of labels, with --dataset SPEC?labels=K&seed=S")
    }
    return try RunConductor(
        recipe: options.recipe, runDirectory: options.runDirectory, resume: options.resume, bind: options.bind,
        keys: options.keys, insecure: options.insecure, localWorkers: nil, verbosity: options.verbosity, http: options.http
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
