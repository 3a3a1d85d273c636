import Diagnostics
import Foundation
import Runtime

/// The program: finds the command, parses its options, runs it, and turns faults into a message and an exit code.
@main enum Filterscope {
    static let version = programVersion
    /// Of this version; man pages show it.
    static let date = "2026-11-25"

    static let commands: [CommandDescription] = [
        RunCommand.description, SweepCommand.description, CoordinatorCommand.description, WorkerCommand.description, StatusCommand.description,
        LogsCommand.description, OperatorCommands.pause, OperatorCommands.resume, OperatorCommands.stop, OperatorCommands.drain,
        UpCommand.description, DownCommand.description, KeygenCommand.description, ReportCommand.description, VerifyCommand.description,
        EvaluateCommand.description,
        AnalyzeCommand.description, PruneCommand.description, ImportCommand.description, ExportCommand.description,
        BenchCommand.description, ModelsCommand.description, DatasetsCommand.description,
        RecipesCommand.description, CompletionsCommand.description, ManCommand.description, CompleteCommand.description,
    ]
    /// Commands of two words, which the first word's help leads to.
    static let subjects: [CommandDescription] = [
        BenchDataCommand.description, BenchAggregationCommand.description, BenchFiltersCommand.description, BenchLogsCommand.description,
    ]
    static var all: [CommandDescription] { commands + subjects }

    static func main() {
        // Writing to a pipe that nobody reads is an error of that write, not the end of a run.
        signal(SIGPIPE, SIG_IGN)
        // Not `exit`: it takes OpenBLAS's memory away from lanes that are still computing what nobody waits for any more, and they
        // crash. Nothing here is written at exit: all output goes to the system at once.
        _exit(run(CommandLine.arguments.dropFirst()).rawValue)
    }

    private static func run(_ words: ArraySlice<String>) -> ExitCode {
        do {
            return try dispatch(words)
        } catch let error as UsageError {
            StandardError.writeLine(error.message)
            return .usage
        } catch {
            let label = Color.red.paint("error:", if: StandardError.style.colored)
            StandardError.writeLine("filterscope: \(label) \(error)")
            return .failed
        }
    }

    private static func dispatch(_ words: ArraySlice<String>) throws -> ExitCode {
        guard let first = words.first else {
            StandardError.writeLine(programUsage(commands))
            return .usage
        }
        switch first {
        case "--version":
            StandardOutput.writeLine("filterscope \(version)")
            return .done
        case "--help", "-h":
            StandardOutput.write(programUsage(commands))
            return .done
        case "help":
            guard words.count > 1 else { return try dispatch(["--help"]) }
            return try dispatch(words.dropFirst() + ["--help"])
        case _ where first.hasPrefix("-"):
            throw UsageError("unknown option \"\(first)\"", remedy: suggestion(for: first, among: ["--help", "--version"]), command: nil)
        default: break
        }
        guard let command = commands.first(where: { $0.name == first }) else {
            throw UsageError("unknown command \"\(first)\"", remedy: suggestion(for: first, among: commands.filter { !$0.isHidden }.map(\.name)), command: nil)
        }
        if let subject = subjects.first(where: { $0.name == words.prefix(2).joined(separator: " ") }) {
            return try perform(subject, words.dropFirst(2))
        }
        return try perform(command, words.dropFirst())
    }

    private static func perform(_ command: CommandDescription, _ words: ArraySlice<String>) throws -> ExitCode {
        let arguments = try ParsedArguments(words, for: command)
        if arguments.asksForHelp {
            StandardOutput.write(command.usage)
            return .done
        }
        return try command.run(arguments)
    }
}
