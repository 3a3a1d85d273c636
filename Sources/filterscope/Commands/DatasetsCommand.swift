import Datasets
import Diagnostics
import Foundation
import Reporting
import Runtime
import Tensors

/// `filterscope datasets`: the data sets that can be read, or what one of them holds.
enum DatasetsCommand {
    private static let check = CommandOption.integer(
        "check", "N", 0...Int.max, "decode N samples of each split, evenly spread, to find broken ones; 100000 unless given")
    private static let sheet = CommandOption.text("sheet", "FILE.html", "write a page of samples as the network sees them")
    private static let show = CommandOption.integer("show", "N", 1...1000, "samples on that page; 24 unless given")
    private static let seed = CommandOption.integer("seed", "S", 0...Int.max, "of the page's choice and its random changes; 1 unless given")
    private static let export = CommandOption.text(
        "export", "FILE", "write samples as the network sees them there, as a tensor: data set (safetensors), and nothing else")
    private static let split = CommandOption.choice("split", "NAME", SplitName.allCases.map(\.rawValue), "whose samples are written; test unless given")
    private static let count = CommandOption.integer("count", "N", 1...Int.max, "how many samples are written, from the first; all unless given")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads; one per core unless given")

    static let description = CommandDescription(
        name: "datasets", summary: "list the data sets that can be read, or inspect one",
        positionals: [Positional("SPEC", "the data set to inspect; all known ones are listed without it", isOptional: true)],
        options: [check, sheet, show, seed, export, split, count, threads, SharedOptions.json, SharedOptions.quiet],
        example: "filterscope datasets tiny-imagenet:/data/tiny-imagenet-200.tar --sheet samples.html",
        notes: [
            "A data set is written NAME[:PATH][?option=value&...], for example \"fashion-mnist?train=5000&test=1000\".",
            "Options: size=32, normalize=symmetric|imagenet, interpolation=bilinear|bicubic, damaged=fatal|skip, labels=N with seed=1",
            "(a drawn subset), train=N and test=N (caps).",
        ]
    ) { arguments in
        if let text = arguments.positionals.first { return try inspect(text, arguments) }
        for option in [check.name, sheet.name, show.name, seed.name, export.name, split.name, count.name] where arguments.hasValue(option) {
            throw arguments.usageError("--\(option) needs a data set", remedy: "write filterscope datasets SPEC --\(option) …")
        }
        let entries = availableDatasets()
        StandardOutput.write(arguments.has(SharedOptions.json) ? try jsonText(entries) : text(entries))
        return .done
    }

    private static func inspect(_ text: String, _ arguments: ParsedArguments) throws -> ExitCode {
        if let path = arguments.value(export) { return try write(text, to: path, arguments) }
        for option in [split.name, count.name] where arguments.hasValue(option) {
            throw arguments.usageError("--\(option) needs --export", remedy: "write filterscope datasets SPEC --export FILE --\(option) …")
        }
        let (dataset, splits, missing) = try openAvailableSplits(try DatasetSpecification(text))
        let progress = arguments.has(SharedOptions.quiet) ? nil : ProgressBar()
        let report = dataset.report(
            splits, missing: missing, check: arguments.value(check) ?? 100_000,
            threads: arguments.value(threads) ?? ProcessInfo.processInfo.activeProcessorCount
        ) { done, total in
            progress?.show(ProgressLine(label: "decoding", done: done, total: total, unit: "samples"))
        }
        progress?.clear()
        StandardOutput.write(arguments.has(SharedOptions.json) ? try jsonText(report) : self.text(report))
        if let path = arguments.value(sheet), let split = splits.first {
            let page = ContactSheet(
                dataset, split: split, count: arguments.value(show) ?? 24, seed: UInt64(arguments.value(seed) ?? 1))
            try DurableFile.write(Data(page.html().utf8), to: path)
            StandardError.writeLine("samples as the network sees them: \(path)")
        }
        return .done
    }

    private static func write(_ text: String, to path: String, _ arguments: ParsedArguments) throws -> ExitCode {
        let name = arguments.value(split).flatMap(SplitName.init(rawValue:)) ?? .test
        let dataset = try openDataset(try DatasetSpecification(text), splits: [name])
        let total = min(arguments.value(count) ?? Int.max, dataset.split(name).count)
        let progress = arguments.has(SharedOptions.quiet) ? nil : ProgressBar()
        try dataset.export(name, count: total, to: path) { done in
            progress?.show(ProgressLine(label: "writing", done: done, total: total, unit: "samples"))
        }
        progress?.clear()
        StandardOutput.writeLine("\(total) samples of \(dataset.specification) (\(name.rawValue)), as the network sees them: \(path)")
        return .done
    }

    private static func text(_ report: DatasetReport) -> String {
        var lines = ["\(report.specification): \(report.labelNames.count) labels, seen at \(report.size)x\(report.size) pixels"]
        if let subset = report.labelSubset {
            lines.append("labels drawn from \(subset.from) with seed \(subset.seed): " + subset.drawn.map(String.init).joined(separator: ", "))
        }
        for split in report.splits {
            lines.append(
                "\(split.name.rawValue): \(split.samples) samples, \(split.bytes) bytes (\(split.smallest) to \(split.largest) a sample, "
                    + "the middle one \(split.median)); \(split.checked) decoded, \(split.damaged.count) broken")
            lines += split.damaged.map { "    \($0.name): \($0.what)" }
        }
        lines += report.missing.map { "not there: \($0)" }
        var table = TextTable([("label", .right)] + report.splits.map { ($0.name.rawValue, .right) } + [("name", .left)])
        for (label, name) in report.labelNames.enumerated() {
            table.add([String(label)] + report.splits.map { String($0.labelCounts[label]) } + [name])
        }
        return lines.joined(separator: "\n") + "\n" + table.text
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
