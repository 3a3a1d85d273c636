import Foundation
import TestSupport
import Testing

@Suite struct UsageHTTPTests {
    @Test(arguments: ["coordinator", "run", "sweep"]) func addressesAreExplainedAndChecked(_ command: String) throws {
        #expect(try runFilterscope([command, "--help"]).stdoutText.contains("--http [HOST:]PORT|off"))
        let bind = command == "coordinator" ? ["--bind", "tcp://127.0.0.1:*"] : []
        for text in ["nonsense:", "70000", "::1:9464", "http://localhost:9464/"] {
            let outcome = try runFilterscope([command, "fashion-demo"] + bind + ["--http", text])
            #expect(outcome.status == 2, "\(text)")
            #expect(outcome.stderr.contains("--http needs a port, HOST:PORT, [IPv6]:PORT or off, not \"\(text)\""), "\(outcome.stderr)")
        }
    }

    @Test func aSweepTakesNoPort() throws {
        let directory = try TemporaryDirectory()
        let outcome = try runFilterscope(["sweep", "labels-sweep-fashion", "--http", "9465", "--run", directory.file("sweep")])
        #expect(outcome.status == 1 && outcome.stderr.contains("cannot share a port"), "\(outcome.stderr)")
        #expect(!FileManager.default.fileExists(atPath: directory.file("sweep")))
    }

    @Test func anAddressOfAnotherMachineIsNamed() throws {
        let directory = try TemporaryDirectory()
        for (text, reason) in [("192.0.2.1:9464", "no such address"), ("no-such-host.invalid:1", "no address of that name")] {
            let outcome = try runFilterscope(["run", "fashion-demo", "--run", directory.file("run"), "--http", text])
            #expect(outcome.status == 1 && outcome.stderr.contains(reason) && outcome.stderr.contains("--http"), "\(outcome.stderr)")
            #expect(!FileManager.default.fileExists(atPath: directory.file("run")))
        }
    }
}
