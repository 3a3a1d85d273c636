import Foundation

/// A child that reads a text and writes to a file. Foundation's `Process` will not do: it takes a child for alive as long as anybody
/// whom that child has started is, and workers are to outlive the shell that starts them.
struct ChildProcess {
    private let pid: pid_t

    /// - Parameters:
    ///   - words: the program, found in PATH, and its arguments.
    ///   - input: becomes its standard input, from the start on.
    ///   - output: a descriptor that becomes its standard output and standard error.
    /// - Throws: the system's errno as `POSIXError`.
    init(_ words: [String], input: Data, output: Int32) throws(POSIXError) {
        var ends: [Int32] = [-1, -1]
        // A pair of sockets and no pipe, for these are closed to other children from the first moment on.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        // What else this process has open is no business of programs that outlive it: whoever waits for its end would wait for theirs.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { posix_spawn_file_actions_addclose(&actions, descriptor) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // We ignore it; children should not.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let result = posix_spawnp(&child, words.first ?? "", &actions, &attributes, &arguments, environ)
        close(ends[0])
        guard result == 0 else {
            close(ends[1])
            throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO)
        }
        pid = child
        // A child that has ended already reads nothing; how it ended tells why.
        try? FileHandle(fileDescriptor: ends[1], closeOnDealloc: true).write(contentsOf: input)
    }

    /// Waits for its end.
    /// - Returns: the exit code, or 128 and the signal; nil when it took longer, and was killed.
    func wait(seconds: Int) -> Int32? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var status: Int32 = 0
        while true {
            let result = waitpid(pid, &status, WNOHANG)
            if result == pid { return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F) }
            if result < 0, errno != EINTR { return 255 }
            if ContinuousClock.now >= deadline { break }
            usleep(20_000)
        }
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
        return nil
    }
}
