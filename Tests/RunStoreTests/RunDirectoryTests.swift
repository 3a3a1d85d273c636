import Diagnostics
import Foundation
import RunStore
import TestSupport
import Testing

struct RunDirectoryTests {
    let temporary: TemporaryDirectory
    var root: String { temporary.file("runs") }
    static let noon = Date(timeIntervalSince1970: 1_780_000_000)

    init() throws { temporary = try TemporaryDirectory() }

    @Test func newRunsAreNamedAfterRecipeAndTime() throws {
        let made = try RunDirectory.create(path: nil, recipeName: "fashion demo", now: Self.noon, root: root)
        #expect(made.directory.path == root + "/fashion-demo-20260528-202640")
        #expect(!made.isResumed)
        for folder in [made.directory.checkpointsPath, made.directory.resultsPath] {
            var isDirectory: ObjCBool = false
            #expect(FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory) && isDirectory.boolValue)
        }
        let second = try RunDirectory.create(path: nil, recipeName: "fashion demo", now: Self.noon, root: root)
        #expect(second.directory.path == made.directory.path + "-2")
    }

    @Test func aRunThatIsThereIsRefusedUnlessResumed() throws {
        let path = temporary.file("mine")
        let made = try RunDirectory.create(path: path, recipeName: "demo", root: root)
        _ = try Journal(path: made.directory.journalPath)
        let problem = #expect(throws: Problem.self) { try RunDirectory.create(path: path + "/", recipeName: "demo", root: root) }
        #expect(problem?.what == "holds a run already" && problem?.remedy?.contains("--resume") == true)
        let resumed = try RunDirectory.create(path: path, recipeName: "demo", resume: true, root: root)
        #expect(resumed.directory == made.directory && resumed.isResumed)
    }

