import Diagnostics
import Foundation
import Messages
import RunStore
import TestSupport
import Testing

extension ClusterTests {
    /// `status --watch` on a real terminal: tmux's.
    @Suite struct WatchTests {
        /// A terminal of so many columns and lines, in which a shell command runs.
        private final class Terminal {
            private let socket = "filterscope-\(UUID().uuidString.prefix(8))"

            init(_ command: String, width: Int = 80, height: Int = 24) throws {
                try tmux("-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", command)
            }

            deinit { _ = try? tmux("kill-server") }

            @discardableResult func tmux(_ arguments: String...) throws -> String {
                // tmux leaves a server behind, and a process is only seen to end when nobody holds the descriptors that it was given.
                let closing = "for fd in /proc/self/fd/*; do fd=${fd##*/}; [ $fd -gt 2 ] && eval \"exec $fd>&-\"; done; exec \"$@\""
                let outcome = try runProcess(
                    "/bin/bash", ["-c", closing, "bash", "/usr/bin/tmux", "-L", socket] + arguments,
                    environment: ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"])
                guard outcome.status == 0 else { throw Problem("tmux \(arguments): \(outcome.stderr)") }
                return outcome.stdoutText
            }

            /// What stands on the screen, line by line.
            var screen: [String] {
                get throws { try tmux("capture-pane", "-p").split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
            }

            func send(_ keys: String) throws { try tmux("send-keys", keys) }

            /// Whether the other screen is shown, and the cursor.
            var state: String {
                get throws { try tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").trimmingCharacters(in: .whitespacesAndNewlines) }
            }

            func wait(for what: String) throws {
                do {
                    try waitUntil("the terminal shows \(what)", within: 60) { try screen.contains { $0.contains(what) } }
                } catch {
                    let shown = try screen
                    throw Problem("\(error): \(shown)")
                }
            }
        }

        private let temporary: TemporaryDirectory
        private let directory: RunDirectory
        private let journal: Journal
        private var path: String { directory.path }

        init() throws {
            temporary = try TemporaryDirectory()
            directory = try RunDirectory.create(path: temporary.file("run"), recipeName: "trial").directory
            journal = try Journal(path: directory.journalPath)
            try journal.setCondition(.running)
            try LogStore(journal).append([LogRecord(time: 100, level: .info, source: "anna", message: "a line of \u{1B}[2J the log")])
            try show(step: 10)
        }

        private func show(step: Int, state: RunState = .running, draining: Bool = false) throws {
            let now = Date().timeIntervalSince1970
            let workers = (1...3).map { number in
                WorkerStatus(
                    name: "worker-\(number)", host: "node", pid: number, threads: 2, state: .working, share: 0.33, unitsDone: step, lagSeconds: 0.1,
                    residentBytes: 300 << 20, joined: now, rate: 100, isDraining: draining && number == 2 ? true : nil)
            }
            let report = StatusReport(
                run: path, recipe: "trial", phase: "training", state: state, step: step, totalSteps: 60, epoch: 1, rate: 123,
                metrics: ["loss": 0.5], workers: workers, curves: ["loss": [2, 1.5, 1, 0.5]], startedAt: now - 60, updatedAt: now)
            try journal.setStatus(json: String(decoding: try JSONEncoder().encode(report), as: UTF8.self), at: now)
        }

        private func terminal(width: Int = 80, height: Int = 24, _ environment: String = "") throws -> Terminal {
            let program = try filterscopeExecutable()
            return try Terminal(
                "echo BEFORE; \(environment) \(program) status --run \(path) --watch; echo \"code=$?\"; stty -a | tr ';' '\\n' | grep -o -- '-*icanon'; sleep 600",
                width: width, height: height)
        }

        /// What was there before is there again, as is the cursor, and the terminal takes whole lines.
        private func expectRestored(_ terminal: Terminal, code: Int) throws {
            try terminal.wait(for: "code=\(code)")
            try terminal.wait(for: "icanon")
            let screen = try terminal.screen
            #expect(screen.first == "BEFORE", "\(screen)")
            #expect(screen.contains("icanon") && !screen.contains("-icanon"))
            #expect(try terminal.state == "0 1")
        }

        @Test func itShowsWhatGoesOnAndGivesTheScreenBack() throws {
            let lock = try directory.lock()
            let terminal = try terminal()
            try terminal.wait(for: "10/60 steps")
            #expect(try terminal.state == "1 0")
            let screen = try terminal.screen
            #expect(screen[0].hasSuffix("running") && screen.contains { $0.hasPrefix("worker-3") } && screen.contains { $0.hasPrefix("loss") })
            #expect(screen.contains { $0.contains("a line of ·[2J the log") } && screen.last { !$0.isEmpty } == "q quits", "\(screen)")
            // What operators do shows.
            try show(step: 11, state: .paused, draining: true)
            try terminal.wait(for: "paused by an operator")
            #expect(try terminal.screen.contains { $0.hasPrefix("worker-2") && $0.contains("draining") })
            // A larger screen is used at once.
            try terminal.tmux("resize-window", "-x", "150", "-y", "40")
            try terminal.wait(for: "threads")
            #expect(try terminal.screen[0].count == 150)
            try terminal.tmux("resize-window", "-x", "60", "-y", "12")
            try waitUntil("the small screen is used") { try terminal.screen[0].count == 60 && terminal.screen.last { !$0.isEmpty } == "q quits" }
            try terminal.tmux("resize-window", "-x", "80", "-y", "24")
            try terminal.send("q")
            try expectRestored(terminal, code: 0)
            withExtendedLifetime(lock) {}
        }

        @Test func itWaitsForACoordinatorThatIsGoneAndEndsWithTheRun() throws {
            var lock: RunLock? = try directory.lock()
            let terminal = try terminal()
            try terminal.wait(for: "10/60 steps")
            withExtendedLifetime(lock) {}
            lock = nil
            try terminal.wait(for: "waiting for the coordinator for")
            #expect(try terminal.state == "1 0")
            lock = try directory.lock()
            try show(step: 20)
            try terminal.wait(for: "20/60 steps")
            try waitUntil("it goes on") { try terminal.screen.last { !$0.isEmpty } == "q quits" }
            try show(step: 60, state: .finished)
            try journal.setCondition(.finished)
            try expectRestored(terminal, code: 0)
            #expect(try terminal.screen.contains { $0.contains("60/60 steps") }, "the last status stays")
            withExtendedLifetime(lock) {}
        }

        @Test(arguments: [("C-c", 130), ("TERM", 130), ("HUP", 130), ("error", 1), ("C-d", 0)])
        func everyExitRestoresTheScreen(_ how: String, _ code: Int) throws {
            let lock = try directory.lock()
            if how == "error" { try journal.setStatus(json: "{}", at: 1) }
            let terminal = try terminal()
            if how != "error" { try terminal.wait(for: "10/60 steps") }
            if how.hasPrefix("C-") {
                try terminal.send(how)
            } else if how != "error" {
                let shell = try terminal.tmux("display-message", "-p", "#{pane_pid}").trimmingCharacters(in: .whitespacesAndNewlines)
                let watch = try #require(childProcesses(of: Int32(shell) ?? 0).first)
                kill(watch, how == "TERM" ? SIGTERM : SIGHUP)
            }
            try expectRestored(terminal, code: code)
            withExtendedLifetime(lock) {}
        }

        @Test func suspendedItGivesTheScreenBackForAWhile() throws {
            let lock = try directory.lock()
            let terminal = try Terminal("PS1='$ ' bash --norc")
            try terminal.tmux("send-keys", "\(try filterscopeExecutable()) status --run \(path) --watch", "Enter")
            try terminal.wait(for: "10/60 steps")
            try terminal.send("C-z")
            try terminal.wait(for: "Stopped")
            #expect(try terminal.state == "0 1")
            try terminal.tmux("send-keys", "fg", "Enter")
            try waitUntil("it is back") { try terminal.state == "1 0" && terminal.screen.contains { $0.contains("10/60 steps") } }
            withExtendedLifetime(lock) {}
        }

        @Test func coloursAreForTerminalsThatWantThem() throws {
            let lock = try directory.lock()
            let colored = try terminal("env -u NO_COLOR")
            try colored.wait(for: "10/60 steps")
            #expect(try colored.tmux("capture-pane", "-p", "-e").contains("\u{1B}[32mrunning"))
            let plain = try terminal("NO_COLOR=1")
            try plain.wait(for: "10/60 steps")
            #expect(try !plain.tmux("capture-pane", "-p", "-e").contains("\u{1B}[32m"))
            withExtendedLifetime(lock) {}
        }
    }
}
