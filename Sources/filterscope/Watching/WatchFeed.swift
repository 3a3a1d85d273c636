import Diagnostics
import Foundation
import Messages
import RunStore
import Synchronization

/// Asks for status and log on a thread of its own, so that keys are heard while a coordinator does not answer.
final class WatchFeed: Sendable {
    struct News: Sendable {
        var report: StatusReport?
        var log: [LogRecord] = []
        /// Why there is nothing new, and since when, in seconds since 1970.
        var absence: (cause: String, since: Double)?
        /// The run is over.
        var isOver = false
        /// There never was anything to show.
        var fault: Problem?
    }

    private let news = Mutex(News())
    /// Records that are kept to be shown.
    static let logLines = 60

    var latest: News { news.withLock { $0 } }

    /// - Parameters:
    ///   - open: makes the sources, on the thread that uses them.
    ///   - changed: called after each change, on that thread.
    func start(
        _ open: @escaping @Sendable () throws -> (any StatusSource, any LogSource), changed: @escaping @Sendable () -> Void
    ) {
        let thread = Thread { [self] in
            var sources: (status: any StatusSource, log: any LogSource)?
            var query = LogQuery(limit: Self.logLines, tail: Self.logLines)
            while true {
                do {
                    let (status, log) = try sources ?? open()
                    sources = (status, log)
                    try look(status, log, &query)
                } catch {
                    fail(error)
                }
                changed()
                if news.withLock({ $0.isOver || $0.fault != nil }) { return }
                Thread.sleep(forTimeInterval: 0.5)
            }
        }
        thread.name = "watch"
        thread.stackSize = 4 << 20
        thread.start()
    }

    private func look(_ status: any StatusSource, _ log: any LogSource, _ query: inout LogQuery) throws {
        var standing = try status.standing()
        let page = try log.page(query)
        query.after = page.lastID
        // Whoever follows the log learns of the end; what the status says then is the last word.
        if page.finished, !standing.report.state.isOver { standing = (try? status.standing()) ?? standing }
        let now = Date().timeIntervalSince1970
        news.withLock { news in
            news.report = standing.report
            news.log = (news.log + page.lines.map(\.record)).suffix(Self.logLines)
            news.isOver = !standing.isOrphaned && (standing.report.state.isOver || page.finished)
            news.absence = standing.isOrphaned ? ("the coordinator is gone without a word", news.absence?.since ?? now) : nil
        }
    }

    private func fail(_ error: any Error) {
        let problem = error as? Problem ?? Problem("\(error)")
        let now = Date().timeIntervalSince1970
        news.withLock { news in
            // What never was there is told at once; what was there may come back.
            guard news.report != nil else { return news.fault = problem }
            news.absence = (problem.location.map { "\($0): \(problem.what)" } ?? problem.what, news.absence?.since ?? now)
        }
    }
}
