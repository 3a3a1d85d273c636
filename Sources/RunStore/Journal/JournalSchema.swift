/// The tables of `run.sqlite`. Times are seconds since 1970 by the coordinator's clock.
enum JournalSchema {
    /// In the file's user_version. Raise it with every change of the tables, and add the change to `Journal`.
    static let version = 4
    /// In the file's application_id: "FSJ1".
    static let applicationID = 0x4653_4A31

    /// New in version 2. lane_seconds: what a worker's lanes spent on units; waited_seconds: those of it in which they waited for
    /// samples. damaged_samples: left out, since they cannot be decoded.
    static let feedingTables = """
        CREATE TABLE feeding (
            name TEXT NOT NULL, incarnation TEXT NOT NULL, lane_seconds REAL NOT NULL, waited_seconds REAL NOT NULL,
            PRIMARY KEY (name, incarnation)) WITHOUT ROWID;

        CREATE TABLE damaged_samples (
            split TEXT NOT NULL, sample INTEGER NOT NULL, name TEXT NOT NULL, cause TEXT NOT NULL,
            PRIMARY KEY (split, sample)) WITHOUT ROWID;
        """

    /// New in version 3. threshold_figures: the figures of a layer at one threshold, columns as in layers. sweep_points: one trained
    /// network of a sweep; directory: from the sweep's directory. prunings: one pruned network; layers: a JSON list.
    static let mechanismTables = """
        CREATE TABLE threshold_figures (
            layer INTEGER NOT NULL, threshold REAL NOT NULL, active_filters INTEGER NOT NULL, silent_filters INTEGER NOT NULL,
            mean_clusters_per_filter REAL, mean_cluster_size REAL, mean_noise REAL, signal REAL NOT NULL,
            noise_per_label REAL NOT NULL, snr REAL, PRIMARY KEY (layer, threshold)) WITHOUT ROWID;

        CREATE TABLE sweep_points (
            labels INTEGER NOT NULL, seed INTEGER NOT NULL, directory TEXT NOT NULL, test_accuracy REAL NOT NULL,
            head_accuracy REAL, mean_clusters_per_filter REAL, mean_cluster_size REAL, mean_noise REAL, signal REAL NOT NULL,
            noise_per_label REAL NOT NULL, snr REAL, weights_sha256 TEXT NOT NULL, seconds REAL NOT NULL,
            PRIMARY KEY (labels, seed)) WITHOUT ROWID;

        CREATE TABLE prunings (
            method TEXT NOT NULL, threshold REAL NOT NULL, density REAL NOT NULL, accuracy_before REAL NOT NULL,
            accuracy_masked REAL NOT NULL, accuracy_retrained REAL NOT NULL, parameters_kept INTEGER NOT NULL,
            multiply_adds_kept INTEGER NOT NULL, weights TEXT NOT NULL, weights_sha256 TEXT NOT NULL, layers TEXT NOT NULL,
            PRIMARY KEY (method, threshold)) WITHOUT ROWID;
        """

    /// New in version 4. logs.written: the time by the writer's clock where `time` was put on the coordinator's; logs_taken: the number
    /// of the last log record that was taken of this life; clock_offset: seconds to add to its clock to have the coordinator's, NULL
    /// where unknown, and clock_uncertainty: what that may be wrong by.
    static let clockColumns = """
        ALTER TABLE logs ADD COLUMN written REAL;
        ALTER TABLE workers ADD COLUMN logs_taken INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE workers ADD COLUMN clock_offset REAL;
        ALTER TABLE workers ADD COLUMN clock_uncertainty REAL;
        """

