import Foundation

extension StatusRequest: MessagePayload {
    static var kind: MessageKind { .statusRequest }
    var wrapped: Message { .statusRequest(self) }
    func check(_ check: FieldCheck) throws(ProtocolError) {}
}

extension StatusReport: MessagePayload {
    static var kind: MessageKind { .status }
    var wrapped: Message { .status(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(run, "run", mayBeEmpty: true)
        try check.name(recipe, "recipe", mayBeEmpty: true)
        try check.name(phase, "phase", mayBeEmpty: true)
        try check.count(step, "step")
        try check.count(totalSteps, "totalSteps")
        try check.count(epoch, "epoch")
        try check.amount(rate, "rate")
        if let secondsLeft { try check.amount(secondsLeft, "secondsLeft") }
        try check.amount(startedAt, "startedAt")
        try check.amount(updatedAt, "updatedAt")
        for name in metrics.keys { try check.name(name, "metrics") }
        for fault in faults { try check.text(fault, "faults") }
        if let waitingShare { try check.amount(waitingShare, "waitingShare") }
        if let damagedSamples { try check.count(damagedSamples, "damagedSamples") }
        for (kind, count) in refusals ?? [:] {
            try check.name(kind, "refusals")
            try check.count(count, "refusals.\(kind)")
        }
        for kernels in otherKernels ?? [] { try check.name(kernels, "otherKernels") }
        if let http { try check.name(http, "http") }
        for (name, values) in curves ?? [:] {
            try check.name(name, "curves")
            try check.require(values.count <= Self.longestCurve, "curves.\(name)", "has \(values.count) values, more than \(Self.longestCurve)")
        }
        for worker in workers { try worker.check(check) }
    }
}

extension WorkerStatus {
    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.name(name, "workers.name")
        try check.name(host, "workers.host")
        try check.count(pid, "workers.pid")
        try check.count(threads, "workers.threads")
        try check.amount(share, "workers.share")
        try check.count(unitsDone, "workers.unitsDone")
        try check.amount(lagSeconds, "workers.lagSeconds")
        try check.count(residentBytes, "workers.residentBytes")
        try check.amount(joined, "workers.joined")
        if let waitingShare { try check.amount(waitingShare, "workers.waitingShare") }
        if let rate { try check.amount(rate, "workers.rate") }
        if let faults { try check.count(faults, "workers.faults") }
        if let clockOffset { try check.require(clockOffset.isFinite, "workers.clockOffset", "is not finite") }
        if let clockUncertainty { try check.amount(clockUncertainty, "workers.clockUncertainty") }
    }
}

extension LogsRequest: MessagePayload {
    static var kind: MessageKind { .logsRequest }
    var wrapped: Message { .logsRequest(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.count(after, "after")
        try check.count(limit, "limit")
        if let worker { try check.name(worker, "worker") }
        if let grep { try check.text(grep, "grep") }
        if let since { try check.require(since.isFinite, "since", "is not finite") }
        if let until { try check.require(until.isFinite, "until", "is not finite") }
        if let tail { try check.count(tail, "tail") }
        try check.require(workers?.count ?? 0 <= Self.mostPatterns, "workers", "has more than \(Self.mostPatterns) entries")
        for worker in workers ?? [] { try check.name(worker, "workers") }
    }
}

extension LogsReply: MessagePayload {
    static var kind: MessageKind { .logs }
    var wrapped: Message { .logs(self) }

    func check(_ check: FieldCheck) throws(ProtocolError) {
        try check.count(lastID, "lastID")
        if let missing { try check.count(missing, "missing") }
        if let log { try check.name(log, "log", mayBeEmpty: true) }
        for entry in entries {
            try check.count(entry.id, "entries.id")
            try entry.record.check(check)
        }
    }
}
