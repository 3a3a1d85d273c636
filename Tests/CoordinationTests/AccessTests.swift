import Coordination
import Diagnostics
import Messages
import Testing

/// Who may say what, by the role of the key.
@Suite struct AccessTests {
    private static let table = AccessTable([
        "kw": AccessTable.Member(role: .worker, name: "anna"), "kv": AccessTable.Member(role: .worker, name: "bert"),
        "ko": AccessTable.Member(role: .observer, name: "olga"), "kp": AccessTable.Member(role: .operator, name: "otto"),
    ])

    private func machine(access: AccessTable? = table, isOpen: Bool = false) -> CoordinatorMachine {
        CoordinatorMachine(CoordinatorMachine.Settings(
            run: "run", task: "{}", fingerprint: "f", heartbeatSeconds: 1, timeoutSeconds: 10, unitAttempts: 5, access: access,
            isOpen: isOpen))
    }

    private func peer(_ number: UInt8, _ key: String?) -> PeerID { PeerID([number], key: key) }

    private func hello(_ name: String, _ incarnation: String = "i") -> Message {
        .hello(Hello(name: name, incarnation: incarnation, host: "h", pid: 1, threads: 1, fingerprint: "f"))
    }

    private func unit(_ id: UInt64) -> WorkUnit {
        WorkUnit(id: id, needs: [], work: .filters(FilterUnit(layer: "conv1", firstFilter: 0, filterCount: 1, threshold: 0.3, labels: 2, positions: 1)))
    }

    private func code(_ actions: [CoordinatorMachine.Action]) -> RefusalCode? {
        actions.compactMap { if case .send(_, .refused(let refusal)) = $0 { refusal.code } else { nil } }.first
    }

    private func dealt(_ actions: [CoordinatorMachine.Action]) -> [String] {
        actions.compactMap { if case .deal(let peer, let unit, _) = $0 { "\(peer.bytes[0]):\(unit.id)" } else { nil } }
    }

    /// What a role may send, kind by kind.
    @Test func rolesMaySendTheirOwnKindsAndNoOthers() {
        let workers: Set<MessageKind> = [.hello, .data, .result, .failure, .heartbeat, .log, .goodbye]
        let observers: Set<MessageKind> = [.statusRequest, .logsRequest]
        for kind in MessageKind.allCases {
            #expect(PeerRole.worker.maySend(kind) == workers.contains(kind), "\(kind)")
            #expect(PeerRole.observer.maySend(kind) == observers.contains(kind), "\(kind)")
            #expect(PeerRole.operator.maySend(kind) == (observers.contains(kind) || kind == .command), "\(kind)")
        }
    }

    @Test func whatARoleMayNotSendIsRefusedCountedAndWithoutEffect() {
        let cases: [(String, Message)] = [
            ("ko", hello("w")), ("kp", hello("w")), ("kw", .statusRequest(StatusRequest())), ("kw", .logsRequest(LogsRequest())),
            ("kw", .command(Command(.stop))), ("ko", .command(Command(.pause))), ("ko", .goodbye(Goodbye(reason: ""))),
        ]
        for (key, message) in cases {
            var machine = machine()
            let actions = machine.handle(.received(peer(1, key), message), at: 0)
            #expect(code(actions) == .role, "\(key) \(message.kind)")
            #expect(machine.refusals[.role] == 1)
            #expect(machine.workers.isEmpty && !machine.isPaused)
            // A refusal, a line of the log, and nothing else.
            for action in actions {
                switch action {
                case .send(_, .refused), .log: break
                default: Issue.record("\(action)")
                }
            }
        }
    }

    @Test func rolesDoTheirPart() {
        var machine = machine()
        _ = machine.handle(.received(peer(1, "kw"), hello("w")), at: 0)
        #expect(machine.workers.map(\.name) == ["w"])
        for key in ["ko", "kp"] {
            guard case .statusRequested? = machine.handle(.received(peer(2, key), .statusRequest(StatusRequest())), at: 0).first else {
                Issue.record("not asked")
                return
            }
        }
        _ = machine.handle(.received(peer(2, "kp"), .command(Command(.pause))), at: 0)
        #expect(machine.isPaused)
    }

