import Foundation
import Launching
import TestSupport
import Testing

/// The shell text, run by this machine's own sh.
@Suite struct DetachedProgramTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A program that says that it is well and goes on for a minute, unless told otherwise.
    private func program(_ body: String, patience: Int = 10, keys: [KeyText] = []) throws -> DetachedProgram {
        let path = try directory.write(Data("#!/bin/sh\n[ \"${1:-}\" = --version ] && exec echo 1\n\(body)\n".utf8), to: "it's a program")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return DetachedProgram(
            directory: directory.file("a place/of its own"), program: path,
            arguments: ["a b", "c'd", "$HOME", "`x`"] + (keys.isEmpty ? [] : [DetachedProgram.keysPlaceholder]), keys: keys, signOfLife: "well",
            patience: patience)
    }

    /// Whether a process runs; one that nobody has taken leave of does not.
    private func lives(_ process: Int32) -> Bool {
        let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat").map { String(decoding: $0, as: UTF8.self) } ?? ""
        return stat.split(separator: ")").last.map { !$0.hasPrefix(" Z") } ?? false
    }

    private static let patient = #"printf '%s|' "$@"; echo; echo I am well; exec sleep 60"#

    @Test func startsOnceAndEnds() throws {
        let keys = [KeyText(name: "a.pub", text: "public\n", mode: "644"), KeyText(name: "a.key", text: "it's & <secret> $x\n", mode: "600")]
        let program = try program(Self.patient, keys: keys)
        let first = run(program.startText, on: .here, within: 30)
        #expect(first.state == "up" && first.wasReached, "\(first)")
        let second = run(program.startText, on: .here, within: 30)
        #expect(second.state == "running" && first.text.hasPrefix(second.text + " @ "), "\(second)")

        let log = try String(contentsOfFile: program.directory + "/log", encoding: .utf8)
        #expect(log.hasPrefix("a b|c'd|$HOME|`x`|\(program.directory)/keys|\n"), "\(log)")
        #expect(try String(contentsOfFile: program.directory + "/keys/a.key", encoding: .utf8) == "it's & <secret> $x\n")
        for (name, mode) in [("", 0o700), ("/keys", 0o700), ("/keys/a.key", 0o600), ("/keys/a.pub", 0o644), ("/log", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: program.directory + name)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
        }

        // Nor does it hold what its caller has open.
        let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(try #require(second.text.split(separator: " ").last))/fd")
        #expect(held.count <= 4, "\(held)")

        // It is a session of its own, so no terminal's end reaches it.
        let process = try #require(Int32(second.text.split(separator: " ").last ?? ""))
        #expect(getsid(process) == process)

        #expect(run(program.endText(kill: true), on: .here, within: 30).state == "ended")
        #expect(!lives(process))
        #expect(!FileManager.default.fileExists(atPath: program.directory + "/keys"), "secrets do not stay")
        #expect(run(program.endText(kill: true), on: .here, within: 30).state == "absent")
    }

    @Test func oneThatDoesNotEnd() throws {
        let program = try program("trap '' TERM; echo well; while :; do sleep 0.1; done", patience: 2)
        let started = run(program.startText, on: .here, within: 30)
        let process = try #require(Int32(started.text.split(separator: " ").dropFirst().first ?? ""))
        #expect(run(program.endText(kill: false), on: .here, within: 30).state == "lingers")
        #expect(lives(process))
        #expect(run(program.endText(kill: true), on: .here, within: 30).state == "killed")
        try waitUntil("it is gone") { !lives(process) }
    }

    @Test func oneThatFails() throws {
        let ends = run(try program("echo first; echo the last words; exit 3").startText, on: .here, within: 30)
        #expect(ends.state == "failed" && ends.text == "it ended at once: the last words", "\(ends)")
        #expect(!FileManager.default.fileExists(atPath: directory.file("a place/of its own/process")))

        var missing = try program("")
        missing.program = "/nowhere/filterscope"
        let none = run(missing.startText, on: .here, within: 30)
        #expect(none.state == "failed" && none.text == "no program /nowhere/filterscope")

        let path = try directory.write(Data("#!/bin/sh\necho a library is missing >&2; exit 127\n".utf8), to: "broken")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        missing.program = path
        let broken = run(missing.startText, on: .here, within: 30)
        #expect(broken.state == "failed" && broken.text.hasSuffix("does not start: a library is missing"), "\(broken)")
    }

    @Test func oneThatIsSlow() throws {
        let program = try program("echo looking for it; exec sleep 60", patience: 1)
        let answer = run(program.startText, on: .here, within: 30)
        #expect(answer.state == "waiting" && answer.text.hasSuffix(" @ looking for it"), "\(answer)")
        #expect(run(program.endText(kill: true), on: .here, within: 30).state == "ended")
    }

    /// A number that the system has given to another process since is not the worker's any more.
    @Test func aNumberGivenAnew() throws {
        let program = try program(Self.patient)
        try FileManager.default.createDirectory(atPath: program.directory, withIntermediateDirectories: true)
        let innocent = try RunningProcess("/bin/sleep", ["60"])
        try Data("\(innocent.pid) 00000000-0000-0000-0000-000000000000:1\n".utf8).write(to: URL(fileURLWithPath: program.directory + "/process"))
        #expect(run(program.endText(kill: true), on: .here, within: 30).state == "absent")
        #expect(innocent.isRunning)
    }

    @Test func textThatHangs() {
        let answer = run("sleep 30", on: .here, within: 1)
        #expect(answer.state == nil && answer.text == "no answer within 1 s" && !answer.wasReached)
    }

    @Test func answersAmongNoise() {
        let answer = ShellAnswer(
            output: "Welcome!\n\n@filterscope reached\nnoise\n@filterscope up process 7 \u{1B}[2J\n", status: 0, isLate: false, seconds: 1)
        #expect(answer.state == "up" && answer.text == "process 7 ·[2J" && answer.wasReached)
        let refused = ShellAnswer(output: "banner\nuser@host: Permission denied (publickey).\r\n", status: 255, isLate: false, seconds: 1)
        #expect(refused.state == nil && refused.text == "user@host: Permission denied (publickey)." && !refused.wasReached)
    }
}
