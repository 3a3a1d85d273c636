import Foundation
import Runtime
import Synchronization

/// The whole of a terminal, borrowed: another screen, keys without echo, signals as events. Given back by `leave`, whatever ends
/// the command; only one at a time.
final class FullScreen {
    enum Event: Equatable {
        case key(UInt8)
        /// Ctrl-C, SIGTERM, a closed terminal.
        case end
        case resized
        /// Somebody called `notify`.
        case news
        /// Nothing within the time.
        case quiet
    }

    /// Where signal handlers and other threads write a byte each: a signal's number, 0 for news.
    private static let wake = Atomic<Int32>(-1)
    private let reading: Int32
    private let writing: Int32
    private var settings: termios?
    private var isEntered = false
    /// Keys can be read: standard input is a terminal too.
    private var hasKeys = false
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH]

    /// Another screen without cursor and line wrapping, and what undoes that.
    private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    private static let leaving = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Nil where the system has no more descriptors.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        leave()
        close(reading)
        close(writing)
    }

    func enter() {
        guard !isEntered else { return }
        isEntered = true
        Self.wake.store(writing, ordering: .relaxed)
        for number in Self.signals { signal(number) { FullScreen.wakeUp(UInt8(truncatingIfNeeded: $0)) } }
        // Whoever started this may have blocked signals, and that is handed on.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for number in Self.signals { sigaddset(&wanted, number) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
        var current = termios()
        hasKeys = tcgetattr(STDIN_FILENO, &current) == 0
        if hasKeys {
            settings = current
            current.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &current)
        }
        StandardOutput.write(Self.entering)
    }

    /// Everything as it was.
    func leave() {
        guard isEntered else { return }
        isEntered = false
        StandardOutput.write(Self.leaving)
        if var settings { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
        for number in Self.signals { signal(number, SIG_DFL) }
        Self.wake.store(-1, ordering: .relaxed)
    }

    /// Columns and lines; 80 and 24 where the terminal does not tell.
    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func draw(_ frame: String) { StandardOutput.write(frame) }

    /// From any thread: `wait` returns `news`.
    static func notify() { wakeUp(0) }

    /// Only what is safe in a signal handler.
    private static func wakeUp(_ byte: UInt8) {
        let descriptor = wake.load(ordering: .relaxed)
        guard descriptor >= 0 else { return }
        let before = errno
        var byte = byte
        _ = write(descriptor, &byte, 1)
        errno = before
    }

    func wait(milliseconds: Int32) -> Event {
        var requests = [pollfd(fd: reading, events: Int16(POLLIN), revents: 0)]
        if hasKeys { requests.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
        guard poll(&requests, nfds_t(requests.count), milliseconds) > 0 else { return .quiet }
        var byte: UInt8 = 0
        if requests[0].revents != 0 {
            guard read(reading, &byte, 1) == 1 else { return .quiet }
            switch Int32(byte) {
            case 0: return .news
            case SIGWINCH: return .resized
            case SIGTSTP:
                suspend()
                return .resized
            default: return .end
            }
        }
        guard hasKeys, requests[1].revents != 0 else { return .quiet }
        // The terminal is gone.
        guard read(STDIN_FILENO, &byte, 1) == 1 else { return .end }
        return .key(byte)
    }

    /// Ctrl-Z: the shell gets its screen, until it continues us.
    private func suspend() {
        leave()
        raise(SIGTSTP)
        enter()
    }
}
