import Foundation

/// A real Chromium without a window that stays, and is asked about its page over DevTools' own protocol.
public final class LiveBrowser {
    public static let executable = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { ["\($0)/chromium", "\($0)/chromium-browser", "\($0)/google-chrome"] }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    public static var isThere: Bool { executable != nil }

    private let process: RunningProcess
    private let profile: TemporaryDirectory
    private let input: Int32
    private let output: Int32
    private var buffer = Data()
    private var nextID = 1
    private var session: String?
    /// What scripts threw, and what the page's policy forbade.
    public private(set) var complaints: [String] = []

    /// Opens a page.
    public init(_ address: String, width: Int = 1200, height: Int = 900, dark: Bool = false) throws {
        guard let executable = Self.executable else { throw ProcessFault("no Chromium") }
        profile = try TemporaryDirectory("filterscope-browser")
        let (inPath, outPath) = (profile.file("in"), profile.file("out"))
        guard mkfifo(inPath, 0o600) == 0, mkfifo(outPath, 0o600) == 0 else { throw ProcessFault("no pipes at \(profile.path)") }
        // Both ways, so that opening waits for nobody.
        input = open(inPath, O_RDWR | O_CLOEXEC)
        output = open(outPath, O_RDWR | O_CLOEXEC)
        guard input >= 0, output >= 0 else { throw ProcessFault("the pipes at \(profile.path) cannot be opened") }
        process = try RunningProcess("/bin/sh", [
            "-c", "exec \"$@\" 3<'\(inPath)' 4>'\(outPath)'", "sh", executable, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            "--user-data-dir=\(profile.file("profile"))", "--window-size=\(width),\(height)", "--no-first-run", "--disable-background-networking", "about:blank",
        ])
        let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"] as? String ?? ""
        session = try call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"] as? String
        try call("Runtime.enable")
        try call("Log.enable")
        try call("Page.enable")
        try call("Emulation.setDeviceMetricsOverride", ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
        if dark { try call("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": "dark"]]]) }
        try call("Page.navigate", ["url": address])
    }

    deinit {
        _ = try? call("Browser.close", within: 2)
        close(input)
        close(output)
    }

    /// What a script's expression comes to.
    public func value(_ script: String) throws -> Any? {
        let answer = try call("Runtime.evaluate", ["expression": script, "returnByValue": true, "awaitPromise": true])
        if let fault = answer["exceptionDetails"] as? [String: Any] { throw ProcessFault("\(script): \(fault)") }
        return (answer["result"] as? [String: Any])?["value"]
    }

    public func text(_ script: String) throws -> String { try value(script) as? String ?? "" }
    public func number(_ script: String) throws -> Double { (try value(script) as? NSNumber)?.doubleValue ?? .nan }

    /// Looks again and again until an expression is true.
    public func waitUntil(_ script: String, within seconds: Double = 60) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while (try? value(script) as? Bool) != true {
            guard ContinuousClock.now < deadline else {
                throw ProcessFault("waited \(seconds) s in vain for \(script); the page says: \((try? text("document.body.innerText")) ?? "nothing")")
            }
            usleep(50_000)
        }
    }

    /// The page as PNG.
    public func screenshot() throws -> Data {
        Data(base64Encoded: try call("Page.captureScreenshot", ["format": "png"])["data"] as? String ?? "") ?? Data()
    }

    public func resize(width: Int, height: Int) throws {
        try call("Emulation.setDeviceMetricsOverride", ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    @discardableResult private func call(_ method: String, _ parameters: [String: Any] = [:], within seconds: Double = 60) throws -> [String: Any] {
        let id = nextID
        nextID += 1
        var message: [String: Any] = ["id": id, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        var bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
        while !bytes.isEmpty {
            let count = write(input, bytes, bytes.count)
            guard count > 0 else { throw ProcessFault("the browser's pipe is closed") }
            bytes.removeFirst(count)
        }
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            guard let answer = try next(within: 0.5) else {
                guard process.isRunning else { throw ProcessFault("the browser has ended: \(process.stderr.suffix(1000))") }
                continue
            }
            note(answer)
            guard answer["id"] as? Int == id else { continue }
            if let error = answer["error"] { throw ProcessFault("\(method): \(error)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
        throw ProcessFault("the browser did not answer \(method) within \(seconds) s: \(process.stderr.suffix(1000))")
    }

    private func note(_ event: [String: Any]) {
        let parameters = event["params"] as? [String: Any]
        switch event["method"] as? String {
        case "Runtime.exceptionThrown": complaints.append("\(parameters?["exceptionDetails"] ?? "exception")")
        case "Log.entryAdded":
            let entry = parameters?["entry"] as? [String: Any]
            // That a server is away is no fault of the page's.
            if entry?["level"] as? String == "error", entry?["source"] as? String != "network" { complaints.append("\(entry?["text"] ?? "error")") }
        default: break
        }
    }

    private func next(within seconds: Double) throws -> [String: Any]? {
        while true {
            if let end = buffer.firstIndex(of: 0) {
                let message = Data(buffer[buffer.startIndex..<end])
                buffer = Data(buffer[buffer.index(after: end)...])
                return try JSONSerialization.jsonObject(with: message) as? [String: Any]
            }
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(seconds * 1000)) > 0 else { return nil }
            var chunk = [UInt8](repeating: 0, count: 256 << 10)
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }
}
