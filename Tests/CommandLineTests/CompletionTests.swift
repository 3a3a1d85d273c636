import Foundation
import RunStore
import TestSupport
import Testing

/// What the shells' completions offer: asked of the program, and through each real shell.
@Suite struct CompletionTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory("completion") }

    /// - Returns: whether files may stand there (the first line), and the words.
    private func complete(_ words: String...) throws -> (paths: String, words: [String]) {
        let outcome = try runFilterscope(["complete", "--"] + words, directory: directory.path)
        #expect(outcome.status == 0, "\(outcome.stderr)")
        let lines = outcome.stdoutText.split(separator: "\n")
        return (String(lines.first ?? ""), lines.dropFirst().map { String($0.prefix { $0 != "\t" }) })
    }

    /// The options that a command's help shows: what completions and man pages must have, a new one by itself.
    static func options(of command: String) throws -> [String] {
        let help = try runFilterscope(command.split(separator: " ").map(String.init) + ["--help"]).stdoutText
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != "Options:" }.dropFirst().prefix { $0.hasPrefix("  ") }
        return lines.compactMap { $0.firstMatch(of: /--[a-z0-9-]+/).map { String($0.output) } }
    }

    /// Every command of the program's help, and those of two words.
    static func allCommands() throws -> [String] {
        let names = try UsageTests.commandNames()
        return try names + names.flatMap { name in
            try runFilterscope([name, "--help"]).stdoutText.matches(of: /filterscope (\w+ \w+) --help/).map { String($0.1) }
        }
    }

    @Test func everyCommandIsOffered() throws {
        let words = try complete("").words
        #expect(try words == UsageTests.commandNames() + ["help", "--help", "--version"])
        #expect(try complete("re").words == ["resume", "report", "recipes"])
        #expect(try complete("help", "rep").words == ["report"])
    }

    @Test func everyOptionOfEveryCommandIsOffered() throws {
        let commands = try Self.allCommands()
        #expect(commands.contains("bench data") && commands.count > 20)
        for command in commands {
            let words = command.split(separator: " ").map(String.init) + ["--"]
            let outcome = try runFilterscope(["complete", "--"] + words)
            let offered = outcome.stdoutText.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "\t" }) }
            #expect(try offered == Self.options(of: command), "\(command)")
        }
    }

    @Test func valuesAreOfferedByTheirKind() throws {
        #expect(try complete("run", "fashion").words == ["fashion-demo", "fashion-smoke"])
        #expect(try complete("run", "x").paths == "files", "a recipe may be a file")
        #expect(try complete("run", "fashion-demo", "--run", "").paths == "directories")
        #expect(try complete("logs", "--level", "w").words == ["warning"])
        #expect(try complete("logs", "--level=w").words == ["--level=warning"])
        #expect(try complete("bench", "training", "--model", "vgg").words == ["vgg11", "vgg16"])
        #expect(try complete("bench", "da").words == ["data"])
        #expect(try complete("bench", "data", "--dataset", "folder").words == ["folder:"])
        #expect(try complete("bench", "data", "--threads", "").words.isEmpty)
        #expect(try complete("analyze", "--json", "").paths == "files")
        #expect(try complete("man", "bench-").words == ["bench-data", "bench-aggregation", "bench-filters", "bench-logs"])
        #expect(try complete("completions", "").words == ["bash", "zsh", "fish"])
    }

    @Test func whatStandsThereAlreadyIsNotOfferedAgain() throws {
        let words = try complete("run", "fashion-demo", "--workers", "2", "-q", "--").words
        #expect(!words.contains("--workers") && !words.contains("--quiet") && words.contains("--threads"))
        #expect(!words.contains("--parent"), "options for programs are not for people")
        #expect(try complete("run", "fashion-demo", "").words.contains("--threads"), "nothing but options can follow")
        #expect(try complete("run", "--", "--").words.isEmpty, "after two dashes come no options")
        #expect(try complete("nonsense", "").words.isEmpty)
    }

    @Test func runsAndWorkersAreThoseThatLieHere() throws {
        let run = try RunDirectory.create(path: directory.file("runs/first"), recipeName: "trial").directory
        let journal = try Journal(path: run.journalPath)
        for (name, incarnation) in [("anna", "1"), ("anna", "2"), ("bert", "1")] {
            try journal.workerJoined(WorkerRow(
                name: name, incarnation: incarnation, host: "h", pid: 1, threads: 1, fingerprint: "f", joined: 1))
        }
        try FileManager.default.createDirectory(atPath: directory.file("runs/empty"), withIntermediateDirectories: true)
        #expect(try complete("report", "--run", "").words == ["runs/first"])
        #expect(try complete("drain", "").words == ["anna", "bert"])
        #expect(try complete("logs", "--run", "runs/first", "--worker", "b").words == ["bert"])
        #expect(try complete("logs", "--run=runs/nothing", "--worker", "").words.isEmpty)
    }

    // MARK: The shells

    private func script(_ shell: String) throws -> String {
        let outcome = try runFilterscope(["completions", shell])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        return try directory.write(outcome.stdout, to: "completion.\(shell)")
    }

    /// With this build's program first on PATH.
    private func environment() throws -> [String: String] {
        let folder = URL(fileURLWithPath: try filterscopeExecutable()).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return ["PATH": "\(folder):\(path)", "HOME": directory.path, "TERM": "dumb", "LC_ALL": "C.UTF-8"]
    }

    private func shell(_ name: String, _ arguments: [String]) throws -> String {
        let outcome = try runProcess("/usr/bin/env", [name] + arguments, environment: try environment(), directory: directory.path, timeout: 120)
        #expect(outcome.status == 0, "\(name): \(outcome.stderr) \(outcome.stdoutText)")
        return outcome.stdoutText
    }

    @Test func bashCompletes() throws {
        _ = try directory.write(Data(), to: "picture.json")
        let program = try directory.write(Data(#"""
            source "$1"
            # A line as readline hands it over: the words as bash cuts them, the last one under the cursor.
            try() {
                COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
                _filterscope filterscope
                echo "$1|${COMPREPLY[*]}"
            }
            complete -p filterscope
            try "filterscope rep" filterscope rep
            try "filterscope run fashion" filterscope run fashion
            try "filterscope run fashion-demo --wor" filterscope run fashion-demo --wor
            try "filterscope logs --level " filterscope logs --level ""
            try "filterscope logs --level=" filterscope logs --level =
            try "filterscope logs --level=w" filterscope logs --level = w
            try "filterscope bench data --dataset tiny" filterscope bench data --dataset tiny
            try "filterscope bench data --dataset tensor:pic" filterscope bench data --dataset tensor : pic
            try "filterscope analyze --json pic" filterscope analyze --json pic
            """#.utf8), to: "try.bash")
        let lines = try shell("bash", ["--norc", program, script("bash")]).split(separator: "\n").map(String.init)
        #expect(lines == [
            "complete -F _filterscope filterscope",
            "filterscope rep|report",
            "filterscope run fashion|fashion-demo fashion-smoke",
            "filterscope run fashion-demo --wor|--workers",
            "filterscope logs --level |debug info warning error",
            "filterscope logs --level=|debug info warning error",
            "filterscope logs --level=w|warning",
            "filterscope bench data --dataset tiny|tiny-imagenet:",
            "filterscope bench data --dataset tensor:pic|picture.json",
            "filterscope analyze --json pic|picture.json",
        ])
    }

    @Test func fishCompletes() throws {
        _ = try directory.write(Data(), to: "picture.json")
        let program = try directory.write(Data("""
            source $argv[1]
            for line in "filterscope rep" "filterscope run fashion" "filterscope run x --wor" "filterscope logs --level=w" \\
                    "filterscope bench data --dataset tensor:pic" "filterscope analyze --json pic"
                echo "$line|"(complete -C $line | string join ';')
            end
            """.utf8), to: "try.fish")
        let lines = try shell("fish", ["--no-config", program, script("fish")]).split(separator: "\n").map(String.init)
        try #require(lines.count == 6, "\(lines)")
        #expect(lines[0].hasPrefix("filterscope rep|report\t"))
        #expect(lines[1].contains("|fashion-demo\t") && lines[1].contains(";fashion-smoke\t"))
        #expect(lines[2].hasPrefix("filterscope run x --wor|--workers\tworker processes"))
        #expect(lines[3].contains("|--level=warning"))
        #expect(lines[4].hasSuffix("|tensor:picture.json"))
        #expect(lines[5].hasSuffix("|picture.json"))
    }

    /// A zsh at a terminal of its own; lines are typed into it with the key, and what it shows is looked through.
    @Test func zshCompletes() throws {
        _ = try directory.write(Data(), to: "picture.json")
        let program = try directory.write(Data(#"""
            zmodload zsh/zpty zsh/datetime
            zpty z "zsh -f -i"
            # Reads what z shows until a text is in it.
            until_shown() {
                local shown= out start=$EPOCHSECONDS
                while [[ $shown != *"$1"* ]]; do
                    if zpty -r -t z out; then shown+=$out; else sleep 0.05; fi
                    (( EPOCHSECONDS - start < 60 )) || { print -r -- "no \"$1\" in: ${(V)shown}"; exit 1; }
                done
            }
            zpty -w z "PS1='% '; autoload -Uz compinit; compinit -u -d ./dump; source $1; LISTMAX=1000; COLUMNS=200; echo IS''READY"
            until_shown ISREADY
            shift
            for line shown in "$@"; do
                zpty -n -w z "$line"$'\t'
                until_shown "$shown"
                print -r -- "$line"
                zpty -n -w z $'\x15'
            done
            zpty -d z
            """#.utf8), to: "try.zsh")
        let trials = [
            ("filterscope rep", "report"), ("filterscope run fashion-d", "fashion-demo "), ("filterscope run x --wor", "--workers "),
            ("filterscope logs --level=w", "--level=warning "), ("filterscope bench data --dataset tensor:pic", "tensor:picture.json"),
            ("filterscope bench data --dataset tiny", "tiny-imagenet:"), ("filterscope completions ", "bash"),
            ("filterscope analyze --json pic", "picture.json"), ("filterscope pause --k", "--keys "),
        ]
        let lines = try shell("zsh", ["-f", program, script("zsh")] + trials.flatMap { [$0.0, $0.1] }).split(separator: "\n").map(String.init)
        #expect(lines == trials.map(\.0))
    }

    // MARK: Installation

    /// Each shell finds its file by itself where the script has put it.
    @Test func installedFilesAreFound() throws {
        let prefix = directory.file("prefix")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Scripts/install").standardized.path
        let installed = try runProcess(script, ["--prefix", prefix, "--program", try filterscopeExecutable()])
        #expect(installed.status == 0, "\(installed.stderr)")
        #expect(try runProcess(prefix + "/bin/filterscope", ["--version"]).status == 0)
        var environment = try environment()
        environment["XDG_DATA_DIRS"] = prefix + "/share"
        environment["MANPATH"] = prefix + "/share/man"
        func output(_ words: String...) throws -> String {
            let outcome = try runProcess("/usr/bin/env", words, environment: environment, directory: directory.path)
            return outcome.stdoutText + outcome.stderr
        }
        let bash = "source /usr/share/bash-completion/bash_completion; _completion_loader filterscope; complete -p filterscope"
        #expect(try output("bash", "--norc", "-c", bash) == "complete -F _filterscope filterscope\n")
        #expect(try output("fish", "-c", "complete -C 'filterscope logs --lev'").hasPrefix("--level\t"))
        let zsh = "fpath+=(\(prefix)/share/zsh/site-functions); autoload -Uz compinit; compinit -u -d ./dump; print $_comps[filterscope]"
        #expect(try output("zsh", "-f", "-c", zsh) == "_filterscope\n")
        #expect(try output("man", "-w", "filterscope-run") == prefix + "/share/man/man1/filterscope-run.1\n")
        let removed = try runProcess(script, ["--prefix", prefix, "--remove"])
        #expect(removed.status == 0, "\(removed.stderr)")
        let left = FileManager.default.enumerator(atPath: prefix)?.allObjects.compactMap { $0 as? String }.filter { $0.contains("filterscope") }
        #expect(left == [])
    }
}
