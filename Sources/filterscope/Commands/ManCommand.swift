import Diagnostics
import Foundation
import Runtime
import Tensors

/// `filterscope man`: the man pages, in roff.
enum ManCommand {
    private static let to = CommandOption.text("to", "DIR", "write every page there, each in a file of its own: filterscope.1, filterscope-run.1, ...")

    static let description = CommandDescription(
        name: "man", summary: "print a man page, of the program or of one command",
        positionals: [Positional("COMMAND", "the command: run, or bench-data; the program itself without it", isOptional: true)],
        options: [to],
        example: "filterscope man run | man -l -",
        notes: ["The pages are made of the same table that parses the command line. Scripts/install puts them in place."]
    ) { arguments in
        if let directory = arguments.value(to) {
            guard arguments.positionals.isEmpty else { throw arguments.usageError("--to writes every page, not that of one command") }
            return try write(to: directory)
        }
        guard let name = arguments.positionals.first else {
            StandardOutput.write(ManualPages.program)
            return .done
        }
        let commands = Filterscope.all.filter { !$0.isHidden }
        guard let command = commands.first(where: { $0.pageName == name || $0.name == name }) else {
            throw arguments.usageError("unknown command \"\(name)\"", remedy: suggestion(for: name, among: commands.map(\.pageName)))
        }
        StandardOutput.write(ManualPages.page(command))
        return .done
    }

    private static func write(to directory: String) throws -> ExitCode {
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Problem("cannot be made: \(error.localizedDescription)", at: directory, remedy: "name a directory that can be written")
        }
        let pages = ManualPages.all
        for page in pages { try DurableFile.write(Data(page.text.utf8), to: "\(directory)/\(page.name).1") }
        StandardOutput.writeLine("\(pages.count) man pages: \(directory)")
        return .done
    }
}
