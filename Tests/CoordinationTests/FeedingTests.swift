import Coordination
import Messages
import Testing

/// Samples that go out before their units are due, and workers that read their own.
@Suite struct FeedingTests {
    private let facts = [
        SplitFacts(split: "train", facts: ["samples": "60", "names": "aa"]),
        SplitFacts(split: "test", facts: ["samples": "10", "names": "bb"]),
    ]

    private func machine(bytesAhead: Int = 100) -> CoordinatorMachine {
        CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 3,
            data: DataSummary(dataset: "fashion-mnist", splits: facts), bytesAhead: bytesAhead))
    }

    private func unit(_ id: UInt64, needs: [ParameterReference] = []) -> WorkUnit {
        let part = TreePart(
            node: TreeNode(level: 0, index: 0), shardCount: 1, shards: [ShardSlice(index: 0, sampleIndices: [Int(id)])])
        let work = UnitDescription.train(TrainUnit(step: Int(id), epoch: 0, batchCount: 1, seed: 1, augment: false, part: part))
        return WorkUnit(id: id, needs: needs, work: work)
    }

    private func ahead(_ ids: ClosedRange<UInt64>, bytes: Int = 40) -> [(unit: WorkUnit, sampleBytes: Int)] {
        ids.map { (unit($0), bytes) }
    }

    private func peer(_ number: UInt8) -> PeerID { PeerID([number]) }

    private func join(_ machine: inout CoordinatorMachine, _ number: UInt8, threads: Int = 1, ahead: Bool? = true) -> [String] {
        told(machine.handle(.received(peer(number), .hello(Hello(
            name: "w\(number)", incarnation: "i\(number)", host: "h", pid: Int(number), threads: threads, fingerprint: "f",
            samplesAhead: ahead))), at: 0))
    }

    private func result(_ id: UInt64) -> Message { .result(UnitResult(unit: id, seconds: 1)) }

    /// Units, samples and parameters in the order in which they are sent: who, what, and whether samples go along.
    private func told(_ actions: [CoordinatorMachine.Action]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .deal(let peer, let unit, let withSamples): "\(peer.bytes[0]) unit \(unit.id)\(withSamples ? " with samples" : "")"
            case .sendSamples(let peer, let unit, let withSamples): "\(peer.bytes[0]) \(withSamples ? "samples" : "indices") \(unit.id)"
            case .sendParameters(let peer, let reference): "\(peer.bytes[0]) \(reference.set) \(reference.version)"
            case .gaveUp(let unit, _): "gave up \(unit.id)"
            default: nil
            }
        }
    }

    @Test func theNextStepsSamplesAreThereBeforeItsWeights() {
        var machine = machine()
        _ = join(&machine, 1)
        _ = join(&machine, 2)
        let first = ParameterReference(set: "network", version: 1)
        #expect(told(machine.submit([unit(1, needs: [first]), unit(2, needs: [first])])) == [
            "1 network 1", "1 unit 1 with samples", "2 network 1", "2 unit 2 with samples",
        ])
        #expect(told(machine.prepare(ahead(3...4))) == ["1 samples 3", "2 samples 4"])
        #expect(told(machine.handle(.received(peer(1), result(1)), at: 1)).isEmpty, "not due yet")
        #expect(told(machine.handle(.received(peer(2), result(2)), at: 1)).isEmpty)
        #expect(machine.openUnitCount == 2)
        let second = ParameterReference(set: "network", version: 2)
        #expect(told(machine.submit([unit(3, needs: [second]), unit(4, needs: [second])])) == [
            "1 network 2", "1 unit 3", "2 network 2", "2 unit 4",
        ])
    }

    /// Whoever is free when samples go out does not get them all.
    @Test func samplesAreSharedOutWhoeverIsFree() {
        var machine = machine()
        _ = join(&machine, 1)
        _ = join(&machine, 2)
        _ = machine.submit([unit(1), unit(2)])
        _ = machine.handle(.received(peer(1), result(1)), at: 1)
        #expect(told(machine.prepare(ahead(3...4))) == ["1 samples 3", "2 samples 4"])
    }

    @Test func noMoreGoesOutThanTheLimitAllows() {
        var machine = machine(bytesAhead: 100)
        _ = join(&machine, 1, threads: 4)
        #expect(told(machine.prepare(ahead(1...3))) == ["1 samples 1", "1 samples 2"])
        #expect(machine.workers[0].bytesAhead == 80)
        // What was held back goes out when it is due, with its samples.
        #expect(told(machine.submit([unit(1), unit(2), unit(3)])) == ["1 unit 1", "1 unit 2", "1 unit 3 with samples"])
        #expect(machine.workers[0].bytesAhead == 0)
        #expect(told(machine.prepare(ahead(4...4))) == ["1 samples 4"])
    }

    @Test func nothingGoesOutAheadWhereThatIsTurnedOffOrNotUnderstood() {
        var off = machine(bytesAhead: 0)
        _ = join(&off, 1)
        #expect(told(off.prepare(ahead(1...1))).isEmpty)
        #expect(told(off.submit([unit(1)])) == ["1 unit 1 with samples"])
        var old = machine()
        _ = join(&old, 1, ahead: nil)
        #expect(told(old.prepare(ahead(1...1))).isEmpty)
        #expect(told(old.submit([unit(1)])) == ["1 unit 1 with samples"])
    }

    @Test func whatIsDueGoesFirst() {
        var machine = machine()
        _ = join(&machine, 1)
        #expect(told(machine.submit([unit(1), unit(2), unit(3)])) == ["1 unit 1 with samples", "1 unit 2 with samples"])
        #expect(told(machine.prepare(ahead(4...4))).isEmpty)
        #expect(told(machine.handle(.received(peer(1), result(1)), at: 1)) == ["1 unit 3 with samples", "1 samples 4"])
    }

    @Test func aLostWorkersSamplesGoToOthers() {
        var machine = machine()
        _ = join(&machine, 1)
        _ = join(&machine, 2)
        _ = machine.submit([unit(1), unit(2)])
        _ = machine.prepare(ahead(3...4))
        #expect(told(machine.handle(.unreachable(peer(1)), at: 1)) == ["2 unit 1 with samples", "2 samples 3"])
        // Lost when nobody is left: they wait for whoever comes.
        #expect(told(machine.handle(.unreachable(peer(2)), at: 2)).isEmpty)
        #expect(join(&machine, 3, threads: 4) == [
            "3 unit 1 with samples", "3 unit 2 with samples", "3 samples 3", "3 samples 4",
        ])
        #expect(told(machine.submit([unit(3), unit(4)])) == ["3 unit 3", "3 unit 4"])
    }

    @Test func aWorkerWithTheSameDataGetsIndices() {
        var machine = machine(bytesAhead: 50)
        _ = join(&machine, 1)
        _ = machine.handle(.received(peer(1), .data(DataDeclaration(splits: facts))), at: 0)
        #expect(machine.workers[0].ownSplits == ["train", "test"])
        #expect(told(machine.submit([unit(1)])) == ["1 unit 1"])
        // It takes no bytes, so no limit in bytes holds it back.
        #expect(told(machine.prepare(ahead(2...3, bytes: 1000))) == ["1 indices 2", "1 indices 3"])
        #expect(machine.workers[0].bytesAhead == 0)
    }

    @Test func aWorkerWithOtherDataIsFed() {
        var machine = machine()
        _ = join(&machine, 1)
        var other = facts
        other[0].facts["names"] = "cc"
        let actions = machine.handle(.received(peer(1), .data(DataDeclaration(splits: other))), at: 0)
        #expect(machine.workers[0].ownSplits == ["test"])
        #expect(actions.contains { if case .log(.warning, _, _, let fields) = $0 { fields["split"] == "train" } else { false } })
        #expect(told(machine.submit([unit(1)])) == ["1 unit 1 with samples"])
        // It takes back what it said: its copy turned out to be damaged.
        _ = machine.handle(.received(peer(1), .data(DataDeclaration(splits: []))), at: 1)
        #expect(machine.workers[0].ownSplits.isEmpty)
    }

    @Test func aFailedAnnouncedUnitIsAnnouncedAgainOrEndsTheRun() {
        var machine = machine()
        _ = join(&machine, 1)
        _ = machine.prepare(ahead(1...1))
        let failure = Message.failure(UnitFailure(unit: 1, what: "boom", retryable: true))
        #expect(told(machine.handle(.received(peer(1), failure), at: 1)) == ["1 samples 1"])
        let final = Message.failure(UnitFailure(unit: 1, what: "the JPEG file is damaged", retryable: false, sample: 1))
        #expect(told(machine.handle(.received(peer(1), final), at: 1)) == ["gave up 1"])
    }

    @Test func waitingIsCountedOfUnitsWithSamples() {
        var machine = machine()
        _ = join(&machine, 1)
        _ = machine.submit([unit(1), unit(2), unit(3)])
        #expect(machine.workers[0].waitingShare == nil)
        _ = machine.handle(.received(peer(1), .result(UnitResult(unit: 1, seconds: 3, waitedSeconds: 1))), at: 1)
        _ = machine.handle(.received(peer(1), .result(UnitResult(unit: 2, seconds: 1, waitedSeconds: 0))), at: 1)
        // One that says nothing of it does not count.
        _ = machine.handle(.received(peer(1), .result(UnitResult(unit: 3, seconds: 50))), at: 1)
        #expect(machine.workers[0].waitingShare == 0.25)
    }

    @Test func differencesAreNamed() {
        let other = SplitFacts(split: "train", facts: ["samples": "61", "names": "aa", "sizes": "dd"])
        #expect(other.differences(from: facts[0]) == ["samples", "sizes"])
        #expect(facts[0].differences(from: facts[0]).isEmpty)
    }
}
