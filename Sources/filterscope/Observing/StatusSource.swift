import Diagnostics
import Foundation
import Messages
import RunStore

/// Where a run's status is read from.
protocol StatusSource {
    func status() throws(Problem) -> StatusReport
}

/// The status that a coordinator leaves in its run's journal twice a second.
struct JournalStatusSource: StatusSource {
    private let reader: JournalReader
    private let path: String

    init(run path: String?) throws(Problem) {
        let directory = try RunDirectory.open(path: path)
        self.path = directory.path
        reader = try JournalReader(path: directory.journalPath)
    }

    func status() throws(Problem) -> StatusReport {
        guard let stored = try reader.status() else {
            throw Problem("no status is recorded yet", at: path, remedy: "wait a moment, or look at filterscope logs --run \(path)")
        }
        do {
            return try JSONDecoder().decode(StatusReport.self, from: Data(stored.json.utf8))
        } catch {
            throw Problem("the recorded status cannot be read: \(error)", at: path, remedy: "use the program that wrote it")
        }
    }
}
