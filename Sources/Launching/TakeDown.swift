import Diagnostics

/// What `filterscope down` did.
public struct DownReport: Sendable {
    /// A line about the coordinator that `up` had started; nil where there was none.
    public var coordinator: String?
    public var hosts: [LaunchOutcome]
    /// Whether nothing of the cluster is left.
    public var isComplete: Bool
}

/// `filterscope down`: ends the coordinator that `up` started, at a checkpoint, and then exactly the workers that it started.
/// - Returns: nil where nothing is known to run.
public func takeDown(_ options: DownOptions) throws(Problem) -> DownReport? {
    guard let directory = try LaunchDirectory(hostsPath: options.hostsPath, creating: false), var record = try directory.read() else { return nil }
    var report = DownReport(hosts: [], isComplete: true)
    if record.hasCoordinator {
        // It finishes its step and writes a checkpoint, and must not be killed over that.
        let program = DetachedProgram(directory: directory.coordinatorPath, patience: 120)
        let answer = run(program.endText(kill: false), on: .here, within: 180)
        switch answer.state {
        case "ended": report.coordinator = "ended: \(answer.text)"
        case "absent": report.coordinator = answer.text
        default: report.coordinator = "still at work: \(answer.text)"
        }
        if answer.state == "ended" || answer.state == "absent" { record.hasCoordinator = false }
    }
    let current = record
    let answers = inParallel(record.hosts) { host in
        let program = DetachedProgram(directory: current.directory(of: host), patience: options.endSeconds)
        return run(program.endText(kill: true), on: .there(host, options.ssh), within: options.ssh.connectSeconds + options.endSeconds + 30)
    }
    report.hosts = zip(record.hosts, answers).map { host, answer in
        LaunchOutcome(
            name: host.name, destination: host.destination, state: answer.state.flatMap(LaunchOutcome.State.init(rawValue:)) ?? .unreached,
            detail: answer.text)
    }
    record.hosts = zip(record.hosts, report.hosts).filter { $1.state == .unreached }.map(\.0)
    report.isComplete = record.hosts.isEmpty && !record.hasCoordinator
    if report.isComplete { directory.remove() } else { try directory.write(record) }
    return report
}
