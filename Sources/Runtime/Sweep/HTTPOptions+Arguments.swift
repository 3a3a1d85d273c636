import Service

extension HTTPOptions {
    /// The same on a command line.
    var arguments: [String] {
        let place: [String] = switch setting {
        case .automatic: []
        case .off: ["--http", "off"]
        case .at(let host, let port): ["--http", "\(host.contains(":") ? "[\(host)]" : host):\(port)"]
        }
        return place + names.flatMap { ["--http-name", $0] }
    }
}