    static let tables = """
        -- Facts about the whole run: state, recipe, started, finished, weights_sha256 ...
        CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE phases (
            phase TEXT PRIMARY KEY, started REAL NOT NULL, finished REAL, steps INTEGER NOT NULL);

        -- Units of work. node: which part of the step (tree level/index, range of samples or filters).
        CREATE TABLE units (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, phase TEXT NOT NULL, step INTEGER NOT NULL, node TEXT NOT NULL,
            worker TEXT, attempts INTEGER NOT NULL, seconds REAL, state TEXT NOT NULL, finished_at REAL);
        CREATE INDEX units_by_step ON units (phase, step);

        -- value NULL: not a number, as when training diverges.
        CREATE TABLE metrics (
            phase TEXT NOT NULL, name TEXT NOT NULL, step INTEGER NOT NULL, value REAL,
            PRIMARY KEY (phase, name, step)) WITHOUT ROWID;

        CREATE TABLE workers (
            name TEXT NOT NULL, incarnation TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
            threads INTEGER NOT NULL, fingerprint TEXT NOT NULL, joined REAL NOT NULL, "left" REAL, reason TEXT,
            units INTEGER NOT NULL DEFAULT 0, samples INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (name, incarnation)) WITHOUT ROWID;

        -- level: debug, info, warning or error. fields: a JSON object of strings. Ids are never used twice.
        CREATE TABLE logs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, level TEXT NOT NULL, source TEXT NOT NULL,
            unit INTEGER, message TEXT NOT NULL, fields TEXT NOT NULL);
        CREATE INDEX logs_by_time ON logs (time, id);

        -- layer: position from 0. Means over filters with a cluster, all_*: over all filters; NULL where there are none.
        -- snr NULL: no noise (signal > 0), or nothing said at all (signal = 0).
        CREATE TABLE layers (
            layer INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, filters INTEGER NOT NULL, accuracy REAL,
            active_filters INTEGER NOT NULL, silent_filters INTEGER NOT NULL,
            mean_clusters_per_filter REAL, mean_cluster_size REAL, mean_noise REAL, mean_internal_noise REAL,
            mean_external_noise REAL, all_mean_clusters_per_filter REAL, all_mean_cluster_size REAL, all_mean_noise REAL,
            all_mean_internal_noise REAL, all_mean_external_noise REAL, signal REAL NOT NULL,
            noise_per_label REAL NOT NULL, snr REAL);

        -- margin: the least distance of any field's share of top from the threshold; NULL for a silent filter.
        CREATE TABLE filters (
            layer INTEGER NOT NULL, filter INTEGER NOT NULL, top REAL NOT NULL, silent INTEGER NOT NULL,
            noise INTEGER NOT NULL, internal_noise INTEGER NOT NULL, external_noise INTEGER NOT NULL, margin REAL,
            PRIMARY KEY (layer, filter)) WITHOUT ROWID;

        -- One row per label of a cluster; clusters count from 0 in the order in which they were opened.
        CREATE TABLE clusters (
            layer INTEGER NOT NULL, filter INTEGER NOT NULL, cluster INTEGER NOT NULL, label INTEGER NOT NULL,
            PRIMARY KEY (layer, filter, cluster, label),
            FOREIGN KEY (layer, filter) REFERENCES filters (layer, filter) ON DELETE CASCADE) WITHOUT ROWID;

        -- Where the mean activation of each label lies: a tensor of a file of the run directory.
        CREATE TABLE label_means (
            layer INTEGER NOT NULL, label INTEGER NOT NULL, count INTEGER NOT NULL, file TEXT NOT NULL, tensor TEXT NOT NULL,
            PRIMARY KEY (layer, label)) WITHOUT ROWID;

        -- path: from the run directory. pinned: kept when newer ones come.
        CREATE TABLE checkpoints (
            id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, phase TEXT NOT NULL,
            step INTEGER NOT NULL, pinned INTEGER NOT NULL, created REAL NOT NULL);

        CREATE TABLE claims (
            claim TEXT PRIMARY KEY, verdict TEXT NOT NULL, text TEXT NOT NULL, figures TEXT NOT NULL);

        \(feedingTables)

        \(mechanismTables)

        \(clockColumns)

        CREATE TABLE status (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL, updated REAL NOT NULL);
        """
}
