import Coordination
import Datasets
import Diagnostics
import Messages
import RunStore

/// How a run's workers were fed: how long they waited for samples, and what could not be decoded.
struct FeedingRecord {
    private struct Sample: Hashable {
        let split: String
        let index: Int
    }

    private struct Life: Hashable {
        let name: String
        let incarnation: String
    }

    private var lives: [Life: (lane: Double, waited: Double)] = [:]
    private var changed: Set<Life> = []
    private var damaged: Set<Sample> = []
    private var newDamage: [DamagedSampleRow] = []

    /// What earlier coordinators of the run left.
    mutating func load(from journal: Journal) throws(Problem) {
        for row in try journal.feeding() {
            lives[Life(name: row.name, incarnation: row.incarnation)] = (row.laneSeconds, row.waitedSeconds)
        }
        damaged = Set(try journal.damagedSamples().map { Sample(split: $0.split, index: $0.sample) })
    }

    /// A unit is done.
    mutating func note(_ result: UnitResult, of worker: RosterWorker) {
        guard let waited = result.waitedSeconds else { return }
        let life = Life(name: worker.name, incarnation: worker.incarnation)
        let (lane, before) = lives[life] ?? (0, 0)
        lives[life] = (lane + result.seconds, before + waited)
        changed.insert(life)
    }

    /// - Returns: the samples that were not known to be damaged.
    mutating func note(_ samples: [DamagedSample], of split: Split) -> [DamagedSampleRow] {
        let new = samples.filter { damaged.insert(Sample(split: split.name.rawValue, index: $0.sample)).inserted }
        let rows = new.map {
            DamagedSampleRow(split: split.name.rawValue, sample: $0.sample, name: split.sampleName($0.sample), cause: $0.what)
        }
        newDamage += rows
        return rows
    }

    var damagedCount: Int { damaged.count }

    /// Over all workers; nil before any has computed.
    var waitingShare: Double? {
        let lane = lives.values.reduce(0) { $0 + $1.lane }
        return lane > 0 ? min(1, lives.values.reduce(0) { $0 + $1.waited } / lane) : nil
    }

    /// Called inside a transaction of the journal's.
    mutating func write(to journal: Journal) throws(Problem) {
        for life in changed {
            guard let seconds = lives[life] else { continue }
            try journal.record(FeedingRow(
                name: life.name, incarnation: life.incarnation, laneSeconds: seconds.lane, waitedSeconds: seconds.waited))
        }
        for row in newDamage { try journal.record(row) }
        (changed, newDamage) = ([], [])
    }
}
