import Foundation
import Messages
import Service
import TestSupport
import Testing

@Suite struct HTTPServerTests {
    @Test func everyPathAnswersAndNothingElse() throws {
        let trial = try ServiceTrial()
        defer { trial.close() }
        #expect(try trial.get("/metrics").status == 503, "nothing is known yet")
        #expect(try trial.get("/ready").status == 503)
        trial.publish()
        let types = [
            "/": "text/html; charset=utf-8", "/live.js": "text/javascript; charset=utf-8", "/live.css": "text/css; charset=utf-8",
            "/metrics": "text/plain; version=0.0.4; charset=utf-8", "/status.json": "application/json", "/health": "application/json",
            "/ready": "application/json",
        ]
        for (path, type) in types {
            let reply = try trial.get(path)
            #expect(reply.status == 200 && reply.headers["content-type"] == type, "\(path)")
            #expect(reply.headers["x-content-type-options"] == "nosniff")
            #expect(reply.headers["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self'") == true)
            #expect(reply.headers["cache-control"] == "no-store" && reply.headers["access-control-allow-origin"] == nil)
            #expect(!reply.body.isEmpty && Int(reply.headers["content-length"] ?? "") == reply.body.count)
            let head = try trial.get(path, method: "HEAD")
            #expect(head.status == 200 && head.headers["content-type"] == type)
        }
        for path in ["/nothing", "/../etc/passwd", "//", "/%2e%2e/", "/metrics/"] { #expect(try trial.get(path).status == 404, "\(path)") }
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
            let reply = try trial.get("/metrics", method: method)
            #expect(reply.status == 405 && reply.headers["allow"] == "GET, HEAD", "\(method)")
        }
        let status = try JSONDecoder().decode(StatusReport.self, from: try trial.get("/status.json").body)
        #expect(status == ServiceTrial.status())
    }

    @Test func onlyKnownNamesAreAnswered() throws {
        let trial = try ServiceTrial(names: ["Trainer.example"])
        defer { trial.close() }
        for host in ["localhost", "localhost:9464", "127.0.0.1:1", "10.1.2.3", "[::1]:9464", "a.localhost", "trainer.example:80", "TRAINER.EXAMPLE."] {
            #expect(try trial.get("/health", host: host).status == 200, "\(host)")
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "[evil.example]", "localhost:x", "localhost:123456", "1.2.3"] {
            #expect(try trial.get("/health", host: host).status == 421, "\(host)")
        }
        #expect(try trial.get("/health", host: nil).status == 400)
    }

    @Test func connectionsAreKeptAndBodiesAreNot() throws {
        let trial = try ServiceTrial()
        defer { trial.close() }
        trial.publish()
        let probe = try HTTPProbe(trial.address)
        for _ in 0..<3 {
            try probe.request("/health")
            #expect(try probe.reply().status == 200)
        }
        let sender = try HTTPProbe(trial.address)
        try sender.request("/health", headers: ["Content-Length": "1000000000"])
        #expect(try sender.reply().status == 413)
        #expect(try sender.isCut(within: 20))
        probe.hangUp()
    }

    @Test func whatIsNoRequestEndsTheConnection() throws {
        let trial = try ServiceTrial()
        defer { trial.close() }
        for text in ["\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n"] {
            let probe = try HTTPProbe(trial.address)
            try probe.send(text)
            // An answer where it looks like HTTP, the end of the connection in any case.
            if let reply = try? probe.reply(within: 5) { #expect(reply.status >= 400, "\(text.debugDescription)") }
            #expect(try probe.isCut(within: 20), "\(text.debugDescription)")
        }
        // A head without end is not kept.
        let endless = try HTTPProbe(trial.address)
        try endless.send("GET /health HTTP/1.1\r\nHost: localhost\r\n")
        let line = "X-Filler: " + String(repeating: "a", count: 1000) + "\r\n"
        var sent = 0
        while sent < 100, (try? endless.send(line)) != nil { sent += 1 }
        #expect(try endless.isCut(within: 20))
        #expect(try trial.get("/health").status == 200)
    }

    @Test func whoTakesItsTimeIsCutOff() throws {
        var limits = HTTPServer.Limits()
        limits.requestSeconds = 1
        let trial = try ServiceTrial(limits: limits)
        defer { trial.close() }
        let silent = try HTTPProbe(trial.address)
        let slow = try HTTPProbe(trial.address)
        let start = ContinuousClock.now
        // A byte now and then is no sign of good will.
        var isOpen = true
        for byte in "GET /health HTTP/1.1\r\nHost: localhost\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" where isOpen {
            isOpen = (try? slow.send(String(byte))) != nil
            usleep(50_000)
        }
        let isCut = isOpen ? try slow.isCut(within: 5) : true
        #expect(isCut)
        #expect(try silent.isCut(within: 20))
        #expect(start.duration(to: .now) < .seconds(25))
        #expect(try trial.get("/health").status == 200)
    }

    @Test func crowdsFindAnEndAndMakeRoomAgain() throws {
        var limits = HTTPServer.Limits()
        (limits.connections, limits.requestSeconds) = (8, 1)
        let trial = try ServiceTrial(limits: limits)
        defer { trial.close() }
        var crowd: [HTTPProbe] = []
        for _ in 0..<40 { crowd.append(try HTTPProbe(trial.address)) }
        // The idle ones are cut off a second later, and whoever asks gets an answer.
        try waitUntil("there is room", within: 30) { (try? trial.get("/health").status) == 200 }
        for probe in crowd { probe.hangUp() }
    }

    @Test func aTakenPortIsNamedAndTheUsualOneIsReplaced() throws {
        let taken = try ListeningSocket(host: "127.0.0.1", port: 0)
        defer { close(taken.descriptor) }
        #expect { try RunService(.at(host: "127.0.0.1", port: taken.port), names: [], facts: ServiceTrial.facts) } throws: {
            "\($0)".contains("the port is in use") && "\($0)".contains("\(taken.port)")
        }
        var services: [RunService] = []
        for _ in 0..<3 { services.append(try #require(try RunService(.automatic, names: [], facts: ServiceTrial.facts))) }
        #expect(Set(services.map(\.address)).count == 3 && services.allSatisfy { !$0.isOpen })
        for service in services { service.close(RunEnding(state: .finished)) }
        #expect(try RunService(.off, names: [], facts: ServiceTrial.facts) == nil)
    }

    @Test(arguments: [
        ("off", HTTPSetting.off), ("9464", .at(host: "127.0.0.1", port: 9464)), ("0", .at(host: "127.0.0.1", port: 0)),
        ("0.0.0.0:80", .at(host: "0.0.0.0", port: 80)), ("[::1]:9000", .at(host: "::1", port: 9000)), ("*:1", .at(host: "*", port: 1)),
        ("node-1:65535", .at(host: "node-1", port: 65_535)),
    ])
    func addressesAreRead(_ text: String, _ setting: HTTPSetting) { #expect(HTTPSetting(parsing: text) == setting) }

    @Test(arguments: ["", "on", "65536", ":9464", "host:", "::1:90", "[x]:1", "a b:1", "host:-1", "http://x:1", "9464/"])
    func whatIsNoAddressIsNotTaken(_ text: String) { #expect(HTTPSetting(parsing: text) == nil) }
}
