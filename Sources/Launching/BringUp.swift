import Diagnostics
import Foundation
import Transport

/// What `filterscope up` did.
public struct UpReport: Sendable {
    /// A line about the coordinator; nil where it was not ours to start.
    public var coordinator: String?
    /// The run's directory, where a coordinator was started now.
    public var run: String?
    public var hosts: [LaunchOutcome]
}

/// `filterscope up`: starts what is missing of a cluster over ssh, and leaves what runs.
public func bringUp(_ options: UpOptions) throws(Problem) -> UpReport {
    let hosts = try HostsFile.read(options.hostsPath)
    let address = try EndpointAddress(parsing: options.connect)
    guard case .tcp(let connectHost, let port?) = address, connectHost != "*" else {
        throw Problem("is no address to connect to", at: options.connect, remedy: "write tcp://HOST:PORT, as the machines reach it")
    }
    let keys = try options.keys.map { path throws(Problem) in try WorkerKeys(path) }
    guard let directory = try LaunchDirectory(hostsPath: options.hostsPath, creating: true) else { return UpReport(hosts: []) }
    let earlier = try directory.read()
    var record = earlier ?? LaunchRecord(identity: newIdentity(), connect: options.connect, hosts: [], hasCoordinator: false)
    guard record.connect == options.connect else {
        throw Problem(
            "workers of these hosts were started for \(record.connect)", at: directory.path,
            remedy: "run filterscope down \(options.hostsPath) first, or use a hosts file of its own")
    }

    var report = UpReport(hosts: [])
    if let coordinator = options.coordinator {
        record.hasCoordinator = true
        try directory.write(record)
        do throws(Problem) {
            (report.coordinator, report.run) = try start(coordinator, options, connectHost: connectHost, port: port, in: directory)
        } catch {
            // Nothing was started: nothing needs remembering.
            if earlier == nil { directory.remove() } else if let earlier { try directory.write(earlier) }
            throw error
        }
    }
    // Before anything starts: what is cut off in the middle is known to `down` all the same.
    let known = record.hosts
    record.hosts = known.map { old in hosts.first { $0.name == old.name } ?? old } + hosts.filter { new in !known.contains { $0.name == new.name } }
    for (old, new) in zip(known, record.hosts) where old.destination != new.destination || record.directory(of: old) != record.directory(of: new) {
        throw Problem(
            "\"\(old.name)\" was started at \(old.destination), and is to be at \(new.destination) now", at: options.hostsPath,
            remedy: "run filterscope down \(options.hostsPath) first, or give the new machine another name")
    }
    try directory.write(record)

    var programs: [DetachedProgram] = []
    for host in hosts { programs.append(workerProgram(host, record, keys: try keys?.files(for: host.name), options)) }
    let (work, seconds) = (Array(zip(hosts, programs)), options.ssh.connectSeconds + options.joinSeconds + 30)
    let answers = inParallel(work) { host, program in run(program.startText, on: .there(host, options.ssh), within: seconds) }
    report.hosts = zip(hosts, answers).map { host, answer in
        let state = answer.state.flatMap(LaunchOutcome.State.init(rawValue:))
        return LaunchOutcome(name: host.name, destination: host.destination, state: state ?? .failed, detail: detail(of: answer, state))
    }
    // Forgotten are those of which it is certain that nothing runs there.
    record.hosts = record.hosts.filter { host in
        guard let index = hosts.firstIndex(where: { $0.name == host.name }) else { return true }
        guard let state = answers[index].state else { return answers[index].wasReached || known.contains { $0.name == host.name } }
        return state != LaunchOutcome.State.failed.rawValue
    }
    if record.hosts.isEmpty, !record.hasCoordinator { directory.remove() } else { try directory.write(record) }
    return report
}

private func workerProgram(_ host: Host, _ record: LaunchRecord, keys: [KeyText]?, _ options: UpOptions) -> DetachedProgram {
    var words = ["worker", "--connect", options.connect, "--name", host.name, "--give-up", "\(options.giveUpSeconds)"]
    if let threads = host.threads { words += ["--threads", "\(threads)"] }
    if let data = host.data { words += ["--data", data] }
    if keys != nil { words += ["--keys", DetachedProgram.keysPlaceholder] }
    return DetachedProgram(
        directory: record.directory(of: host), program: host.program, arguments: words, keys: keys ?? [], signOfLife: " joined run=",
        patience: options.joinSeconds)
}

private func detail(of answer: ShellAnswer, _ state: LaunchOutcome.State?) -> String {
    guard state == .up || state == .waiting else { return answer.text }
    let parts = answer.text.split(separator: " @ ", maxSplits: 1).map(String.init)
    if state == .up { return parts.first ?? "" }
    return "\(parts.first ?? ""), has not joined yet" + (parts.count > 1 && !parts[1].isEmpty ? ": \(parts[1])" : "")
}

/// Starts a coordinator here, or finds the one of an earlier `up`.
private func start(
    _ coordinator: CoordinatorToStart, _ options: UpOptions, connectHost: String, port: Int, in directory: LaunchDirectory
) throws(Problem) -> (String, String?) {
    let isNumber = connectHost == "localhost" || connectHost.contains(":") || connectHost.allSatisfy { $0.isNumber || $0 == "." }
    let bind = coordinator.bind ?? EndpointAddress.tcp(host: isNumber ? connectHost : "*", port: port).description
    var words = ["coordinator"] + coordinator.arguments + ["--bind", bind]
    if let keys = options.keys { words += ["--keys", keys] }
    let program = DetachedProgram(
        directory: directory.coordinatorPath, program: coordinator.program, arguments: words, signOfLife: " endpoint=tcp://", patience: 60)
    let answer = run(program.startText, on: .here, within: 90)
    switch answer.state {
    case "running": return ("running, as before: \(answer.text)", nil)
    case "up":
        let parts = answer.text.split(separator: " @ ", maxSplits: 1).map(String.init)
        // The line's fields stand in order of their names, and this is the last.
        let path = parts.last.flatMap { $0.range(of: " run=").map { range in String(parts[1][range.upperBound...]) } }
        return ("up: \(parts[0])", path)
    default:
        throw Problem("the coordinator did not start: \(answer.text)", at: bind, remedy: "no worker was started; its log is what it says above")
    }
}

private func newIdentity() -> String { UUID().uuidString.prefix(8).lowercased() }
