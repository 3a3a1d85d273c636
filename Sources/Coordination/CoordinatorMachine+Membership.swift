import Diagnostics
import Messages
import Tensors

// Who is a worker: hellos, words about themselves, silence and departures.

extension CoordinatorMachine {
    mutating func receive(_ message: Message, from peer: PeerID, at now: Double, digest: Digest? = nil) -> [Action] {
        switch message {
        case .hello(let hello): return welcome(hello, peer, at: now)
        case .statusRequest:
            guard questions.take(1, for: peer, at: now) else { return refuse(.flood, "too many questions") }
            return [.statusRequested(peer)]
        case .logsRequest(let request):
            let isSearch = request.grep != nil || request.worker != nil || request.since != nil || request.level != nil
                || request.until != nil || request.workers != nil
            guard questions.take(isSearch ? 20 : 1, for: peer, at: now) else { return refuse(.flood, "too many questions") }
            return [.logsRequested(peer, request)]
        case .command(let command):
            guard questions.take(1, for: peer, at: now) else { return refuse(.flood, "too many commands") }
            return obey(command, from: peer)
        default: break
        }
        guard let worker = roster[peer] else {
            // It was given up (frozen and thawed, say) or never said hello.
            return [.send(peer, .refused(Refusal(
                code: .unknownPeer, reason: "this coordinator does not know you", remedy: "say hello again")))]
                + refuse(message.isWorkers ? .unknownPeer : .wrongDirection, "\(message.kind.rawValue) before a hello")
        }
        switch message {
        case .heartbeat(let heartbeat):
            var isAnswered = false
            roster.update(peer) { worker in
                worker.lastHeard = now
                worker.residentBytes = heartbeat.residentBytes
                isAnswered = worker.answers.take(at: now)
                if isAnswered { worker.clock.answer(heartbeat, at: now + wallClock) }
            }
            guard isAnswered else { return refuse(.flood, "too many heartbeats", worker) }
            return [.send(peer, .acknowledgement(Acknowledgement(of: .heartbeat, sequence: heartbeat.sequence)))]
                + remind(worker, oldest: heartbeat.unit)
        case .result(let result): return complete(result, worker, digest, at: now)
        case .failure(let failure): return fail(failure, worker, at: now)
        case .data(let declaration): return accept(declaration, worker, at: now)
        case .log(let batch): return keep(batch, worker, at: now)
        case .goodbye(let goodbye): return remove(peer, reason: goodbye.reason.onOneLine())
        default: return refuse(.wrongDirection, "\(message.kind.rawValue) is for coordinators to send", worker)
        }
    }

    mutating func welcome(_ hello: Hello, _ peer: PeerID, at now: Double) -> [Action] {
        if let ended { return [.send(peer, .ended(ended))] }
        if drained.contains(hello.incarnation) { return [.send(peer, .ended(Self.drainedEnd))] + remove(peer, reason: "drained") }
        guard hello.fingerprint == settings.fingerprint || settings.admitsOtherKernels else {
            return [
                .send(peer, .refused(Refusal(
                    code: .fingerprint,
                    reason: "your kernels are \(hello.fingerprint), this run's are \(settings.fingerprint), and results would differ in their last bits",
                    remedy: "build both with the same FILTERSCOPE_MARCH and run them on the same kind of processor; or start the coordinator with --mixed, which marks the run as not bit-reproducible"))),
            ] + refuse(.fingerprint, "\(hello.name) on \(hello.host) has other kernels: \(hello.fingerprint)")
        }
        let identity = WorkerIdentity(host: hello.host, name: hello.name, pid: hello.pid)
        if let reason = setAside[identity] { return [.send(peer, .refused(Self.setAside(reason)))] }
        blame.returned(hello.incarnation)
        // The same peer says hello again when its first welcome was lost: what it held is dealt again.
        if let known = roster[peer], known.incarnation == hello.incarnation, known.unitsInHand.isEmpty, known.unitsAhead.isEmpty {
            roster.update(peer) { worker in
                worker.lastHeard = now
                // With every welcome a worker forgets what it held.
                worker.parameterVersions = [:]
            }
            return [.send(peer, .welcome(welcomeMessage(for: known)))] + deal()
        }
        // The same process over a new connection: what the old one carried is lost.
        let former = roster.workers.filter { $0.incarnation == hello.incarnation && $0.peer != peer }
        guard former.allSatisfy({ $0.peer.key == peer.key && mayReplace($0, at: now) }) else {
            // No answer: a worker that has just lost its connection says hello again until its former self is seen to be gone.
            return refuse(.impostor, "a hello of \(hello.name) while it is present over another connection")
        }
        guard roster.workers.count < Self.mostWorkers || roster[peer] != nil || !former.isEmpty else {
            return [.send(peer, .refused(Refusal(
                code: .full, reason: "there are \(Self.mostWorkers) workers already", remedy: "start another run's workers elsewhere")))]
                + refuse(.full, "\(hello.name) on \(hello.host)")
        }
        // No answer either: it is let in at a later try.
        guard admissions.take(at: now) else { return refuse(.flood, "too many hellos") }
        var actions = remove(peer, reason: "said hello again", dealing: false)
        for old in former {
            actions += remove(old.peer, reason: "came back over a new connection", dealing: false)
        }
        var worker = RosterWorker(
            peer: peer, name: roster.uniqueName(hello.name), identity: identity, incarnation: hello.incarnation, host: hello.host, pid: hello.pid,
            threads: max(1, hello.threads), fingerprint: hello.fingerprint,
            takesSamplesAhead: hello.samplesAhead ?? false, joinedAt: now, lastHeard: now)
        worker.logAllowance = TokenBucket(capacity: settings.logs.perSecond / 4, perSecond: settings.logs.perSecond)
        worker.clock.heard(hello.clock, at: now + wallClock)
        roster.add(worker)
        actions += [.joined(worker), .send(peer, .welcome(welcomeMessage(for: worker)))]
        if let member = access?[peer.key] {
            actions.append(.log(.info, "worker has shown a key", unit: nil, fields: ["worker.name": worker.name, "key": member.name]))
        }
        return actions + lapsedAudits() + deal()
    }

