import Runtime
import Service

/// Where the live page and the metrics are.
enum HTTPArguments {
    static let http = CommandOption<HTTPSetting>(
        "http", "[HOST:]PORT|off", "where the live page and metrics are; 127.0.0.1:\(HTTPSetting.usualPort), or another port if taken, unless given",
        expectation: "a port, HOST:PORT, [IPv6]:PORT or off"
    ) { HTTPSetting(parsing: $0) }
    static let name = CommandOption.text("http-name", "NAME", "another name that browsers may call the live page's machine by", isRepeatable: true)

    static func options(_ arguments: ParsedArguments) -> HTTPOptions {
        HTTPOptions(arguments.value(http) ?? .automatic, names: arguments.values(name))
    }
}
