import Mechanism

/// All that phases 2 and 3 found about one layer: the value that every table, file and verdict is made from.
public struct LayerResult: Hashable, Sendable {
    public var layer: String
    /// Test accuracy of the layer's head, 0 to 1; nil where it is not given.
    public var accuracy: Double?
    public var labels: Int
    /// In ascending order.
    public var filters: [FilterResult]

    /// The figures at each further threshold that was asked for.
    public var thresholds: [ThresholdFigures]

    public init(layer: String, accuracy: Double?, labels: Int, filters: [FilterResult], thresholds: [ThresholdFigures] = []) {
        self.layer = layer
        self.accuracy = accuracy
        self.labels = labels
        self.filters = filters
        self.thresholds = thresholds
    }

    public var figures: LayerFigures { LayerFigures(layer: layer, labels: labels, filters: filters) }
    public var row: LayerRow { LayerRow(accuracy: accuracy, figures: figures) }
    public var evidence: LayerEvidence { LayerEvidence(layer: layer, accuracy: accuracy, figures: figures) }
}
