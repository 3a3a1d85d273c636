import Diagnostics
import Reporting
import RunStore

/// The results of a directory that is a sweep's; nil for a single run's.
/// - Throws: where the sweep has none yet.
func finishedSweep(in directory: RunDirectory) throws(Problem) -> SweepDocument? {
    if SweepDocument.exists(in: directory) { return try SweepDocument.load(from: directory) }
    let reader = try JournalReader(path: directory.journalPath)
    guard try reader.isSweep() else { return nil }
    throw Problem(
        "the sweep is not finished: \(try reader.sweepPoints().count) of its networks are", at: directory.path,
        remedy: "wait for it (filterscope status --run \(directory.path)), or go on with filterscope sweep … --run \(directory.path) --resume")
}
