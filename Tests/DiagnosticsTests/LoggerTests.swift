import Diagnostics
import Foundation
import Testing

struct LoggerTests {
    @Test func dropsWhatIsBelowItsLevel() {
        let sink = InMemoryLogSink()
        let logger = Logger(source: "coordinator", level: .warning, sink: sink)
        logger.debug("a")
        logger.info("b")
        logger.warning("c")
        logger.error("d")
        #expect(sink.records.map(\.message) == ["c", "d"])
        #expect(sink.records.map(\.level) == [.warning, .error])
    }

    @Test func keepsSourceUnitAndFields() throws {
        let before = Date().timeIntervalSince1970
        let sink = InMemoryLogSink()
        Logger(source: "w1", sink: sink).info("unit done", unit: 7, ["step": "12"])
        let record = try #require(sink.records.first)
        #expect(record.source == "w1")
        #expect(record.unit == 7)
        #expect(record.fields == ["step": "12"])
        #expect(record.time >= before && record.time <= Date().timeIntervalSince1970)
    }

    @Test func drainingEmptiesTheSink() {
        let sink = InMemoryLogSink()
        Logger(source: "w1", sink: sink).info("once")
        #expect(sink.drain().count == 1)
        #expect(sink.drain().isEmpty)
    }

    @Test func manyThreadsLoseNothing() {
        let sink = InMemoryLogSink()
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for index in 0..<100 { Logger(source: "w\(thread)", sink: sink).info("\(index)") }
        }
        #expect(sink.records.count == 800)
        for thread in 0..<8 {
            #expect(sink.records.filter { $0.source == "w\(thread)" }.map(\.message) == (0..<100).map(String.init))
        }
    }

    @Test func levelsHaveNamesAndAnOrder() {
        #expect(LogLevel.allCases.map(\.name) == ["debug", "info", "warning", "error"])
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
        for level in LogLevel.allCases { #expect(LogLevel(name: level.name.uppercased()) == level) }
        #expect(LogLevel(name: "loud") == nil)
    }

    @Test func recordsSurviveJSON() throws {
        let record = LogRecord(time: 12.5, level: .error, source: "w1", unit: .max, message: "ü \"quoted\"\n", fields: ["a.b": "c"])
        #expect(try JSONDecoder().decode(LogRecord.self, from: JSONEncoder().encode(record)) == record)
    }
}
