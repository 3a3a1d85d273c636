/// A machine that workers are started on: one line of a hosts file.
public struct Host: Hashable, Sendable, Codable {
    /// Unlike any other in the file; the worker's name in logs and status.
    public var name: String
    public var user: String?
    /// As ssh takes it: a name, one of its configuration's aliases, or an address. IPv6 without brackets.
    public var address: String
    /// Nil for what ssh's configuration says.
    public var port: Int?
    /// Threads of the worker; nil for one per core.
    public var threads: Int?
    /// Where the run's data set lies on that machine; nil where samples are to be sent to it.
    public var data: String?
    /// The program there: a path, or a name that its shell finds.
    public var program: String
    /// Where the worker's keys, log and process number are kept there; from the user's home unless it begins with a slash.
    public var directory: String

    public init(
        name: String, user: String? = nil, address: String, port: Int? = nil, threads: Int? = nil, data: String? = nil, program: String,
        directory: String
    ) {
        self.name = name
        self.user = user
        self.address = address
        self.port = port
        self.threads = threads
        self.data = data
        self.program = program
        self.directory = directory
    }

    /// `user@address:port`, as far as they are known.
    public var destination: String {
        let shown = address.contains(":") ? "[\(address)]" : address
        return (user.map { "\($0)@" } ?? "") + shown + (port.map { ":\($0)" } ?? "")
    }
}
