import Foundation

/// Ends this process in order, with a checkpoint, once the process that started it is gone: a network of a sweep whose sweep was
/// killed would go on alone otherwise, and keep its directory from the sweep that is resumed.
enum ParentWatch {
    static let interval = 0.2

    /// - Parameter parent: the process that may be waited for; another parent means that it is gone.
    static func start(parent: pid_t) {
        Thread.detachNewThread {
            while getppid() == parent { Thread.sleep(forTimeInterval: interval) }
            // A second signal would end the process without a checkpoint.
            if !Interrupt.requested { kill(getpid(), SIGTERM) }
        }
    }
}
