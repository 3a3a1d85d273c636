import Foundation
import FuzzTargets
import Glibc

// libFuzzer's own start, of the runtime that comes with the compiler.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

nonisolated(unsafe) private var target: FuzzTarget?
nonisolated(unsafe) private var takenCount = 0
nonisolated(unsafe) private var refusedCount = 0
/// Processor time after which a run ends.
nonisolated(unsafe) private var secondsLimit = Double.infinity
nonisolated(unsafe) private var nextReport = 0.0

/// Processor time that one input may take. A clock on the wall would blame an input for a machine that is busy or a process that
/// was held.
private let secondsPerInput = 5

@main
struct Fuzzing {
    /// fsfuzz list | words TARGET FILE | seeds TARGET FOLDER | run TARGET CPU-SECONDS LIBFUZZER-OPTION…
    static func main() throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "list":
            for target in FuzzTarget.all { print(target.name) }
        case "words" where arguments.count == 4:
            let lines = try named(arguments[2]).words.enumerated().map { "w\($0)=\"\($1.utf8.map(escaped).joined())\"\n" }
            try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: arguments[3]))
        case "seeds" where arguments.count == 4:
            for seed in try named(arguments[2]).seeds() {
                try seed.bytes.write(to: URL(fileURLWithPath: "\(arguments[3])/seed-\(seed.name)"))
            }
        case "run" where arguments.count >= 4:
            // Indexes of the tars are of no use to anybody.
            setenv("FILTERSCOPE_CACHE", "/dev/null", 1)
            target = try named(arguments[2])
            secondsLimit = Double(arguments[3]) ?? .infinity
            if secondsLimit <= 0 { secondsLimit = .infinity }
            exit(fuzz([arguments[0], "-max_len=\(target?.longest ?? 0)"] + arguments[4...]))
        default:
            print("usage: fsfuzz list | words TARGET FILE | seeds TARGET FOLDER | run TARGET CPU-SECONDS LIBFUZZER-OPTION…")
            exit(2)
        }
    }

    private static func named(_ name: String) throws -> FuzzTarget {
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            print("no target \(name); there are \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
            exit(2)
        }
        return target
    }

    private static func escaped(_ byte: UInt8) -> String {
        let isPlain = (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        return isPlain ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func fuzz(_ arguments: [String]) -> Int32 {
        signal(SIGPROF) { _ in
            let text = "an input took more than the processor time that it may\n"
            _ = text.withCString { write(2, $0, strlen($0)) }
            abort()
        }
        var count = Int32(arguments.count)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        return pointers.withUnsafeMutableBufferPointer { pointers in
            var base = pointers.baseAddress
            return withUnsafeMutablePointer(to: &base) { runFuzzer(&count, $0, tryInput) }
        }
    }
}

private func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let target else { return 0 }
    let input = bytes.map { Data(bytes: $0, count: count) } ?? Data()
    allow(seconds: secondsPerInput)
    do {
        switch try target.run(input) {
        case .taken: takenCount += 1
        case .refused: refusedCount += 1
        }
    } catch {
        tell("\(target.name): \(error)")
        abort()
    }
    allow(seconds: 0)
    if (takenCount + refusedCount) % 64 == 0 { watchTime() }
    return 0
}

/// Tells from time to time how far it is, and ends the run when its time is over.
private func watchTime() {
    let seconds = processorSeconds()
    guard seconds > min(nextReport, secondsLimit) else { return }
    nextReport = seconds + 20
    let time = String(format: "%.1f", seconds)
    tell("fsfuzz: \(takenCount) taken, \(refusedCount) refused, \(time) s of processor time")
    if seconds > secondsLimit { raise(SIGUSR1) }
}

private func tell(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

/// libFuzzer's own changes of bytes.
@_silgen_name("LLVMFuzzerMutate")
private func changeBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int) -> Int

/// Called by libFuzzer for every change: most know the format, where the target knows it, for changes add up and one
/// that breaks it spoils the others.
@_cdecl("LLVMFuzzerCustomMutator")
func change(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
    guard seed & 7 != 0, let target, count > 0,
        let changed = target.changed(Array(UnsafeBufferPointer(start: bytes, count: count)), seed: UInt64(seed)),
        !changed.isEmpty, changed.count <= limit
    else { return changeBytes(bytes, count, limit) }
    bytes.update(from: changed, count: changed.count)
    return changed.count
}

private func allow(seconds: Int) {
    var timer = itimerval(it_interval: timeval(tv_sec: 0, tv_usec: 0), it_value: timeval(tv_sec: seconds, tv_usec: 0))
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
}

/// Of this process, all threads.
private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
