import Messages
import Runtime
import Transport

/// `filterscope keygen`: CURVE key pairs for a coordinator and everybody who connects to it.
enum KeygenCommand {
    private static let add = CommandOption.choice(
        "add", "ROLE", PeerRole.allCases.map(\.rawValue),
        "make a further key, called NAME, in DIR: worker, observer or operator; it is admitted at once")
    private static let revoke = CommandFlag("revoke", "take the key called NAME out of the list of those admitted")

    static let description = CommandDescription(
        name: "keygen", summary: "make CURVE key pairs for a coordinator and its workers",
        positionals: [
            Positional("DIR", "the directory of keys, for --keys"),
            Positional("NAME", "with --add and --revoke: the key's name", isOptional: true),
        ],
        options: [add, revoke],
        example: "filterscope keygen keys",
        notes: [
            "Keys are never overwritten. A worker's machine needs coordinator.pub and worker.key in a directory of its own;",
            "\"filterscope keygen DIR --add worker NAME\" puts both into DIR/NAME. DIR/allowed lists who is admitted; a running",
            "coordinator follows its changes within a second.",
        ]
    ) { arguments in
        let directory = KeyDirectory(arguments.positionals[0])
        let name = arguments.positionals.dropFirst().first
        switch (arguments.value(add).flatMap(PeerRole.init(rawValue:)), arguments.has(revoke), name) {
        case (_?, true, _): throw arguments.usageError("--add and --revoke exclude each other")
        case (nil, false, let name?): throw arguments.usageError("unexpected argument \"\(name)\"", remedy: "to make a further key, add --add ROLE")
        case (_, _, nil) where arguments.has(revoke) || arguments.value(add) != nil:
            throw arguments.usageError("NAME is missing", remedy: "name the key")
        case (let role?, false, let name?):
            let folder = try directory.add(role, name: name)
            StandardOutput.writeLine("\(folder): coordinator.pub and \(role.rawValue).key, to be copied to the \(role.rawValue)'s machine")
        case (nil, true, let name?):
            let count = try directory.revoke(name: name)
            StandardOutput.writeLine("\(directory.allowListPath): \(count == 1 ? "one key" : "\(count) keys") called \(name) taken out")
        default:
            try directory.make()
            StandardOutput.write("""
                \(directory.path): keys of the coordinator, and of a worker, an observer and an operator
                  coordinator: filterscope coordinator RECIPE --bind tcp://*:5555 --keys \(directory.path)
                  a worker:    copy coordinator.pub and worker.key into a directory KEYS there, then
                               filterscope worker --connect tcp://HOST:5555 --keys KEYS

                """)
        }
        return .done
    }
}
