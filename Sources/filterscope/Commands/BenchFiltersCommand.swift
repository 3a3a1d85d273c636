import Runtime

/// `filterscope bench filters`: how long phase 3 takes once the activations are there, and what memory it needs.
enum BenchFiltersCommand {
    private static let labels = CommandOption.integer("labels", "K", 1...100_000, "labels; 1000 unless given")
    private static let filters = CommandOption.integer("filters", "F", 1...100_000, "filters of the layer; 1280 unless given")
    private static let positions = CommandOption.integer("positions", "P", 1...1_000_000, "positions of its map; 49 unless given")
    private static let images = CommandOption.integer("images", "N", 1...1000, "synthetic images of each label; 2 unless given")
    private static let unit = CommandOption.integer("unit", "N", 1...65_536, "filters of one unit of work; 16 unless given")
    private static let workers = CommandOption.integer("workers", "N", 1...256, "worker processes; 1 unless given")
    private static let threads = CommandOption.integer("threads", "T", 1...1024, "threads of each worker; the cores, shared out, unless given")

    static let description = CommandDescription(
        name: "bench filters", summary: "measure phase 3 of one layer on synthetic activations, through worker processes",
        options: [labels, filters, positions, images, unit, workers, threads, SharedOptions.json],
        example: "filterscope bench filters --labels 100 --filters 512 --positions 4",
        notes: [
            "Adds up random activations by label, then measures every filter at threshold 0.3, as a run does.",
            "Reports the seconds of both parts, and the most memory that coordinator and workers ever had, each.",
        ]
    ) { arguments in
        try Runtime.benchFilters(FilterBenchOptions(
            labels: arguments.value(labels) ?? 1000, filters: arguments.value(filters) ?? 1280,
            positions: arguments.value(positions) ?? 49, imagesPerLabel: arguments.value(images) ?? 2,
            filtersPerUnit: arguments.value(unit) ?? 16, workers: arguments.value(workers) ?? 1, threads: arguments.value(threads),
            json: arguments.has(SharedOptions.json)))
    }
}