    /// Whether a hello with a present worker's incarnation may take its place. Whoever learns an incarnation could throw that worker
    /// out, again and again; so only one that is gone, or quiet for longer than an honest one, is replaced.
    func mayReplace(_ worker: RosterWorker, at now: Double) -> Bool {
        now - worker.lastHeard >= settings.timeoutSeconds / 2
    }

    func welcomeMessage(for worker: RosterWorker) -> Welcome {
        Welcome(
            run: settings.run, name: worker.name, heartbeatSeconds: settings.heartbeatSeconds,
            timeoutSeconds: settings.timeoutSeconds, task: settings.task, data: settings.data)
    }

    /// A worker says which splits it has a copy of. What differs from the coordinator's is not taken.
    mutating func accept(_ declaration: DataDeclaration, _ worker: RosterWorker, at now: Double) -> [Action] {
        // No data set has as many; and each may be logged.
        guard declaration.splits.count <= 16 else { return refuse(.malformed, "\(declaration.splits.count) splits", worker) }
        var isHeard = false
        roster.update(worker.peer) { worker in
            worker.lastHeard = now
            isHeard = worker.answers.take(at: now)
        }
        guard isHeard else { return refuse(.flood, "too many words about data", worker) }
        var own: Set<String> = []
        var actions: [Action] = []
        for split in declaration.splits {
            if let known = settings.data?.splits.first(where: { $0.split == split.split }), known == split {
                own.insert(split.split)
            } else {
                actions.append(.log(.warning, "a worker's own data is another and is not used", unit: nil, fields: [
                    "worker.name": worker.name, "split": split.split,
                ]))
            }
        }
        roster.update(worker.peer) { $0.ownSplits = own }
        return actions + [.log(.info, own.isEmpty ? "worker is fed" : "worker reads its own data", unit: nil, fields: [
            "worker.name": worker.name, "splits": own.sorted().joined(separator: " "),
        ])]
    }

    mutating func expire(at now: Double) -> [Action] {
        let silent = roster.workers.filter { now - $0.lastHeard >= settings.timeoutSeconds }
        var actions: [Action] = []
        for worker in silent {
            let seconds = Int((now - worker.lastHeard).rounded())
            actions += remove(worker.peer, reason: "silent for \(seconds) s", vanished: true, dealing: false)
        }
        return actions + giveUpDisputes() + deal()
    }

    /// Takes a worker off the roster and puts its units back in line.
    /// - Parameter vanished: whether it went without a word, and may have died of one of them.
    mutating func remove(_ peer: PeerID, reason: String, vanished: Bool = false, dealing: Bool = true) -> [Action] {
        guard let worker = roster.remove(peer) else { return [] }
        var actions: [Action] = [.left(worker, reason: reason, vanished: vanished)]
        if vanished {
            for id in worker.unitsInHand {
                blame.vanished(id, incarnation: worker.incarnation, alone: worker.unitsInHand.count == 1)
            }
        }
        for id in worker.unitsInHand + worker.unitsAhead {
            actions += putBack(id, from: peer, cause: "\(worker.name): \(reason)")
        }
        actions += lapsedAudits()
        return dealing ? actions + deal() : actions
    }
}

extension Message {
    /// Whether it is a worker's to send, once it is admitted.
    fileprivate var isWorkers: Bool {
        switch self {
        case .heartbeat, .result, .failure, .data, .log, .goodbye: true
        default: false
        }
    }
}
