import Diagnostics
import Foundation
import TestSupport
import Testing
import Transport

@Suite struct AddressTests {
    @Test(arguments: [
        ("tcp://127.0.0.1:5555", EndpointAddress.tcp(host: "127.0.0.1", port: 5555)),
        ("tcp://node1.example:*", .tcp(host: "node1.example", port: nil)),
        ("tcp://*:5555", .tcp(host: "*", port: 5555)),
        ("tcp://[::1]:80", .tcp(host: "::1", port: 80)),
        ("ipc:///tmp/with space", .ipc(path: "/tmp/with space")),
    ])
    func parses(text: String, address: EndpointAddress) throws {
        #expect(try EndpointAddress(parsing: text) == address)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "127.0.0.1:5555", "tcp://", "tcp://127.0.0.1", "tcp://:5555", "tcp://host:", "tcp://host:65536", "tcp://host:-1",
        "tcp://host:٣", "tcp://::1:5555", "tcp://[::1]", "tcp://a b:1", "tcp://a;b:1", "tcp://host/path:1", "udp://host:1", "http://host:80",
        "ipc://", "ipc://*", "inproc://x",
    ])
    func refuses(text: String) {
        #expect(throws: Problem.self) { try EndpointAddress(parsing: text) }
    }

    @Test(arguments: [
        ("tcp://127.0.0.1:1", true), ("tcp://127.9.9.9:1", true), ("tcp://localhost:1", true), ("tcp://[::1]:1", true), ("ipc://x", true),
        ("tcp://*:1", false), ("tcp://0.0.0.0:1", false), ("tcp://192.168.0.1:1", false), ("tcp://127.example:1", false), ("tcp://[::]:1", false),
    ])
    func knowsWhatIsLocal(text: String, local: Bool) throws {
        #expect(try EndpointAddress(parsing: text).isLocal == local)
    }

    @Test func pathTooLongNamesTheLimit() throws {
        let problem = #expect(throws: Problem.self) { try EndpointAddress(parsing: "ipc:///" + String(repeating: "a", count: 107)) }
        #expect(problem?.what.contains("108 bytes") == true && problem?.what.contains("107") == true)
        #expect(throws: Never.self) { try EndpointAddress(parsing: "ipc:///" + String(repeating: "a", count: 106)) }
    }

    @Test func longestPathWorks() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + String(repeating: "s", count: EndpointAddress.longestPath - directory.path.utf8.count - 1)
        let router = try TestRouter("ipc://" + path)
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data([1])])
        #expect(try router.mailbox.message().frames == [Data([1])])
    }

    @Test(arguments: ["ipc", "tcp"])
    func takenAddressIsAProblem(scheme: String) throws {
        let directory = try TemporaryDirectory()
        let router = try TestRouter(freshAddress(scheme, in: directory))
        let problem = #expect(throws: Problem.self) { try TestRouter(router.endpoint.address) }
        #expect(problem?.what == "the address is in use by another program")
        #expect(problem?.location == router.endpoint.address)
        if scheme == "tcp" { #expect(problem?.remedy?.contains("tcp://127.0.0.1:*") == true) }
        // The first is none the worse.
        let dealer = try TestDealer(router.endpoint.address)
        dealer.send([Data([1])])
        #expect(try router.mailbox.message().frames == [Data([1])])
    }

    @Test func fileInTheWayIsKept() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Data("precious".utf8), to: "notes")
        #expect(throws: Problem.self) { try TestRouter("ipc://" + path) }
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
    }

    @Test func missingFolderIsAProblem() throws {
        let directory = try TemporaryDirectory()
        let problem = #expect(throws: Problem.self) { try TestRouter("ipc://" + directory.file("no/s")) }
        #expect(problem?.what == "the folder does not exist")
    }

    @Test func foreignAddressIsAProblem() throws {
        // TEST-NET-1 (RFC 5737): no machine has it.
        let problem = #expect(throws: Problem.self) { try RouterEndpoint(bind: "tcp://192.0.2.1:*", insecure: true) { _ in } }
        #expect(problem?.what == "this machine has no such address")
    }

    @Test func openAddressTakesAFlag() throws {
        let problem = #expect(throws: Problem.self) { try RouterEndpoint(bind: "tcp://0.0.0.0:*") { _ in } }
        #expect(problem?.remedy?.contains("--insecure") == true)
        let router = try RouterEndpoint(bind: "tcp://0.0.0.0:*", insecure: true) { _ in }
        #expect(router.address.hasPrefix("tcp://0.0.0.0:"))
    }

    @Test func localhostBinds() throws {
        let router = try RouterEndpoint(bind: "tcp://localhost:*") { _ in }
        #expect(router.address.hasPrefix("tcp://127.0.0.1:"))
    }

    @Test(arguments: ["tcp://*:5555", "tcp://127.0.0.1:*"])
    func dealerNeedsHostAndPort(text: String) {
        #expect(throws: Problem.self) { try DealerEndpoint(connect: text) { _ in } }
    }
}
