import Diagnostics
import Foundation
import Reporting
import Runtime

/// `status --watch` on a terminal: the whole screen, until the run is over or the user has seen enough.
enum StatusWatch {
    /// - Returns: done where the run is over or `q` was pressed, interrupted after Ctrl-C or SIGTERM.
    static func run(_ open: @escaping @Sendable () throws -> (any StatusSource, any LogSource), colored: Bool) throws -> ExitCode {
        guard let screen = FullScreen() else { throw Problem("the terminal cannot be watched: no descriptor is left") }
        let feed = WatchFeed()
        screen.enter()
        defer { screen.leave() }
        feed.start(open) { FullScreen.notify() }
        while true {
            let news = feed.latest
            if let fault = news.fault { throw fault }
            if news.isOver, let report = news.report {
                screen.leave()
                StandardOutput.write(StatusView.text(
                    report, now: Date().timeIntervalSince1970, width: StandardOutput.style.width, colored: colored))
                return .done
            }
            let size = screen.size
            screen.draw(view(of: news).frame(width: size.width, height: size.height, colored: colored))
            switch screen.wait(milliseconds: 1000) {
            case .key(UInt8(ascii: "q")), .key(UInt8(ascii: "Q")): return .done
            // Ctrl-D.
            case .key(4): return .done
            case .end: return .interrupted
            case .key, .resized, .news, .quiet: break
            }
        }
    }

    private static func view(of news: WatchFeed.News) -> WatchView {
        let now = Date().timeIntervalSince1970
        let notice = news.absence.map { absence in
            "waiting for the coordinator for \(max(0, Int(now - absence.since))) s (q quits): \(absence.cause)"
        }
        return WatchView(report: news.report, log: news.log, notice: notice, now: now)
    }
}
