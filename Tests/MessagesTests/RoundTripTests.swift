import Foundation
import Messages
import Tensors
import Testing

@Suite struct RoundTripTests {
    let codec = MessageCodec()

    @Test(arguments: Samples.all.indices)
    func everySampleReturns(index: Int) throws {
        let (name, envelope) = Samples.all[index]
        let frames = try codec.encode(envelope)
        #expect(try codec.decode(frames) == envelope, "\(name)")
        #expect(try codec.encode(envelope) == frames, "\(name) is encoded the same twice")
    }

    @Test func samplesCoverEveryKind() {
        #expect(Set(Samples.all.map(\.envelope.message.kind)) == Set(MessageKind.allCases))
    }

    @Test func notANumberSurvives() throws {
        let envelope = Samples.from("anna", .result(UnitResult(unit: 1, seconds: 0, figures: ["loss": .nan])))
        guard case .result(let result) = try codec.decode(codec.encode(envelope)).message else {
            Issue.record("another kind came back")
            return
        }
        #expect(result.figures["loss"]?.isNaN == true)
    }

    @Test func optionalFieldsMayBeAbsent() throws {
        let report = StatusReport(
            run: "", recipe: "", phase: "", state: .starting, step: 0, totalSteps: 0, epoch: 0, rate: 0, startedAt: 0, updatedAt: 0)
        for message: Message in [
            .heartbeat(Heartbeat(sequence: 1, lanesBusy: 0, residentBytes: 0, unitsDone: 0)),
            .refused(Refusal(code: .full, reason: "")), .logsRequest(LogsRequest()), .status(report),
        ] {
            let envelope = Samples.from("x", message)
            #expect(try codec.decode(codec.encode(envelope)) == envelope)
        }
    }

    @Test func largeTensorsTravelInChunks() throws {
        var codec = MessageCodec()
        codec.limits.chunkBytes = 1000
        let values = (0..<1001).map(Double.init)
        let envelope = Samples.from(
            "anna", .result(UnitResult(unit: 1, seconds: 0, tensors: [WireTensor("a", [1001], doubles: values), Samples.labels])))
        let frames = try codec.encode(envelope)
        #expect(frames.dropFirst().map(\.count) == Array(repeating: 1000, count: 8) + [8, 16])
        #expect(try codec.decode(frames) == envelope)
        // Whole tensors are as good as chunks: how a sender cuts is its own affair.
        #expect(try MessageCodec().decode(MessageCodec().encode(envelope)) == envelope)
    }
}
