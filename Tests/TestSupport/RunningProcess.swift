import Foundation

/// A program under way: what it has written so far, signals to it, and its end. Whatever is left of it and of its
/// children is killed when the last reference goes.
public final class RunningProcess {
    public let arguments: [String]
    private let process = Process()
    private let folder: TemporaryDirectory
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter environment: added to this process's own.
    public init(_ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil) throws {
        self.arguments = arguments
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardInput = FileHandle.nullDevice
        // Files rather than pipes: a child of the process that outlives it cannot keep us waiting for an end of file.
        folder = try TemporaryDirectory("filterscope-process")
        let (outPath, errPath) = (folder.file("stdout"), folder.file("stderr"))
        for path in [outPath, errPath] { try Data().write(to: URL(fileURLWithPath: path)) }
        guard let out = FileHandle(forWritingAtPath: outPath), let err = FileHandle(forWritingAtPath: errPath) else {
            throw ProcessFault("cannot write to \(folder.path)")
        }
        process.standardOutput = out
        process.standardError = err
        let ended = ended
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
    }

    deinit {
        guard process.isRunning else { return }
        let children = childProcesses(of: pid)
        kill(pid, SIGKILL)
        for child in children { kill(child, SIGKILL) }
        process.waitUntilExit()
    }

    public var pid: Int32 { process.processIdentifier }
    public var isRunning: Bool { process.isRunning }
    public func signal(_ number: Int32) { kill(pid, number) }

    /// What it has written so far.
    public var stdout: Data { FileManager.default.contents(atPath: folder.file("stdout")) ?? Data() }
    public var stderr: String {
        String(decoding: FileManager.default.contents(atPath: folder.file("stderr")) ?? Data(), as: UTF8.self)
    }

    /// Waits for the end.
    /// - Parameter timeout: seconds after which the process is killed and a fault is thrown that quotes its standard error.
    public func wait(timeout: Double = 120) throws -> ProcessOutcome {
        guard ended.wait(timeout: .now() + timeout) == .success else {
            kill(pid, SIGKILL)
            ended.wait()
            ended.signal()
            throw ProcessFault("\(arguments) had not ended after \(timeout) s; it wrote: \(stderr.suffix(2000))")
        }
        ended.signal()
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return ProcessOutcome(status: status, stdout: stdout, stderr: stderr)
    }
}

/// The processes that a process started and that still live, as /proc tells.
public func childProcesses(of parent: Int32) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { name in
        guard let pid = Int32(name), let stat = FileManager.default.contents(atPath: "/proc/\(name)/stat") else { return nil }
        // "pid (name) state parent …", where the name may hold anything.
        let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 && fields[0] != "Z" && fields[1] == String(parent) ? pid : nil
    }
}

/// Looks again and again until a condition holds.
/// - Throws: a fault that says what was waited for, when it does not within `seconds`.
public func waitUntil(_ what: String, within seconds: Double = 90, _ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw ProcessFault("waited \(seconds) s in vain until \(what)") }
        usleep(5_000)
    }
}
