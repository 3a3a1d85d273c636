import Diagnostics
import Foundation
import Messages
import Tensors

/// One message of every kind, and of every kind of unit, with every field set; also what the recorded frames hold.
enum Samples {
    static let all: [(name: String, envelope: Envelope)] = [
        ("hello", from("anna", run: "", .hello(hello))),
        ("welcome", from("coordinator", .welcome(welcome))),
        ("refused", from("coordinator", run: "", .refused(refusal))),
        ("goodbye", from("anna", .goodbye(Goodbye(reason: "interrupted by the user")))),
        ("heartbeat", from("anna", .heartbeat(heartbeat))),
        ("ended", from("coordinator", .ended(RunEnd(outcome: .finished, message: "all phases are done")))),
        ("unit-train", from("coordinator", .unit(trainUnit))),
        ("unit-heads", from("coordinator", .unit(headsUnit))),
        ("unit-survey", from("coordinator", .unit(surveyUnit))),
        ("unit-filters", from("coordinator", .unit(filterUnit))),
        ("result", from("anna", .result(result))),
        ("result-in-memory", from("anna", .result(resultInMemory))),
        ("failure", from("anna", .failure(UnitFailure(unit: 7, what: "the JPEG file is damaged", retryable: false, sample: 17)))),
        ("cancel", from("coordinator", .cancel(UnitCancellation(unit: 7)))),
        ("samples", from("coordinator", .samples(shipment))),
        ("data", from("anna", .data(DataDeclaration(splits: [facts])))),
        ("parameters", from("coordinator", .parameters(parameters))),
        ("parameters-in-memory", from("coordinator", .parameters(parametersInMemory))),
        ("log", from("anna", .log(LogBatch(firstSequence: 12, records: [record], dropped: 3)))),
        ("acknowledgement", from("coordinator", .acknowledgement(Acknowledgement(of: .log, sequence: 12)))),
        ("acknowledgement-of-memory", from("coordinator", .acknowledgement(Acknowledgement(of: .result, sequence: 9)))),
        ("status-request", from("status", run: "", .statusRequest(StatusRequest()))),
        ("status", from("coordinator", .status(status))),
        ("logs-request", from("logs", run: "", .logsRequest(logsRequest))),
        ("logs", from("coordinator", .logs(logs))),
        ("command", from("pause", run: "", .command(Command(.pause)))),
        ("command-drain", from("drain", run: "", .command(Command(.drain, worker: "anna")))),
        ("command-reply", from("coordinator", .commandReply(CommandReply(action: .pause, message: "no more units are dealt out; 2 in hand are finished")))),
    ]

    static func from(_ sender: String, run: String = "fashion-demo-1", _ message: Message) -> Envelope {
        Envelope(run: run, sender: sender, message: message)
    }

