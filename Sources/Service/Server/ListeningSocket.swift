import Diagnostics
import Glibc

/// A TCP socket that listens. Faces C.
package struct ListeningSocket {
    package let descriptor: Int32
    package let port: Int

    /// - Throws: a `Problem` that names the address.
    package init(host: String, port: Int) throws(Problem) {
        // Every address, of both kinds where the machine has both.
        if host == "*", let both = try? ListeningSocket(host: "::", port: port) {
            self = both
            return
        }
        let name = host == "*" ? "0.0.0.0" : host
        let location = HostName.inAddress(host, port: port)
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, String(port), &hints, &found)
        guard code == 0, let found else {
            throw Problem(
                "no address of that name: \(String(cString: gai_strerror(code)))", at: location,
                remedy: "give --http an address of this machine, * for all of them, or a port alone")
        }
        defer { freeaddrinfo(found) }
        var failure = EADDRNOTAVAIL
        var candidate: UnsafeMutablePointer<addrinfo>? = found
        while let address = candidate {
            if let (descriptor, port) = Self.listen(address.pointee) {
                self.descriptor = descriptor
                self.port = port
                return
            }
            failure = errno
            candidate = address.pointee.ai_next
        }
        throw Self.problem(failure, at: location)
    }

    private static func listen(_ address: addrinfo) -> (descriptor: Int32, port: Int)? {
        let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var on: Int32 = 1
        // A coordinator that starts again takes the port of the one before.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if address.ai_family == AF_INET6 {
            var off: Int32 = 0
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
        }
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isBound = bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 && Glibc.listen(descriptor, 64) == 0
            && withUnsafeMutablePointer(to: &bound) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
            }
        guard isBound else {
            let code = errno
            close(descriptor)
            errno = code
            return nil
        }
        let port = withUnsafePointer(to: &bound) { bound in
            address.ai_family == AF_INET6
                ? bound.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { $0.pointee.sin6_port }
                : bound.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_port }
        }
        return (descriptor, Int(UInt16(bigEndian: port)))
    }

    private static func problem(_ code: Int32, at location: String) -> Problem {
        switch code {
        case EADDRINUSE:
            Problem("the port is in use by another program", at: location, remedy: "give --http another port, or 0 for any free one")
        case EADDRNOTAVAIL, ENODEV:
            Problem("this machine has no such address", at: location, remedy: "give --http an address of this machine, or * for all of them")
        case EACCES, EPERM: Problem("permission denied", at: location, remedy: "give --http a port from 1024 on")
        default: Problem("cannot listen: \(String(cString: strerror(code)))", at: location, remedy: "give --http another address, or off")
        }
    }
}
