/// The sizes that a message may have. They are checked on what was announced and on what arrived, before anything is
/// parsed or allocated, and by the sender too, so that a message which would be refused is never sent.
public struct Limits: Hashable, Sendable {
    /// Bytes of frame 1.
    public var headerBytes = 1 << 20
    /// Frames of one message, the header among them.
    public var frames = 4096
    /// Bytes of one frame. ZeroMQ makes room for a frame when its size is announced, so it is little more than senders use:
    /// four times their cut.
    public var frameBytes = 16 << 20
    /// Bytes of a tensor that stays in the sender's memory: a gradient of 268 million parameters.
    public var memoryBytes = 1 << 30
    /// Bytes of all frames of one message together.
    public var messageBytes = 4 << 30
    /// UTF-8 bytes of a name: of a run, a sender, a worker, a tensor, a layer.
    public var nameBytes = 256
    /// UTF-8 bytes of a text meant for people: a reason, a remedy, a filter for logs.
    public var textBytes = 64 << 10
    /// How deeply arrays and objects of the header may nest.
    public var nesting = 16
    /// Dimensions of one tensor.
    public var rank = 8
    /// A sender cuts a tensor into frames of this many bytes, so that heartbeats pass between them on a slow link.
    public var chunkBytes = 4 << 20

    public init() {}

    /// The largest index, count or sequence number that a header may hold: 2^53, the integers that every JSON reader
    /// keeps exactly. It also leaves room to add two of them without overflow.
    public static let largestInteger = 1 << 53
}
