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
    try RunningProcess(executable, arguments, environment: environment, directory: directory).wait(timeout: timeout)
}

/// The same for the built `filterscope`.
public func runFilterscope(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, timeout: Double = 60
) throws -> ProcessOutcome {
    try runProcess(try filterscopeExecutable(), arguments, environment: environment, directory: directory, timeout: timeout)
}
