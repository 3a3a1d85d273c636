import Datasets
import Runtime

/// `filterscope datasets`: the data sets that can be read, where they are looked for, and whether they are there.
enum DatasetsCommand {
    private static let json = CommandFlag("json", "as JSON")

    static let description = CommandDescription(
        name: "datasets", summary: "list the data sets that can be read, and where they are looked for",
        options: [json], example: "filterscope datasets",
        notes: [
            "A data set is written NAME[:PATH][?option=value&...], for example \"fashion-mnist?train=5000&test=1000\".",
            "Options: size=32, normalize=symmetric|imagenet, labels=N with seed=1 (a drawn subset), train=N and test=N (caps).",
        ]
    ) { arguments in
        let entries = availableDatasets()
        StandardOutput.write(arguments.has(json) ? try jsonText(entries) : text(entries))
        return .done
    }

    private static func text(_ entries: [DatasetEntry]) -> String {
        entries.map { entry in
            let sizes = [
                entry.labelCount.map { "\($0) labels" }, entry.trainCount.map { "\($0) training samples" },
                entry.testCount.map { "\($0) test samples" }, entry.stored.map { "stored as \($0)" },
            ].compactMap(\.self)
            var lines = ["\(entry.name): \(entry.summary)", "    written   \(entry.usage)"]
            if !sizes.isEmpty { lines.append("    sizes     " + sizes.joined(separator: ", ")) }
            if let location = entry.location {
                let state = entry.found == true ? "found" : "missing " + entry.missing.joined(separator: ", ") + "; " + entry.source
                lines.append("    place     \(location): \(state)")
            } else {
                lines.append("    place     \(entry.source)")
            }
            return lines.joined(separator: "\n") + "\n"
        }.joined()
    }
}
