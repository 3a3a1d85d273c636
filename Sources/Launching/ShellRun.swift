import Diagnostics
import Foundation
import Messages
import Synchronization

/// Where shell text is run.
package enum Machine: Sendable {
    case here
    case there(Host, SSHOptions)
}

/// How ssh is called, beside its own configuration.
public struct SSHOptions: Sendable {
    /// Another configuration than the user's.
    public var configuration: String?
    /// Seconds until a connection has to stand.
    public var connectSeconds: Int

    public init(configuration: String? = nil, connectSeconds: Int = 10) {
        self.configuration = configuration
        self.connectSeconds = connectSeconds
    }

    func arguments(to host: Host) -> [String] {
        var words = configuration.map { ["-F", $0] } ?? []
        // Never asks for anything; a machine that falls silent is given up.
        words += ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=\(connectSeconds)", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"]
        words += ["-o", "LogLevel=ERROR"]
        if let port = host.port { words += ["-p", "\(port)"] }
        if let user = host.user { words += ["-l", user] }
        // The text comes by standard input, so that no key is seen in a list of processes; whatever the login shell is, it can start sh.
        return words + ["--", host.address, "exec sh -s"]
    }
}

/// What came of shell text. What another machine wrote must not reach the terminal as it is.
package struct ShellAnswer: Sendable, Equatable {
    /// The first word of the answer; nil where none came.
    package var state: String?
    /// The rest of the answer, or the first thing that went wrong.
    package var text: String
    /// Whether the text began to run at all.
    package var wasReached: Bool

    init(state: String?, text: String, wasReached: Bool) {
        self.state = state
        self.text = text
        self.wasReached = wasReached
    }

    /// - Parameter output: standard output and standard error as they came.
    package init(output: String, status: Int32, isLate: Bool, seconds: Int) {
        let lines = output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let answers = lines.filter { $0.hasPrefix(DetachedProgram.mark + " ") }.map { $0.dropFirst(DetachedProgram.mark.count + 1) }
        wasReached = answers.contains("reached")
        if let answer = answers.last(where: { $0 != "reached" }) {
            let words = answer.split(separator: " ", maxSplits: 1)
            state = words.first.map(String.init)
            text = words.count > 1 ? String(words[1]).shortened(to: 2000).printable() : ""
            return
        }
        state = nil
        let said = lines.filter { !$0.hasPrefix(DetachedProgram.mark) }
        // The last line of ssh says what it gave up for.
        if isLate {
            text = "no answer within \(seconds) s"
        } else {
            text = said.last.map { $0.shortened(to: 2000).printable() } ?? "ended with code \(status) and without a word"
        }
    }
}

/// Runs shell text on a machine.
/// - Parameter seconds: the longest it may take; then it is cut off.
package func run(_ text: String, on machine: Machine, within seconds: Int) -> ShellAnswer {
    let words = switch machine {
    case .here: ["/bin/sh", "-s"]
    case .there(let host, let options): ["ssh"] + options.arguments(to: host)
    }
    // A file and no pipe: what inherits it cannot keep us waiting.
    let path = FileManager.default.temporaryDirectory.path + "/filterscope-launch-\(UUID().uuidString)"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
        return ShellAnswer(state: nil, text: "\(path) cannot be written: \(String(cString: strerror(errno)))", wasReached: false)
    }
    unlink(path)
    let output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let status: Int32?
    do throws(POSIXError) {
        status = try ChildProcess(words, input: Data(text.utf8), output: descriptor).wait(seconds: seconds)
    } catch {
        return ShellAnswer(state: nil, text: "\(words[0]) cannot be started: \(String(cString: strerror(error.code.rawValue)))", wasReached: false)
    }
    lseek(descriptor, 0, SEEK_SET)
    let written = (try? output.read(upToCount: 1 << 20)) ?? Data()
    return ShellAnswer(output: String(decoding: written, as: UTF8.self), status: status ?? 0, isLate: status == nil, seconds: seconds)
}

/// Does the same for many at once, each on a thread of its own.
/// - Returns: results in the order of `items`.
func inParallel<Item: Sendable, Result: Sendable>(_ items: [Item], atMost limit: Int = 32, _ work: @escaping @Sendable (Item) -> Result) -> [Result] {
    let results = Mutex([Int: Result]())
    let places = DispatchSemaphore(value: limit)
    let group = DispatchGroup()
    for (index, item) in items.enumerated() {
        places.wait()
        group.enter()
        Thread.detachNewThread {
            let result = work(item)
            results.withLock { $0[index] = result }
            places.signal()
            group.leave()
        }
    }
    group.wait()
    return results.withLock { results in items.indices.compactMap { results[$0] } }
}