    @Test func withoutAListEverybodyMayDoEverything() {
        var machine = machine(access: nil)
        _ = machine.handle(.received(peer(1, nil), hello("w")), at: 0)
        _ = machine.handle(.received(peer(1, nil), .command(Command(.pause))), at: 0)
        #expect(machine.workers.count == 1 && machine.isPaused)
        #expect(machine.refusals.counts.isEmpty)
        // A list that comes all the same changes nothing: there are no keys to go by.
        #expect(machine.handle(.accessChanged(AccessTable()), at: 0).isEmpty)
        #expect(machine.workers.count == 1)
    }

    @Test func withAListNobodyWithoutAKeyIsHeard() {
        var machine = machine()
        #expect(code(machine.handle(.received(peer(1, nil), hello("w")), at: 0)) == .unknownPeer)
        #expect(machine.workers.isEmpty && machine.refusals[.unknownKey] == 1)
    }

    @Test func revocationCutsAWorkerOffAndDealsItsUnitsAgain() {
        var machine = machine()
        _ = machine.handle(.received(peer(1, "kw"), hello("a", "i1")), at: 0)
        _ = machine.handle(.received(peer(2, "kv"), hello("b", "i2")), at: 0)
        #expect(dealt(machine.submit([unit(1), unit(2)])) == ["1:1", "2:2"])
        var members = Self.table.members
        members["kw"] = nil
        let actions = machine.handle(.accessChanged(AccessTable(members)), at: 1)
        #expect(code(actions) == .revoked)
        #expect(dealt(actions) == ["2:1"])
        #expect(machine.workers.map(\.name) == ["b"])
        // What it still sends counts for nothing: not its results, and no new hello.
        for message in [Message.result(UnitResult(unit: 1, seconds: 1, figures: [:], tensors: [])), hello("a", "i3")] {
            #expect(code(machine.handle(.received(peer(1, "kw"), message), at: 2)) == .revoked)
        }
        #expect(code(machine.handle(.barred(peer(1, "kw")), at: 3)) == .revoked)
        #expect(machine.refusals[.revoked] == 3)
        #expect(machine.openUnitCount == 2 && machine.workers.count == 1)
    }

    @Test func aWorkerWhoseRoleChangesIsNoWorkerAnyMore() {
        var machine = machine()
        _ = machine.handle(.received(peer(1, "kw"), hello("a")), at: 0)
        var members = Self.table.members
        members["kw"] = AccessTable.Member(role: .observer, name: "anna")
        _ = machine.handle(.accessChanged(AccessTable(members)), at: 1)
        #expect(machine.workers.isEmpty)
        #expect(code(machine.handle(.received(peer(1, "kw"), hello("a")), at: 2)) == .role)
    }

    /// A worker that knows another's incarnation cannot take its place under a key of its own.
    @Test func nobodyTakesAnothersPlaceWithoutItsKey() {
        var machine = machine()
        _ = machine.handle(.received(peer(1, "kw"), hello("a", "i1")), at: 0)
        _ = machine.submit([unit(1)])
        _ = machine.handle(.received(peer(2, "kv"), hello("a", "i1")), at: 1)
        #expect(machine.workers.contains { $0.peer == peer(1, "kw") && $0.unitsInHand == [1] })
    }

    @Test func anOpenAddressIsWarnedOfEveryMinute() {
        var machine = machine(access: nil, isOpen: true)
        let times = stride(from: 0.0, to: 200, by: 0.2).filter { time in
            machine.handle(.tick, at: time).contains { if case .log(.warning, let text, _, _) = $0 { text.contains("anybody") } else { false } }
        }
        #expect(times.count == 4)
        for (index, time) in times.enumerated() { #expect(abs(time - Double(60 * index)) < 0.5) }
        var closed = self.machine()
        #expect(closed.handle(.tick, at: 0).isEmpty)
    }
}
