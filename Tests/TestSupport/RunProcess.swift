import Foundation

/// The built `filterscope`: it lies beside the test bundle, in the folder of this build's products.
public func filterscopeExecutable() throws -> String {
    var folders: [URL] = []
    // The test runner is given the bundle's path, or is the bundle itself.
    for argument in CommandLine.arguments { folders.append(URL(fileURLWithPath: argument).deletingLastPathComponent()) }
    folders.append(Bundle.main.bundleURL)
    for folder in folders {
        let candidate = folder.appendingPathComponent("filterscope").path
        if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    throw ProcessFault("no built filterscope beside the tests, in any of \(folders.map(\.path))")
}

public struct ProcessFault: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// How a process ended, and what it wrote.
public struct ProcessOutcome: Sendable {
    /// The exit status; 128 plus the signal where one ended it.
    public let status: Int32
    public let stdout: Data
    public let stderr: String
    public var stdoutText: String { String(decoding: stdout, as: UTF8.self) }
}

/// Runs a program to its end and collects what it writes.
/// - Parameters:
///   - environment: added to this process's own.
///   - timeout: seconds after which the process is killed and a fault is thrown that quotes its standard error.
public func runProcess(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
    timeout: Double = 60
) throws -> ProcessOutcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.standardInput = FileHandle.nullDevice
    // Files rather than pipes: a child of the process that outlives it cannot keep us waiting for an end of file.
    let folder = try TemporaryDirectory("filterscope-process")
    let (outPath, errPath) = (folder.file("stdout"), folder.file("stderr"))
    for path in [outPath, errPath] { try Data().write(to: URL(fileURLWithPath: path)) }
    guard let out = FileHandle(forWritingAtPath: outPath), let err = FileHandle(forWritingAtPath: errPath) else {
        throw ProcessFault("cannot write to \(folder.path)")
    }
    process.standardOutput = out
    process.standardError = err
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    let inTime = ended.wait(timeout: .now() + timeout) == .success
    if !inTime {
        kill(process.processIdentifier, SIGKILL)
        ended.wait()
    }
    let stdout = FileManager.default.contents(atPath: outPath) ?? Data()
    let stderr = String(decoding: FileManager.default.contents(atPath: errPath) ?? Data(), as: UTF8.self)
    guard inTime else { throw ProcessFault("\(arguments) had not ended after \(timeout) s; it wrote: \(stderr.suffix(2000))") }
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    return ProcessOutcome(status: status, stdout: stdout, stderr: stderr)
}

/// The same for the built `filterscope`.
public func runFilterscope(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, timeout: Double = 60
) throws -> ProcessOutcome {
    try runProcess(try filterscopeExecutable(), arguments, environment: environment, directory: directory, timeout: timeout)
}
