import Foundation
import TestSupport
import Testing

@Suite struct UsageTests {
    /// The names in the list of `filterscope --help`.
    static func commandNames() throws -> [String] {
        let lines = try runFilterscope(["--help"]).stdoutText.split(separator: "\n", omittingEmptySubsequences: false)
        let list = lines.drop { $0 != "Commands:" }.dropFirst().prefix { $0.hasPrefix("  ") }
        return list.compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test func helpListsCommandsWithOneExample() throws {
        let outcome = try runFilterscope(["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.stderr.isEmpty)
        #expect(outcome.stdoutText.contains("Example:"))
        #expect(try Self.commandNames().contains("recipes"))
    }

    @Test func everyCommandExplainsItselfWithAnExampleOfItsOwn() throws {
        let names = try Self.commandNames()
        #expect(!names.isEmpty)
        for name in names {
            let outcome = try runFilterscope([name, "--help"])
            #expect(outcome.status == 0, "\(name)")
            #expect(outcome.stdoutText.contains("Usage: filterscope \(name)"), "\(name)")
            #expect(outcome.stdoutText.contains("Example:\n  filterscope \(name)"), "\(name)")
        }
    }

    @Test func helpWinsOverWrongOptions() throws {
        #expect(try runFilterscope(["recipes", "--nonsense", "--help"]).status == 0)
        #expect(try runFilterscope(["help", "recipes"]).stdoutText == runFilterscope(["recipes", "--help"]).stdoutText)
    }

    @Test func versionIsPrinted() throws {
        let outcome = try runFilterscope(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.stdoutText.wholeMatch(of: /filterscope \d+\.\d+\.\d+\n/) != nil)
    }

    @Test(arguments: [
        ([], "Usage: filterscope COMMAND"),
        (["recpes"], "unknown command \"recpes\"; did you mean \"recipes\"?"),
        (["--verison"], "unknown option \"--verison\"; did you mean \"--version\"?"),
        (["recipes", "--scheme"], "filterscope recipes: unknown option \"--scheme\"; did you mean \"--schema\"?"),
        (["recipes", "--json=yes"], "--json takes no value"),
        (["recipes", "fashion-demo", "again"], "unexpected argument \"again\""),
        (["recipes", "--explain", "--schema"], "exclude each other"),
    ])
    func wrongUsageIsNamedAndEndsWithTwo(_ arguments: [String], _ expected: String) throws {
        let outcome = try runFilterscope(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.stdout.isEmpty)
        #expect(outcome.stderr.contains(expected), "\(outcome.stderr)")
    }

    @Test func wordsAfterTwoDashesAreNoOptions() throws {
        let outcome = try runFilterscope(["recipes", "--", "--help"])
        #expect(outcome.status == 1)
        #expect(outcome.stderr.contains("unknown recipe \"--help\""))
    }

    @Test func aReaderThatGoesAwayEndsTheProgramQuietly() throws {
        // `head` leaves after one line of the table's hundreds; bash reports both statuses.
        let command = "'\(try filterscopeExecutable())' recipes --schema | head -n 1 >/dev/null; echo ${PIPESTATUS[@]}"
        let outcome = try runProcess("/bin/bash", ["-c", command])
        #expect(outcome.stdoutText == "0 0\n")
        #expect(outcome.stderr.isEmpty)
        // And a pipe whose reader is gone before the first byte.
        let gone = try runProcess("/bin/bash", ["-c", "(sleep 0.3; '\(try filterscopeExecutable())' recipes --schema) | true"])
        #expect(gone.stderr.isEmpty)
    }

    @Test func colourNeverReachesFiles() throws {
        for environment in [[:], ["NO_COLOR": "1"]] {
            let outcome = try runFilterscope(["recipes", "nothing-like-it"], environment: environment)
            #expect(outcome.status == 1)
            #expect(!outcome.stderr.contains("\u{1B}"))
        }
    }

    /// `script` gives the program a terminal, where colour is the default and `NO_COLOR` must turn it off.
    @Test func noColorIsHonouredOnATerminal() throws {
        let command = "'\(try filterscopeExecutable())' recipes nothing-like-it"
        func transcript(_ environment: [String: String]) throws -> String {
            try runProcess("/usr/bin/script", ["-qec", command, "/dev/null"], environment: environment).stdoutText
        }
        #expect(try transcript(["NO_COLOR": "", "TERM": "xterm"]).contains("\u{1B}[31m"))
        let plain = try transcript(["NO_COLOR": "1", "TERM": "xterm"])
        #expect(plain.contains("unknown recipe") && !plain.contains("\u{1B}"))
    }
}

/// Commands that start a run refuse what they cannot mean before anything starts.
@Suite struct UsageRunTests {
    @Test(arguments: [
        (["run"], Int32(2), "RECIPE is missing"),
        (["run", "fashion-dmeo"], 1, "did you mean \"fashion-demo\"?"),
        (["run", "fashion-smoke", "--workers", "many"], 2, "--workers needs a whole number within 1 ... 256, not \"many\""),
        (["run", "fashion-smoke", "--quiet", "--verbose"], 2, "exclude each other"),
        (["run", "fashion-smoke", "--dataset", "fashion-mnits"], 1, "did you mean \"fashion-mnist\"?"),
        (["run", "fashion-smoke", "--dataset", "fashion-mnist?size=64"], 1, "the images are brought to size 64, and the network takes"),
        (["run", "tiny-imagenet"], 1, "name its place: --dataset tiny-imagenet:DIR-or-TAR"),
        (["coordinator", "fashion-smoke"], 2, "--bind ENDPOINT is missing"),
        (["worker"], 2, "--connect ENDPOINT is missing"),
        (["worker", "--connect", "localhost:1"], 1, "an address needs a scheme"),
    ])
    func wrongUsageIsRefused(_ arguments: [String], _ status: Int32, _ expected: String) throws {
        let directory = try TemporaryDirectory()
        let outcome = try runFilterscope(arguments, directory: directory.path)
        #expect(outcome.status == status, "\(outcome.stderr)")
        #expect(outcome.stderr.contains(expected), "\(outcome.stderr)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }
}
