import Diagnostics
import Foundation
import Launching
import Runtime

/// `filterscope up`: starts workers on machines that ssh reaches, and a coordinator here if asked.
enum UpCommand {
    private static let connect = CommandOption.text("connect", "ENDPOINT", "where the workers connect: tcp://HOST:PORT, as the machines reach it")
    private static let bind = CommandOption.text(
        "bind", "ENDPOINT", "with RECIPE: where the coordinator listens, if not at the address that workers are given")
    private static let keys = CommandOption.text(
        "keys", "DIR", "keys made by \"filterscope keygen\"; coordinator.pub and worker.key are copied to the machines")
    private static let insecure = CommandFlag("insecure", "with RECIPE: allow an address that other machines reach, without keys")
    private static let join = CommandOption.integer("wait", "SECONDS", 1...600, "how long to wait for each worker to join; 15 unless given")
    private static let giveUp = CommandOption.integer(
        "give-up", "SECONDS", 1...86_400, "how long workers look for a coordinator that is gone before they end; 600 unless given")

    static let description = CommandDescription(
        name: "up", summary: "start workers on machines that ssh reaches, and a coordinator here if asked",
        positionals: [
            LaunchingOptions.hosts,
            Positional("RECIPE", "start a coordinator here that carries it out; without it, one runs already", isOptional: true),
        ],
        options: [
            connect, keys, bind, insecure, RecipeOptions.dataset, RecipeOptions.run, RecipeOptions.resume, RecipeOptions.mixed, join, giveUp,
            LaunchingOptions.connectTimeout, LaunchingOptions.sshConfiguration,
        ],
        example: "filterscope up hosts fashion-demo --connect tcp://10.0.0.1:5555 --keys keys",
        notes: [
            "A line of HOSTS is an address, [USER@]ADDRESS[:PORT], and options: threads=N, data=DIR, program=PATH, name=NAME, directory=DIR;",
            "# begins a comment. What is up is left as it is, so the command may be given again to start what is missing. \"filterscope down\"",
            "ends what it started. Exit code 1 where not every machine is up.",
        ]
    ) { arguments in
        let recipe = arguments.positionals.dropFirst().first
        if arguments.has(insecure), arguments.value(keys) != nil { throw arguments.usageError("--keys and --insecure exclude each other") }
        var coordinator: CoordinatorToStart?
        if let recipe {
            // What is wrong with it is better told before anything starts.
            _ = try RecipeOptions.recipe(arguments, named: recipe)
            var words = [recipe]
            for option in [RecipeOptions.dataset, RecipeOptions.run] { words += arguments.value(option).map { ["--\(option.name)", $0] } ?? [] }
            for flag in [RecipeOptions.resume, RecipeOptions.mixed, insecure] where arguments.has(flag) { words.append("--\(flag.name)") }
            let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
            coordinator = CoordinatorToStart(program: program, arguments: words, bind: arguments.value(bind))
        } else {
            let needless = [bind.name, RecipeOptions.dataset.name, RecipeOptions.run.name].first { arguments.hasValue($0) }
                ?? [insecure, RecipeOptions.resume, RecipeOptions.mixed].first { arguments.has($0) }?.name
            if let needless { throw arguments.usageError("--\(needless) is for a coordinator, and there is no RECIPE to start one for") }
        }
        let hosts = arguments.positionals[0]
        let report = try bringUp(UpOptions(
            hostsPath: hosts, connect: try arguments.required(connect), keys: arguments.value(keys), ssh: LaunchingOptions.ssh(arguments),
            joinSeconds: arguments.value(join) ?? 15, giveUpSeconds: arguments.value(giveUp) ?? 600, coordinator: coordinator))
        if let line = report.coordinator { StandardOutput.writeLine("coordinator \(line)" + (report.run.map { ", run \($0)" } ?? "")) }
        StandardOutput.write(LaunchingOptions.table(report.hosts))
        let missing = report.hosts.count { !$0.isGood }
        if missing > 0 {
            StandardError.writeLine(
                "filterscope: \(missing) of \(report.hosts.count) machines are not up; mend what the table says and give the command again")
        }
        return missing == 0 ? .done : .failed
    }
}

/// `filterscope down`: ends what `filterscope up` started.
enum DownCommand {
    private static let end = CommandOption.integer(
        "wait", "SECONDS", 1...600, "how long a worker may take to end before it is killed; 15 unless given")

    static let description = CommandDescription(
        name: "down", summary: "end the workers that \"filterscope up\" started, and its coordinator",
        positionals: [LaunchingOptions.hosts],
        options: [end, LaunchingOptions.connectTimeout, LaunchingOptions.sshConfiguration],
        example: "filterscope down hosts",
        notes: [
            "A coordinator that \"up\" started writes a checkpoint first; \"filterscope up … --run DIR --resume\" goes on. Machines that were not",
            "reached are named and remembered: give the command again when they are back. Exit code 1 where something was not ended.",
        ]
    ) { arguments in
        let hosts = arguments.positionals[0]
        guard let report = try takeDown(DownOptions(hostsPath: hosts, ssh: LaunchingOptions.ssh(arguments), endSeconds: arguments.value(end) ?? 15)) else {
            StandardOutput.writeLine("nothing is up: \"filterscope up \(hosts)\" has started nothing, or all of it was ended")
            return .done
        }
        if let line = report.coordinator { StandardOutput.writeLine("coordinator \(line)") }
        StandardOutput.write(LaunchingOptions.table(report.hosts))
        guard !report.isComplete else { return .done }
        let missing = report.hosts.filter { !$0.isGood }.map(\.name)
        StandardError.writeLine(
            "filterscope: not everything was ended" + (missing.isEmpty ? "" : " (\(missing.joined(separator: ", ")))") + "; give the command again later")
        return .failed
    }
}

/// What both have in common.
private enum LaunchingOptions {
    static let hosts = Positional("HOSTS", "a file that lists the machines, one on a line")
    static let connectTimeout = CommandOption.integer("ssh-timeout", "SECONDS", 1...300, "how long ssh may take to connect; 10 unless given")
    static let sshConfiguration = CommandOption.text("ssh-config", "FILE", "another configuration for ssh than the user's own")

    static func ssh(_ arguments: ParsedArguments) -> SSHOptions {
        SSHOptions(configuration: arguments.value(sshConfiguration), connectSeconds: arguments.value(connectTimeout) ?? 10)
    }

    static func table(_ outcomes: [LaunchOutcome]) -> String {
        var table = TextTable([("name", .left), ("machine", .left), ("state", .left), ("detail", .left)])
        for outcome in outcomes { table.add([outcome.name, outcome.destination, outcome.state.rawValue, outcome.detail]) }
        return outcomes.isEmpty ? "" : table.text
    }
}
