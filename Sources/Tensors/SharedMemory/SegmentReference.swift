/// How another process of the same machine and user finds a segment of memory: `/proc/process/fd/descriptor`. The
/// identifier, drawn at random and written in the segment too, proves that the right one was found, and that both
/// processes run on one machine.
public struct SegmentReference: Hashable, Sendable, Codable {
    public var process: Int
    public var descriptor: Int
    /// 32 hexadecimal digits.
    public var identifier: String
    /// Which content is meant: no two contents of one process have the same number.
    public var sequence: Int

    public init(process: Int, descriptor: Int, identifier: String, sequence: Int) {
        self.process = process
        self.descriptor = descriptor
        self.identifier = identifier
        self.sequence = sequence
    }
}

/// How a segment begins; the elements follow on the next page.
///
///     0  "filterscope-mem1"     16  identifier, 32 characters     64  sequence, UInt64; 0 while the content changes
enum SegmentHeader {
    static let bytes = 4096
    static let magic = Array("filterscope-mem1".utf8)
    static let identifierOffset = 16
    static let identifierBytes = 32
    static let sequenceOffset = 64
    /// What the kernel shows for the descriptor.
    static let name = "filterscope"
    static let link = "/memfd:\(name) (deleted)"
}
