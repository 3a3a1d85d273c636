import Diagnostics
import Foundation
import RunStore

/// Which kernels took part in a run besides the coordinator's. Where there are any, the run is not bit-reproducible; the mark
/// stands in the journal before anything that they computed counts, and no restart takes it away.
struct KernelMark {
    /// In the journal's table `run`: `false` once other kernels took part; `true` where a finished run had none.
    static let reproducibleKey = "bit_reproducible"
    /// Beside it: their fingerprints, a JSON array.
    private static let othersKey = "other_kernels"

    private(set) var others: [String] = []

    mutating func load(from journal: Journal) throws(Problem) {
        guard let text = try journal.value(for: Self.othersKey) else { return }
        do { others = try JSONDecoder().decode([String].self, from: Data(text.utf8)) } catch {
            throw Problem("the record of other kernels cannot be read: \(error)", at: "run.sqlite, table run, \(Self.othersKey)")
        }
    }

    /// Records kernels that are not the coordinator's.
    /// - Returns: whether they are new to the run.
    mutating func note(_ fingerprint: String, in journal: Journal) throws(Problem) -> Bool {
        guard !others.contains(fingerprint) else { return false }
        others = (others + [fingerprint]).sorted()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let json = try? encoder.encode(others) else { return true }
        try journal.setValue(String(decoding: json, as: UTF8.self), for: Self.othersKey)
        try journal.setValue("false", for: Self.reproducibleKey)
        return true
    }
}
