import Diagnostics
import Foundation
import Messages
import Service
import TestSupport

/// A service over made-up runs, on a port of its own.
struct ServiceTrial {
    let service: RunService

    init(limits: HTTPServer.Limits = HTTPServer.Limits(), names: [String] = []) throws {
        service = try RunService(
            host: "127.0.0.1", try ListeningSocket(host: "127.0.0.1", port: 0), names: names, facts: Self.facts, limits: limits)
    }

    var address: String { service.address }

    func get(_ path: String, method: String = "GET", host: String? = "localhost", headers: [String: String] = [:]) throws -> HTTPReply {
        try httpGet(address, path, method: method, host: host, headers: headers)
    }

    func close() { service.close(RunEnding(state: .finished), patience: 0) }

    static let facts = ServiceFacts(
        version: "0.1.0", kernels: "kernels \"2\"", model: "vgg11", dataset: "fashion-mnist",
        phases: ["training", "heads", "survey", "filters", "prune"], steppedPhases: ["training", "heads", "prune"],
        unitKinds: ["train", "heads", "survey", "filters"], refusalKinds: ["malformed", "flood"], processStart: 1_700_000_000)

    static func status(state: RunState = .running, workers: [String] = ["anna", "bert"]) -> StatusReport {
        StatusReport(
            run: "runs/demo-1", recipe: "fashion-demo", phase: "training", state: state, step: 30, totalSteps: 100, epoch: 1, rate: 512.5,
            secondsLeft: 12.25, metrics: ["loss": 1.5, "accuracy": 0.5, "test_accuracy": 0.625],
            workers: workers.map {
                WorkerStatus(
                    name: $0, host: "node", pid: 17, threads: 2, state: .working, share: 0.5, unitsDone: 15, lagSeconds: 0.25,
                    residentBytes: 100_000_000, joined: 1_700_000_000, waitingShare: 0.125)
            },
            faults: ["bert left: silent for 9 s"], waitingShare: 0.0625, damagedSamples: 3, refusals: ["malformed": 4],
            startedAt: 1_700_000_000, updatedAt: 1_700_000_060)
    }

    static func figures(workers: [String] = ["anna", "bert"]) -> RunFigures {
        var figures = RunFigures()
        figures.workers = workers.map {
            RunFigures.Worker(
                name: $0, samples: 1500, busySeconds: 20, fedSeconds: 18, waitedSeconds: 2.25, unitsInHand: 2, samplesPerSecond: 256, failures: 1,
                receivedBytes: 4000, sentBytes: 5000)
        }
        var units = RunFigures.Units()
        units.count = 30
        units.samples = 3000
        units.seconds = 40
        figures.units = ["train": units]
        figures.steps = ["training": 30]
        for seconds in [0.04, 0.05, 3, 100] { figures.stepTimes.note(seconds: seconds) }
        figures.journalWrites.note(seconds: 0.0004)
        figures.checkpointWrites.note(seconds: 0.3)
        figures.logRecords = [.info: 12, .warning: 1]
        (figures.workersJoined, figures.workersLeft, figures.workersLost) = (3, 0, 1)
        (figures.lastCheckpoint, figures.lastProgress) = (1_700_000_050, 1_700_000_059)
        (figures.receivedMessages, figures.receivedBytes, figures.sentMessages, figures.sentBytes) = (100, 8000, 90, 10_000)
        (figures.diskBytes, figures.diskFreeBytes) = (1_000_000_000, 250_000_000)
        return figures
    }

    func publish(state: RunState = .running, workers: [String] = ["anna", "bert"]) {
        service.publish(Self.status(state: state, workers: workers), Self.figures(workers: workers))
    }

    func log(_ message: String, source: String = "coordinator", level: LogLevel = .info) {
        service.publish([LogRecord(time: 1_700_000_000, level: level, source: source, message: message)])
    }
}