    static let hello = Hello(
        name: "anna", incarnation: "6F9619FF-8B86-D011-B42D-00CF4FC964FF", host: "node1", pid: 4711, threads: 2,
        fingerprint: "avx512 SkylakeX 0.3.21 release", protocolRange: ProtocolRange(lowest: 1, highest: 2),
        samplesAhead: true, memory: memory(1), clock: 1_700_000_000.5)
    static func memory(_ sequence: Int) -> SegmentReference {
        SegmentReference(process: 4711, descriptor: 7, identifier: "0123456789abcdef0123456789abcdef", sequence: sequence)
    }
    static let welcome = Welcome(
        run: "fashion-demo-1", name: "anna-2", heartbeatSeconds: 1, timeoutSeconds: 7.5, task: #"{"model":"vgg11","width":16}"#,
        data: DataSummary(dataset: "folder:/pictures?size=64", splits: [facts]), memory: memory(2))
    static let facts = SplitFacts(split: "train", facts: ["samples": "500", "names": "0f1e", "sizes": "2d3c"])
    static let refusal = Refusal(
        code: .fingerprint, reason: "kernels differ: \"avx2\", not \"avx512\"", remedy: "build with FILTERSCOPE_MARCH=x86-64-v3 everywhere")
    static let heartbeat = Heartbeat(sequence: 41, unit: 1 << 63, lanesBusy: 2, residentBytes: 123_456_789, unitsDone: 40, clock: 1_700_000_041.25,
        answered: AnsweredHeartbeat(sequence: 40, sent: 1_700_000_040.25, received: 1_700_000_040.3125))
    static let samples = WireTensor("samples", [2, 2, 3, 1], uint8s: Data(0..<12))
    static let labels = WireTensor("labels", [2], int64s: [9, -1])
    static let shards = [ShardSlice(index: 2, sampleIndices: [17]), ShardSlice(index: 3, sampleIndices: [59_999])]
    static let part = TreePart(node: TreeNode(level: 1, index: 1), shardCount: 4, shards: shards)
    static let train = TrainUnit(
        step: 1200, epoch: 2, batchCount: 100, seed: .max, augment: true, part: part)
    static let needs = [ParameterReference(set: "network", version: 1200), ParameterReference(set: "statistics", version: 3)]
    static let trainUnit = WorkUnit(id: 7, needs: needs, work: .train(train), tensors: [samples, labels])
    static let shipment = SampleShipment(unit: 8, work: .train(train), tensors: [samples, labels])
    static let headsUnit = WorkUnit(id: 8, needs: needs, work: .heads(train))
    static let surveyUnit = WorkUnit(
        id: 9, needs: [],
        work: .survey(SurveyUnit(wantHeads: true, wantLabelSums: false, part: part)),
        tensors: [samples, labels])
    static let filterUnit = WorkUnit(
        id: 10, needs: [],
        work: .filters(FilterUnit(layer: "conv8", firstFilter: 64, filterCount: 32, threshold: 0.3, labels: 10, positions: 1)),
        tensors: [WireTensor("empty", [0, 4], floats: [])])
    static let result = UnitResult(
        unit: 7, seconds: 0.25, figures: ["loss": 230.2585, "correct": 11, "diverged": .infinity],
        tensors: [
            WireTensor("gradient", [2, 2], floats: [1, -0.5, .leastNonzeroMagnitude, 3.25]),
            WireTensor("sums", [2], doubles: [1e300, -.pi]),
        ], damaged: [DamagedSample(sample: 17, what: "the JPEG file is damaged")], waitedSeconds: 0.0625)
    static let parameters = ParameterUpdate(set: "network", version: 1201, tensors: [WireTensor("values", [3], floats: [0.1, 0.2, 0.3])])
    static let resultInMemory = UnitResult(
        unit: 7, seconds: 0.25, figures: ["loss": 230.2585],
        tensors: [WireTensor("gradient", [2, 2], at: memory(9)), WireTensor("statistics", [2], floats: [1, -0.5])])
    static let parametersInMemory = ParameterUpdate(
        set: "network", version: 1201, tensors: [WireTensor("flat", [15_000_000], at: memory(1201))])
    static let record = LogRecord(
        time: 1_700_000_000.125, level: .warning, source: "anna", unit: 7, message: "slow unit", fields: ["unit.seconds": "9.5", "weg/zeit": "ü\n"])
    static let status = StatusReport(
        run: "fashion-demo-1", recipe: "fashion-demo", phase: "train", state: .waitingForWorkers, step: 3, totalSteps: 600, epoch: 0,
        rate: 812.5, secondsLeft: 73.5, metrics: ["loss": 2.25, "accuracy": 0.125],
        workers: [WorkerStatus(
            name: "anna", host: "node1", pid: 4711, threads: 2, state: .lagging, share: 0.5, unitsDone: 40, lagSeconds: 2.5,
            residentBytes: 123_456_789, joined: 1_700_000_000, waitingShare: 0.0125, readsOwnData: true, rate: 406.25,
            faults: 1, isDraining: true, clockOffset: -7200.125, clockUncertainty: 0.03125)],
        faults: ["worker \"bert\" is silent for 9 s"], waitingShare: 0.0078125, damagedSamples: 3,
        refusals: ["malformed": 12, "unasked": 1], otherKernels: ["numpy 1.24.2"], http: "http://127.0.0.1:9464/",
        curves: ["loss": [2.5, nil, 2.25], "accuracy": [0.125]], startedAt: 1_700_000_000, updatedAt: 1_700_000_060.5)
    static let logsRequest = LogsRequest(after: 100, limit: 50, level: .info, worker: "anna", grep: "slow", since: 1_700_000_000,
        until: 1_700_000_100, workers: ["anna", "node-*"], tail: 20)
    static let merged = LogRecord(
        time: 1_700_000_000.125, level: .warning, source: "anna", message: "slow unit", writtenTime: 1_699_992_800)
    static let logs = LogsReply(
        entries: [LogEntry(id: 101, record: record), LogEntry(id: 102, record: merged)], lastID: 140, finished: true, interrupted: true,
        missing: 12, log: "6F9619FF-8B86-D011-B42D-00CF4FC964FF")
}