    @Test func foreignDirectoriesAndFilesAreRefused() throws {
        try temporary.write(Data("letters".utf8), to: "thesis.tex")
        for resume in [false, true] {
            let problem = #expect(throws: Problem.self) {
                try RunDirectory.create(path: temporary.path, recipeName: "demo", resume: resume, root: root)
            }
            #expect(problem?.what == "is not empty, and not a run directory")
            #expect(throws: Problem.self) {
                try RunDirectory.create(path: temporary.file("thesis.tex"), recipeName: "demo", resume: resume, root: root)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path) == ["thesis.tex"])
    }

    @Test func anEmptyDirectoryWillDo() throws {
        let path = temporary.file("empty")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(try !RunDirectory.create(path: path, recipeName: "demo", root: root).isResumed)
    }

    @Test(arguments: [false, true]) func whoWasKilledBeforeTheLockHasBegunNothing(resume: Bool) throws {
        let path = temporary.file("killed-early")
        _ = try RunDirectory.create(path: path, recipeName: "demo", root: root)
        #expect(try !RunDirectory.create(path: path, recipeName: "demo", resume: resume, root: root).isResumed)
        // Folders of those names with something in them are somebody's.
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path + "/results/figures.txt"))
        #expect(throws: Problem.self) { try RunDirectory.create(path: path, recipeName: "demo", resume: resume, root: root) }
    }

    @Test func whoWasKilledBeforeTheRecipeHasBegunNothing() throws {
        let path = temporary.file("killed-early")
        _ = try RunDirectory.create(path: path, recipeName: "demo", root: root).directory.lock()
        let resumed = try RunDirectory.create(path: path, recipeName: "demo", resume: true, root: root)
        #expect(!resumed.isResumed)
        try resumed.directory.writeRecipe(Data("{}".utf8))
        #expect(try RunDirectory.create(path: path, recipeName: "demo", resume: true, root: root).isResumed)
    }

    @Test func halfWrittenFilesOfTheDeadGo() throws {
        let directory = try RunDirectory.create(path: temporary.file("r"), recipeName: "demo").directory
        let dead = try runProcess("/bin/sh", ["-c", "echo $$"]).stdoutText.trimmingCharacters(in: .whitespacesAndNewlines)
        let living = getppid()
        let names = ["recipe.json", "results/summary.json", "checkpoints/training-00000005.safetensors"]
        for name in names {
            for process in [dead, "\(living)"] { try Data("half".utf8).write(to: URL(fileURLWithPath: directory.file("\(name).tmp-\(process)"))) }
        }
        try Data("whole".utf8).write(to: URL(fileURLWithPath: directory.result("notes.tmp-old")))
        _ = try directory.lock()
        for name in names {
            #expect(!FileManager.default.fileExists(atPath: directory.file("\(name).tmp-\(dead)")))
            #expect(FileManager.default.fileExists(atPath: directory.file("\(name).tmp-\(living)")))
        }
        #expect(FileManager.default.fileExists(atPath: directory.result("notes.tmp-old")))
    }

    @Test func resumingWithoutARunBeginsOne() throws {
        #expect(try !RunDirectory.create(path: nil, recipeName: "demo", resume: true, root: root).isResumed)
        #expect(try !RunDirectory.create(path: temporary.file("x"), recipeName: "demo", resume: true, root: root).isResumed)
    }

    @Test func theRunStartedLastIsFound() throws {
        let nothing = #expect(throws: Problem.self) { try RunDirectory.open(path: nil, root: root) }
        #expect(nothing?.remedy?.contains("--run") == true)
        var made: [RunDirectory] = []
        for (index, recipe) in ["zeta", "alpha", "alpha-wide"].enumerated() {
            let directory = try RunDirectory.create(path: nil, recipeName: recipe, now: Self.noon, root: root).directory
            _ = try directory.lock()
            try FileManager.default.setAttributes(
                [.modificationDate: Self.noon.addingTimeInterval(Double(index))], ofItemAtPath: directory.path + "/run.lock")
            made.append(directory)
        }
        #expect(try RunDirectory.open(path: nil, root: root) == made[2])
        // Only the recipe's own runs are gone on with: alpha-wide is another recipe.
        #expect(try RunDirectory.create(path: nil, recipeName: "alpha", resume: true, root: root).directory == made[1])
        _ = try made[0].lock()
        #expect(try RunDirectory.open(path: nil, root: root) == made[0])
    }

    @Test func openingSaysWhereRunsAre() throws {
        let made = try RunDirectory.create(path: nil, recipeName: "demo", now: Self.noon, root: root).directory
        _ = try made.lock()
        #expect(try RunDirectory.open(path: made.path + "/", root: root) == made)
        let problem = #expect(throws: Problem.self) { try RunDirectory.open(path: made.path + "9", root: root) }
        #expect(problem?.remedy == "did you mean \"\(made.path)\"?")
    }

    @Test func recipesAreKept() throws {
        let directory = try RunDirectory.create(path: temporary.file("r"), recipeName: "demo").directory
        #expect(throws: Problem.self) { try directory.readRecipe() }
        try directory.writeRecipe(Data("{}".utf8))
        #expect(try directory.readRecipe() == Data("{}".utf8))
    }
}

struct RunLockTests {
    let temporary: TemporaryDirectory
    let directory: RunDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        directory = try RunDirectory.create(path: temporary.file("run"), recipeName: "demo").directory
    }

    @Test func aSecondCoordinatorIsRefused() throws {
        var lock: RunLock? = try directory.lock()
        let problem = #expect(throws: Problem.self) { try directory.lock() }
        #expect(problem?.what.contains("process \(getpid()) on ") == true)
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try directory.lock()
    }

    @Test func anotherProcessIsRefusedToo() throws {
        let path = directory.path + "/run.lock"
        let lock = try directory.lock()
        #expect(try run("/usr/bin/flock", ["--nonblock", path, "true"]) == 1)
        withExtendedLifetime(lock) {}
    }

    @Test func aProcessThatWasKilledHoldsNothing() throws {
        let path = directory.path + "/run.lock"
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = ["--no-fork", path, "sleep", "60"]
        try holder.run()
        let deadline = Date().addingTimeInterval(10)
        while Date() < deadline, try run("/usr/bin/flock", ["--nonblock", path, "true"]) == 0 { usleep(10_000) }
        #expect(throws: Problem.self) { try directory.lock() }
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        _ = try directory.lock()
    }
}
