import Diagnostics
import RunStore

/// The tables of a run or a sweep that are exported: the journal's, with names in place of numbers where it has numbers only.
enum ResultTables {
    private struct Source {
        let name: String
        /// Each an expression; a column is called by what stands after the last space or point.
        let columns: [String]
        /// What follows the columns.
        let rest: String

        var columnNames: [String] {
            columns.map { String($0.split { $0 == " " || $0 == "." }.last ?? "").replacing("\"", with: "") }
        }
    }

    private static let figures = [
        "active_filters", "silent_filters", "mean_clusters_per_filter", "mean_cluster_size", "mean_noise", "signal", "noise_per_label", "snr",
    ]

    private static let ofRun = [
        Source(
            name: "layers",
            columns: ["name AS layer", "filters", "accuracy"] + figures + ["mean_internal_noise", "mean_external_noise"],
            rest: "FROM layers ORDER BY layers.layer"),
        Source(
            name: "filters",
            columns: ["layers.name AS layer", "filter", "top", "silent", "noise", "internal_noise", "external_noise", "margin"],
            rest: "FROM filters JOIN layers USING (layer) ORDER BY filters.layer, filter"),
        Source(
            name: "clusters", columns: ["layers.name AS layer", "filter", "cluster", "label"],
            rest: "FROM clusters JOIN layers USING (layer) ORDER BY clusters.layer, filter, cluster, label"),
        Source(
            name: "thresholds", columns: ["layers.name AS layer", "threshold"] + figures.map { "threshold_figures.\($0)" },
            rest: "FROM threshold_figures JOIN layers USING (layer) ORDER BY threshold, threshold_figures.layer"),
        Source(name: "metrics", columns: ["phase", "name", "step", "value"], rest: "FROM metrics ORDER BY phase, name, step"),
        Source(name: "phases", columns: ["phase", "started", "finished", "steps"], rest: "FROM phases ORDER BY started"),
        Source(
            name: "workers", columns: ["name", "host", "threads", "fingerprint", "joined", "\"left\"", "reason", "units", "samples"],
            rest: "FROM workers ORDER BY joined, name"),
        Source(
            name: "prunings",
            columns: [
                "method", "threshold", "density", "accuracy_before", "accuracy_masked", "accuracy_retrained", "parameters_kept",
                "multiply_adds_kept", "weights", "weights_sha256",
            ], rest: "FROM prunings ORDER BY threshold, method"),
        Source(
            name: "pruned_layers",
            columns: [
                "method", "threshold", "json_extract(part.value, '$.layer') AS layer",
                "json_extract(part.value, '$.connections') AS connections", "json_extract(part.value, '$.kept') AS kept",
            ], rest: "FROM prunings, json_each(prunings.layers) AS part ORDER BY threshold, method, part.key"),
        claims,
    ]

    private static let ofSweep = [
        Source(
            name: "points",
            columns: [
                "labels", "seed", "directory", "test_accuracy", "head_accuracy", "mean_clusters_per_filter", "mean_cluster_size", "mean_noise",
                "signal", "noise_per_label", "snr", "weights_sha256", "seconds",
            ], rest: "FROM sweep_points ORDER BY labels, seed"),
        claims,
    ]

    private static let claims = Source(name: "claims", columns: ["claim", "verdict", "text"], rest: "FROM claims ORDER BY rowid")

    /// Those that have a row, and the labels' names where they are known.
    static func all(of directory: RunDirectory, labelNames: [String]) throws(Problem) -> [ResultTable] {
        let reader = try JournalReader(path: directory.journalPath)
        var tables: [ResultTable] = []
        for source in try reader.isSweep() ? ofSweep : ofRun {
            let rows = try reader.database.rows("SELECT \(source.columns.joined(separator: ", ")) \(source.rest)") { $0.values }
            if !rows.isEmpty { tables.append(ResultTable(name: source.name, columns: source.columnNames, rows: rows)) }
        }
        if !labelNames.isEmpty {
            let rows = labelNames.enumerated().map { [SQLiteValue.integer(Int64($0)), .text($1)] }
            tables.append(ResultTable(name: "labels", columns: ["label", "name"], rows: rows))
        }
        return tables
    }
}
