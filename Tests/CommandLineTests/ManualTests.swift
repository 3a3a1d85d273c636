import Foundation
import TestSupport
import Testing

/// The man pages: complete, and without a complaint of either formatter.
@Suite struct ManualTests {
    private let directory: TemporaryDirectory
    private let files: [String]

    init() throws {
        directory = try TemporaryDirectory("manual")
        let outcome = try runFilterscope(["man", "--to", directory.path])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test func everyCommandHasAPage() throws {
        let names = try CompletionTests.allCommands().map { "filterscope-\($0.replacing(" ", with: "-")).1" }
        #expect(Set(files) == Set(names + ["filterscope.1"]))
    }

    @Test func formattersHaveNothingToSay() throws {
        let paths = files.map(directory.file)
        let lint = try runProcess("/usr/bin/env", ["mandoc", "-Tlint"] + paths)
        #expect(lint.stdoutText + lint.stderr == "")
        #expect(lint.status == 0)
        for path in paths {
            let outcome = try runProcess("/usr/bin/env", ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path], environment: ["LC_ALL": "C.UTF-8"])
            #expect(outcome.status == 0 && outcome.stderr.isEmpty, "\(path): \(outcome.stderr)")
        }
    }

    /// As read by people: the words of the help, options and their explanations.
    @Test func everyOptionStandsInItsPage() throws {
        for command in try CompletionTests.allCommands() {
            let page = directory.file("filterscope-\(command.replacing(" ", with: "-")).1")
            let shown = try runProcess(
                "/usr/bin/env", ["man", "--nj", "--nh", "-l", page], environment: ["LC_ALL": "C.UTF-8", "MANWIDTH": "1000", "MANPAGER": "cat"]
            ).stdoutText
            for option in try CompletionTests.options(of: command) { #expect(shown.contains(option), "\(option) in \(page)") }
            let help = try runFilterscope(command.split(separator: " ").map(String.init) + ["--help"]).stdoutText
            let example = try #require(help.components(separatedBy: "Example:\n  ").last).trimmingCharacters(in: .newlines)
            #expect(shown.contains(example), "\(page)")
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
                #expect(shown.contains("\n\(section)\n"), "\(section) in \(page)")
            }
        }
    }

    @Test func onePageIsPrinted() throws {
        #expect(try runFilterscope(["man", "run"]).stdout == Data(contentsOf: URL(fileURLWithPath: directory.file("filterscope-run.1"))))
        #expect(try runFilterscope(["man", "bench-data"]).stdoutText.contains("filterscope bench data"))
        let unknown = try runFilterscope(["man", "bench-dat"])
        #expect(unknown.status == 2 && unknown.stderr.contains("did you mean \"bench-data\"?"), "\(unknown.stderr)")
    }
}
