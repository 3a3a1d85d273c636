/// `filterscope up`.
public struct UpOptions: Sendable {
    /// The file that lists the machines.
    public var hostsPath: String
    /// Where workers connect: `tcp://HOST:PORT`, as the machines reach it.
    public var connect: String
    /// The directory of keys here; nil for none.
    public var keys: String?
    public var ssh: SSHOptions
    /// Seconds that a started worker has to join before the command goes on without it.
    public var joinSeconds: Int
    /// Seconds that a worker looks for a coordinator, at first and after it was lost.
    public var giveUpSeconds: Int
    /// A coordinator to start here; nil where one runs already.
    public var coordinator: CoordinatorToStart?

    public init(
        hostsPath: String, connect: String, keys: String? = nil, ssh: SSHOptions = SSHOptions(), joinSeconds: Int = 15,
        giveUpSeconds: Int = 600, coordinator: CoordinatorToStart? = nil
    ) {
        self.hostsPath = hostsPath
        self.connect = connect
        self.keys = keys
        self.ssh = ssh
        self.joinSeconds = joinSeconds
        self.giveUpSeconds = giveUpSeconds
        self.coordinator = coordinator
    }
}

/// A coordinator that `filterscope up` starts on its own machine.
public struct CoordinatorToStart: Sendable {
    /// This program.
    public var program: String
    /// Words of `filterscope coordinator` but for `--bind` and `--keys`.
    public var arguments: [String]
    /// Where it listens; nil for the address that workers are given, where that is a number, else all of this machine's.
    public var bind: String?

    public init(program: String, arguments: [String], bind: String? = nil) {
        self.program = program
        self.arguments = arguments
        self.bind = bind
    }
}

/// `filterscope down`.
public struct DownOptions: Sendable {
    public var hostsPath: String
    public var ssh: SSHOptions
    /// Seconds that a worker has to end after SIGTERM.
    public var endSeconds: Int

    public init(hostsPath: String, ssh: SSHOptions = SSHOptions(), endSeconds: Int = 15) {
        self.hostsPath = hostsPath
        self.ssh = ssh
        self.endSeconds = endSeconds
    }
}
