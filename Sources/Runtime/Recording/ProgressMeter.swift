import Foundation
import Messages
import Reporting

/// How far a run has come and how fast it goes: what the terminal's line and the status report are made of.
struct ProgressMeter {
    let startedAt: Double
    var state = Messages.RunState.starting
    var testAccuracy: Double?
    private(set) var phase: RunPhase?
    private(set) var step = 0
    private var totalSteps = 0
    private(set) var epoch = 0
    private var loss: Double?
    private var accuracy: Double?
    private var lossCurve = ProgressCurve()
    private var accuracyCurve = ProgressCurve()
    private var unitsDone = 0
    private var unitsTotal = 0
    /// Samples done, by time, over the last while.
    private var recent: [(time: Double, samples: Int)] = []
    private var phaseStart = 0.0
    private var phaseFirst = 0

    /// Seconds over which the rate is taken.
    private static let window = 10.0

    init(startedAt: Double) { self.startedAt = startedAt }

    private var now: Double { ProcessInfo.processInfo.systemUptime }

    mutating func begin(_ phase: RunPhase, total: Int, from step: Int) {
        self.phase = phase
        self.step = step
        totalSteps = total
        phaseStart = now
        phaseFirst = step
        (unitsDone, unitsTotal) = (0, 0)
        (loss, accuracy, epoch) = (nil, nil, 0)
        (lossCurve, accuracyCurve) = (ProgressCurve(), ProgressCurve())
        recent = []
        state = .running
    }

    mutating func step(_ done: Int, epoch: Int, loss: Double, accuracy: Double) {
        step = done
        self.epoch = epoch
        lossCurve.add(loss)
        accuracyCurve.add(accuracy)
        // Single mini-batches are noisy: an average over the last fifty or so is what a reader wants.
        self.loss = self.loss.map { $0 + (loss - $0) / 50 } ?? loss
        self.accuracy = self.accuracy.map { $0 + (accuracy - $0) / 50 } ?? accuracy
    }

    mutating func unitsSubmitted(_ count: Int) { unitsTotal += count }

    mutating func unitCompleted(samples: Int) {
        unitsDone += 1
        let time = now
        recent.append((time, samples))
        recent.removeAll { $0.time < time - Self.window }
    }

    /// Samples per second.
    var rate: Double? {
        guard let first = recent.first, recent.count > 1, now > first.time else { return nil }
        return Double(recent.dropFirst().reduce(0) { $0 + $1.samples }) / (now - first.time)
    }

    /// Steps where the phase has them, units otherwise.
    private var counted: (done: Int, total: Int, unit: String) {
        phase?.isStepped == true ? (step, totalSteps, "steps") : (unitsDone, unitsTotal, "units")
    }

    var secondsLeft: Double? {
        let (done, total, _) = counted
        let taken = done - (phase?.isStepped == true ? phaseFirst : 0)
        guard taken > 0, now > phaseStart else { return nil }
        return (now - phaseStart) / Double(taken) * Double(total - done)
    }

    var line: ProgressLine {
        let (done, total, unit) = counted
        var note: [String] = []
        if let loss { note.append("loss \(Self.rounded(loss))") }
        if let testAccuracy { note.append("test \(Self.rounded(testAccuracy))") }
        return ProgressLine(
            label: phase?.rawValue ?? "starting", done: done, total: total, unit: unit, rate: rate, secondsLeft: secondsLeft,
            note: note.joined(separator: " "))
    }

    func report(run: String, recipe: String, workers: [WorkerStatus], faults: [String], at time: Double) -> StatusReport {
        let (done, total, _) = counted
        var metrics: [String: Double] = [:]
        if let loss, loss.isFinite { metrics["loss"] = loss }
        if let accuracy { metrics["accuracy"] = accuracy }
        if let testAccuracy { metrics["test_accuracy"] = testAccuracy }
        let curves = ["loss": lossCurve.values, "accuracy": accuracyCurve.values].filter { !$0.value.isEmpty }
        return StatusReport(
            run: run, recipe: recipe, phase: phase?.rawValue ?? "", state: state, step: done, totalSteps: total, epoch: epoch,
            rate: rate ?? 0, secondsLeft: secondsLeft, metrics: metrics, workers: workers, faults: faults,
            curves: curves.isEmpty ? nil : curves, startedAt: startedAt, updatedAt: time)
    }

    private static func rounded(_ value: Double) -> String { String(format: "%.3f", value) }
}
