/// The sizes of a 1×1 convolution over channels-last maps: input [rows, C], weights [C, F], output [rows, F], rows = N · H · W.
public struct PointwiseGeometry: Hashable, Sendable {
    public let batch: Int
    /// H · W
    public let positions: Int
    public let inputChannels: Int
    public let outputChannels: Int

    /// - Precondition: all sizes are positive.
    public init(batch: Int, positions: Int, inputChannels: Int, outputChannels: Int) {
        require(batch > 0 && positions > 0 && inputChannels > 0 && outputChannels > 0, "a size is not positive")
        self.batch = batch
        self.positions = positions
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
    }

    public var rows: Int { batch * positions }
    public var inputCount: Int { rows * inputChannels }
    public var outputCount: Int { rows * outputChannels }
    public var weightCount: Int { inputChannels * outputChannels }
    /// Of one direction.
    public var multiplyAdds: Int { rows * weightCount }
}
