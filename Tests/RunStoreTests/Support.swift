import Diagnostics
import Foundation
import RunStore
import Tensors
import TestSupport

/// A run directory with a journal in a temporary directory.
struct Fixture {
    let temporary: TemporaryDirectory
    let directory: RunDirectory
    let journal: Journal

    init() throws {
        temporary = try TemporaryDirectory()
        directory = try RunDirectory.create(path: temporary.file("run"), recipeName: "demo").directory
        journal = try Journal(path: directory.journalPath)
    }

    func reader() throws -> JournalReader { try JournalReader(path: directory.journalPath) }
}

/// Runs a program to its end, silently.
@discardableResult
func run(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
}

func vector(_ value: Float, count: Int = 40) -> ParameterVector {
    let vector = ParameterVector(TensorLayout([("a", [count]), ("b", [2, 3])]))
    for entry in vector.layout.entries { vector.buffer(entry).fill(value) }
    return vector
}

func record(_ message: String, time: Double = 0, level: LogLevel = .info, source: String = "w1", fields: [String: String] = [:]) -> LogRecord {
    LogRecord(time: time, level: level, source: source, message: message, fields: fields)
}
