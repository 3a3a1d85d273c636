import Diagnostics
import Messages

// What workers write: taken as fast as allowed, acknowledged when it is paid for, so that a worker waits rather than loses.

/// How much workers may write. A record costs 1, and 1 more for every 512 bytes.
public struct LogAllowance: Sendable, Equatable {
    /// In the long run, for one worker and for all of them.
    public var perSecond: Double
    public var perSecondOfAll: Double
    /// More than an honest worker has under way; what is beyond is thrown away.
    public var most: Double { 25_000 }

    public init(perSecond: Double = 20_000, perSecondOfAll: Double = 60_000) {
        self.perSecond = perSecond
        self.perSecondOfAll = perSecondOfAll
    }
}

extension CoordinatorMachine {
    mutating func keep(_ batch: LogBatch, _ worker: RosterWorker, at now: Double) -> [Action] {
        guard !batch.records.isEmpty else { return [] }
        let known = takenLogs[worker.incarnation] ?? 0
        let last = batch.firstSequence + batch.records.count - 1
        let new = batch.records.dropFirst(max(0, known + 1 - batch.firstSequence))
        roster.update(worker.peer) { $0.lastHeard = now }
        guard !new.isEmpty else { return acknowledge(last, worker, at: now) }
        if takenLogs.count >= Self.mostTakenLogs {
            let present = Set(roster.workers.map(\.incarnation))
            takenLogs = takenLogs.filter { present.contains($0.key) }
        }
        takenLogs[worker.incarnation] = max(known, last)
        var (records, refused) = taken(new, worker, at: now)
        // Numbers that were passed over are records that the worker had no room for; those before the first time are another coordinator's.
        let lost = min(max(0, batch.firstSequence - known - 1), batch.dropped)
        if lost > 0 { records.insert(gap(lost, "the worker had no room for them", worker, at: records.first ?? new.first), at: 0) }
        if refused > 0 { records.append(gap(refused, "more than the coordinator takes", worker, at: new.last)) }
        return [.records(records, from: worker, upTo: last)] + acknowledge(last, worker, at: now)
            + (refused > 0 ? refuse(.flood, "too many log records", worker, count: refused) : [])
    }

    private mutating func taken(_ new: ArraySlice<LogRecord>, _ worker: RosterWorker, at now: Double) -> ([LogRecord], refused: Int) {
        var (own, all) = (worker.logAllowance, logAllowance)
        let wall = now + wallClock
        var records: [LogRecord] = []
        records.reserveCapacity(new.count + 1)
        for record in new {
            let record = worker.clock.corrected(record.bounded(source: worker.name), at: wall)
            let cost = 1 + Double(record.byteCount / 512)
            guard own.borrow(cost, owingAtMost: settings.logs.most, at: now) else { break }
            // All together may owe for every worker present.
            _ = all.borrow(cost, owingAtMost: .infinity, at: now)
            records.append(record)
        }
        logAllowance = all
        roster.update(worker.peer) { $0.logAllowance = own }
        return (records, new.count - records.count)
    }

    /// At once, or when what was taken is paid for.
    private mutating func acknowledge(_ last: Int, _ worker: RosterWorker, at now: Double) -> [Action] {
        var due = logAllowance.paid(at: now)
        roster.update(worker.peer) { worker in
            due = max(due, worker.logAllowance.paid(at: now))
            worker.logsOwed = due > now ? OwedAcknowledgement(number: last, due: due) : nil
        }
        return due > now ? [] : [Self.acknowledgement(last, worker)]
    }

    /// What is paid for by now.
    mutating func acknowledgeLogs(at now: Double) -> [Action] {
        roster.workers.compactMap { worker in
            guard let owed = worker.logsOwed, owed.due <= now else { return nil }
            roster.update(worker.peer) { $0.logsOwed = nil }
            return Self.acknowledgement(owed.number, worker)
        }
    }

    private static func acknowledgement(_ number: Int, _ worker: RosterWorker) -> Action {
        .send(worker.peer, .acknowledgement(Acknowledgement(of: .log, sequence: number)))
    }

    /// Stands in the log where records are missing.
    private func gap(_ count: Int, _ cause: String, _ worker: RosterWorker, at neighbour: LogRecord?) -> LogRecord {
        LogRecord(
            time: neighbour?.time ?? 0, level: .warning, source: worker.name, message: "log records lost",
            fields: ["log.lost": String(count), "cause": cause])
    }
}
