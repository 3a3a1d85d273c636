import Diagnostics
import Foundation
import RunStore

/// Reads a log from its beginning, or its last lines, and follows it to the run's end, through every absence of the coordinator.
struct LogFollowing {
    let source: any LogSource
    let output: LogOutput
    var query: LogQuery
    /// Of what is there already, only so many of the last lines.
    var tail: Int?
    /// Seconds that a coordinator may be away; nil: for ever.
    var waitSeconds: Double?

    /// What a coordinator sends at most in one reply.
    static let pageSize = 1000
    /// Seconds from one look to the next where nothing new was found.
    private static let pause = 0.1

    private var log: String?
    private var isAnotherRun = false
    private var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    init(source: any LogSource, output: LogOutput, query: LogQuery, tail: Int? = nil, waitSeconds: Double? = nil) {
        self.source = source
        self.output = output
        self.query = query
        self.query.limit = Self.pageSize
        self.tail = tail
        self.waitSeconds = waitSeconds
    }

    /// Shows what is there, in order of time as a whole.
    /// - Returns: whether the run is over and nothing follows.
    mutating func list() throws(Problem) -> Bool {
        if let tail, !query.isSearch || source.givesAnyTail, let ended = try listTail(tail) { return ended }
        if tail == nil, let ended = try listByTime() { return ended }
        var lines: [LogLine] = []
        while true {
            let page = try next()
            output.showGap(tail == nil ? page.missing : 0)
            lines += page.lines
            // Pages may overlap with what is being written: what is older than the last lines is not needed.
            if let tail, lines.count > 2 * tail + Self.pageSize { lines.removeFirst(lines.count - tail) }
            // A page may hold fewer records than asked; the end is where the place in the log stands still.
            guard page.lastID > query.after else {
                output.show(Self.inOrder(tail.map { Array(lines.suffix($0)) } ?? lines))
                return page.finished && !page.isInterrupted
            }
            query.after = page.lastID
        }
    }

    /// Part by part, however long the log is.
    /// - Returns: nil where the source cannot.
    private mutating func listByTime() throws(Problem) -> Bool? {
        var question = query
        question.tail = 0
        let bounds = try next(question)
        guard var lines = try source.listing(query, behind: nil, upTo: bounds.lastID) else { return nil }
        output.showGap(bounds.missing)
        while let last = lines.last {
            output.show(lines)
            lines = try source.listing(query, behind: last, upTo: bounds.lastID) ?? []
        }
        query.after = bounds.lastID
        return bounds.finished && !bounds.isInterrupted
    }

    /// - Returns: nil where the source cannot give that many at once.
    private mutating func listTail(_ tail: Int) throws(Problem) -> Bool? {
        var question = query
        question.tail = tail
        question.limit = max(tail, 1)
        let page = try next(question)
        guard source.givesAnyTail || page.lines.count >= tail || page.lines.count >= page.lastID else { return nil }
        output.show(Self.inOrder(Array(page.lines.suffix(tail))))
        query.after = page.lastID
        return page.finished && !page.isInterrupted
    }

    /// Shows what comes, until the run is over.
    /// - Throws: where a coordinator is away for too long, or another run answers.
    mutating func follow() throws(Problem) {
        var reordering = LogReordering()
        var absence = Absence()
        while true {
            do throws(Problem) {
                let page = try next()
                query.after = max(query.after, page.lastID)
                if page.missing > 0 {
                    output.show(reordering.due(at: now, all: true))
                    output.showGap(page.missing)
                }
                reordering.add(page.lines, at: now)
                if page.finished, !page.isInterrupted { return output.show(reordering.due(at: now, all: true)) }
                output.show(reordering.due(at: now))
                let isFull = page.lines.count >= Self.pageSize / 2
                let cause = isFull ? nil : page.isInterrupted ? "the run is interrupted and can go on with --resume" : try source.absence()
                if let cause { try absence.note(Problem(cause), limit: waitSeconds, at: now) } else { absence.end() }
                if isFull { continue }
            } catch {
                if isAnotherRun { throw error }
                output.show(reordering.due(at: now, all: true))
                try absence.note(error, limit: waitSeconds, at: now)
            }
            Thread.sleep(forTimeInterval: absence.isOne ? 0.5 : Self.pause)
        }
    }

    /// - Parameter question: the query, unless it is another.
    private mutating func next(_ question: LogQuery? = nil) throws(Problem) -> LogLines {
        var page = try source.page(question ?? query)
        if let known = log, let other = page.log, known != other {
            isAnotherRun = true
            throw Problem("another run answers there now; the log of the one that was followed is not to be had there", remedy: "read its run directory with --run")
        }
        log = page.log ?? log
        // A coordinator of an earlier version does not know all conditions.
        page.lines.removeAll { !query.matches($0.record) }
        return page
    }

    private static func inOrder(_ lines: [LogLine]) -> [LogLine] { lines.sorted { ($0.time, $0.id) < ($1.time, $1.id) } }
}

/// The time in which nothing can come.
private struct Absence {
    private var since: Double?
    private var said = ""
    var isOne: Bool { since != nil }

    /// Says on standard error, once for each cause, that it waits.
    mutating func note(_ problem: Problem, limit: Double?, at now: Double) throws(Problem) {
        let start = since ?? now
        since = start
        if let limit, now - start >= limit { throw problem }
        guard said != problem.what else { return }
        said = problem.what
        StandardError.writeLine("filterscope: waiting for the coordinator: \(problem)")
    }

    mutating func end() {
        if since != nil { StandardError.writeLine("filterscope: the coordinator is back") }
        (since, said) = (nil, "")
    }
}
