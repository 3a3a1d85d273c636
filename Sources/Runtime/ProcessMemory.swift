import Foundation

/// Processes' memory, from the kernel's own books.
public enum ProcessMemory {
    /// Bytes that this process has in memory now; 0 where /proc does not say.
    public static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The most bytes that this process ever had in memory.
    public static var peakBytes: Int { peakBytes(of: [getpid()]) }

    /// The most that processes of this machine ever had in memory, added up; memory that they map in common (as coordinator and
    /// workers do with weights and gradients) counts once.
    ///
    /// The kernel keeps each process's own peak (VmHWM), but of what is shared it knows only how it is now: its pages in each
    /// process (RssShmem), and its pages divided by the number of processes that map them (Pss_Shmem). The difference is taken
    /// off the peaks, so it has to be asked for while the memory is in use, by processes that map all of it among themselves.
    /// Pages of program and libraries count in every process. Where the system does not tell what is shared, nothing is taken off.
    static func peakBytes(of processes: [pid_t]) -> Int {
        processes.reduce(0) { sum, process in
            let status = fields("/proc/\(process)/status")
            guard let peak = status["VmHWM"] else { return sum }
            guard let shared = status["RssShmem"], shared > 0, let own = fields("/proc/\(process)/smaps_rollup")["Pss_Shmem"] else {
                return sum + peak
            }
            return sum + peak - max(0, shared - own)
        }
    }

    /// Lines such as "VmHWM:	    2280 kB", in bytes; empty where there is no such file.
    private static func fields(_ path: String) -> [String: Int] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
        return text.split(separator: "\n").reduce(into: [:]) { fields, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return }
            let words = parts[1].split(whereSeparator: \.isWhitespace)
            guard words.count == 2, words[1] == "kB", let count = Int(words[0]) else { return }
            fields[String(parts[0])] = count * 1024
        }
    }
}
