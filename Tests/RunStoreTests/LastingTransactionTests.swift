import Diagnostics
import RunStore
import TestSupport
import Testing

struct LastingTransactionTests {
    /// 1 is NORMAL, 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous.
    private func synchronous(_ journal: Journal) throws(Problem) -> Int? {
        try journal.database.rows("PRAGMA synchronous") { row throws(Problem) in try row.integer(0) }.first
    }

    @Test func aLastingTransactionIsFlushedAndOthersAreNot() throws {
        let temporary = try TemporaryDirectory()
        let journal = try Journal(path: temporary.file("run.sqlite"))
        #expect(try synchronous(journal) == 1)
        try journal.lastingTransaction { () throws(Problem) in
            #expect(try synchronous(journal) == 2)
            try journal.setValue("a", for: "b")
        }
        #expect(try synchronous(journal) == 1)
        #expect(throws: Problem.self) {
            try journal.lastingTransaction { () throws(Problem) in
                try journal.setValue("c", for: "b")
                throw Problem("no")
            }
        }
        #expect(try synchronous(journal) == 1 && journal.value(for: "b") == "a")
    }
}
