import Foundation
import Synchronization

/// What may be written to a stream: colours and moving lines only on a terminal.
public struct TerminalStyle: Hashable, Sendable {
    public var isTerminal: Bool
    public var colored: Bool
    public var width: Int

    public init(isTerminal: Bool, colored: Bool, width: Int) {
        self.isTerminal = isTerminal
        self.colored = colored
        self.width = width
    }

    /// - Parameter descriptor: 1 for standard output, 2 for standard error.
    /// `NO_COLOR`, set and not empty, turns colours off (no-color.org); so does a terminal of type `dumb`.
    public static func of(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalStyle {
        let isTerminal = isatty(descriptor) == 1
        let plain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        var size = winsize()
        let known = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return TerminalStyle(isTerminal: isTerminal, colored: isTerminal && !plain, width: known ? Int(size.ws_col) : 80)
    }
}

/// Redraws one line of standard error, at most ten times a second; writes nothing where standard error is no terminal.
public final class ProgressBar: Sendable {
    private struct State {
        var shown = false
        var lastDrawn = -Double.infinity
    }

    private let style: TerminalStyle
    private let sink: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter sink: takes the text; standard error unless a test wants it.
    public init(
        style: TerminalStyle = .of(descriptor: 2),
        sink: @escaping @Sendable (String) -> Void = { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) }
    ) {
        self.style = style
        self.sink = sink
    }

    /// - Parameter now: seconds of any clock that only goes forward.
    public func show(_ line: ProgressLine, now: Double = ProcessInfo.processInfo.systemUptime) {
        guard style.isTerminal else { return }
        state.withLock { state in
            guard now - state.lastDrawn >= 0.1 || line.done >= line.total else { return }
            state.lastDrawn = now
            state.shown = true
            // One column stays free: some terminals wrap as soon as the last one is written.
            sink("\r\u{1B}[K" + line.text(width: style.width - 1, colored: style.colored))
        }
    }

    /// Takes the line away, so that something else can be written.
    public func clear() {
        state.withLock { state in
            guard state.shown else { return }
            state.shown = false
            state.lastDrawn = -.infinity
            sink("\r\u{1B}[K")
        }
    }

    /// Leaves the line as it stands and goes to the next.
    public func finish() {
        state.withLock { state in
            guard state.shown else { return }
            state.shown = false
            state.lastDrawn = -.infinity
            sink("\n")
        }
    }
}
