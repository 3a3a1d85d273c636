import CZeroMQ
import Diagnostics
import Glibc

extension EndpointAddress {
    /// The text for `zmq_bind`, which resolves no names.
    var bindingText: String {
        if case .tcp("localhost", let port) = self { return EndpointAddress.tcp(host: "127.0.0.1", port: port).description }
        return description
    }

    /// What `zmq_bind` would not find out.
    func checkBeforeBinding(isGuarded: Bool, insecure: Bool) throws(Problem) {
        guard isLocal || isGuarded || insecure else {
            throw Problem(
                "without keys anybody who reaches this address could join the run", at: description,
                remedy: "make keys (filterscope keygen DIR) and give --keys DIR, bind tcp://127.0.0.1:PORT, or say --insecure on a network that you trust")
        }
        if case .ipc(let path) = self, !path.hasPrefix("@") { try checkSocketFile(path) }
    }

    /// `zmq_bind` deletes whatever stands at the path: a live coordinator's socket, or any other file.
    private func checkSocketFile(_ path: String) throws(Problem) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Problem("a file that is not a socket stands at the path", at: description, remedy: "choose another path")
        }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return }
        defer { Glibc.close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected != 0 else { throw addressInUse }
    }

    var addressInUse: Problem {
        switch self {
        case .tcp(let host, _):
            Problem(
                "the address is in use by another program", at: description,
                remedy: "choose another port, or \(EndpointAddress.tcp(host: host, port: nil)) for any free one")
        case .ipc:
            Problem("the address is in use by another program", at: description, remedy: "choose another path")
        }
    }

    /// Why `zmq_bind` failed, by its errno.
    func bindProblem(_ code: Int32) -> Problem {
        switch code {
        case EADDRINUSE: return addressInUse
        case EADDRNOTAVAIL, ENODEV:
            return Problem(
                "this machine has no such address", at: description,
                remedy: "bind 127.0.0.1, one of this machine's own addresses, or * for all of them")
        case EACCES, EPERM:
            return Problem(
                "permission denied", at: description,
                remedy: isIPC ? "choose a folder that you may write in" : "choose a port from 1024 on")
        case ENOENT, ENOTDIR:
            return Problem("the folder does not exist", at: description, remedy: "create it, or choose another path")
        case ENAMETOOLONG:
            return Problem("the path is too long", at: description, remedy: "at most \(Self.longestPath) bytes")
        default:
            return Problem("cannot bind: \(zeroMQMessage(code))", at: description, remedy: "write tcp://HOST:PORT or ipc://PATH")
        }
    }

    private var isIPC: Bool {
        if case .ipc = self { return true }
        return false
    }
}

/// libzmq's words for an errno, its own codes included.
func zeroMQMessage(_ code: Int32) -> String { zmq_strerror(code).map { String(cString: $0) } ?? "error \(code)" }
