/// One measured value of a run's course.
public struct MetricPoint: Hashable, Sendable {
    /// `training` or `heads`.
    public var phase: String
    /// `loss`, `accuracy`, `test_accuracy`, `learning_rate`, …
    public var name: String
    /// The layer whose head it is about; nil for the network.
    public var layer: String?
    /// Steps of the phase done when it was measured.
    public var step: Int
    /// Epochs of the phase done when it was measured, whole or not.
    public var epoch: Double
    public var value: Double

    public init(phase: String, name: String, layer: String? = nil, step: Int, epoch: Double, value: Double) {
        self.phase = phase
        self.name = name
        self.layer = layer
        self.step = step
        self.epoch = epoch
        self.value = value
    }
}
