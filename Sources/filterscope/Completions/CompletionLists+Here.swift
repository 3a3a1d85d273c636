import Datasets
import Foundation
import Recipes
import RunStore
import Runtime

extension CompletionLists {
    /// What this program knows, and what lies in the current directory. Nothing here fails: what cannot be read is not offered.
    static var here: CompletionLists { CompletionLists(
        recipes: { ShippedRecipes.all.map { .init(word: $0.name, help: $0.description) } },
        datasets: {
            // Those that are found without a place, and the beginnings of those that need one.
            availableDatasets().map { .init(word: $0.location == nil ? $0.name + ":" : $0.name, help: $0.summary) }
        },
        commands: {
            Filterscope.all.filter { !$0.isHidden }.map { .init(word: $0.pageName, help: $0.summary) }
        },
        runs: {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "runs")) ?? []
            return names.sorted().map { "runs/" + $0 }.filter { FileManager.default.fileExists(atPath: $0 + "/run.sqlite") }
                .map { .init(word: $0) }
        },
        workers: { run in
            guard let directory = try? RunDirectory.open(path: run), let reader = try? JournalReader(path: directory.journalPath),
                let workers = try? reader.workers()
            else { return [] }
            var seen: Set<String> = []
            return workers.filter { seen.insert($0.name).inserted }.map { .init(word: $0.name, help: "on \($0.host)") }
        }) }
}
