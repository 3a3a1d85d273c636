import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a flag that loops look at: the first asks for an orderly end, the second ends the process at once.
public enum Interrupt {
    private static let count = Atomic<Int>(0)

    public static var requested: Bool { count.load(ordering: .relaxed) > 0 }

    /// Asks for an orderly end from within, as the first Ctrl-C does; once is enough.
    static func request() { _ = count.compareExchange(expected: 0, desired: 1, ordering: .relaxed) }

    /// Installs the handlers. A handler may only do what is safe in a signal: it counts and, the second time, leaves.
    public static func install() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if Interrupt.count.wrappingAdd(1, ordering: .relaxed).oldValue >= 1 { _exit(128 + number) }
            }
        }
        // A parent that blocks signals in the thread that starts us, as a dispatch queue's does, hands that on.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// For worker processes of a local run: the terminal sends Ctrl-C to the whole group, and workers must go on until
    /// the coordinator has finished its step.
    public static func ignoreTerminal() { signal(SIGINT, SIG_IGN) }
}
