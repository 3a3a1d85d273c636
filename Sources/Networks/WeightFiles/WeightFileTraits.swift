import Diagnostics
import Tensors

/// What a weight file says about the network it belongs to; nil where it says nothing.
public struct WeightFileTraits: Hashable, Sendable {
    /// "vgg11" or "vgg16", by the number of convolutions; "efficientnet-b0" by its blocks; "linear" where there is but a classifier.
    public let name: String?
    public let width: Int?
    public let inputChannels: Int?
    public let batchNorm: Bool?
    public let classifier: ModelSpecification.Classifier?
    public let classifierBias: Bool?
    public let labels: Int?
    /// Rows of the image, which only a linear classifier behind a map or an image fixes.
    public let inputSize: Int?

    public init(_ file: SafetensorsFile) { self.init(file.shapes) }

    /// - Parameter shapes: by torchvision's names.
    init(_ tensors: [String: Shape]) {
        let shapes = tensors.mapValues(\.dimensions)
        if let stem = shapes["features.0.0.weight"], stem.count == 4, shapes["features.1.0.block.0.0.weight"] != nil {
            (name, inputChannels) = (EfficientNetConfiguration.name, stem[1])
            labels = shapes["classifier.1.weight"].flatMap { $0.count == 2 ? $0[0] : nil }
            (width, batchNorm, classifier, classifierBias, inputSize) = (nil, nil, nil, nil, nil)
            return
        }
        if let weight = shapes["classifier.weight"], weight.count == 2, shapes.keys.allSatisfy({ $0.hasPrefix("classifier.") }) {
            (name, labels, classifier, classifierBias) = (ModelSpecification.linear, weight[0], .linear, shapes["classifier.bias"] != nil)
            // A square number is no square times 3, so that grey and colour are told apart.
            let channels = [1, 3].first { Self.side(weight[1], channels: $0) != nil }
            (inputChannels, inputSize) = (channels, channels.flatMap { Self.side(weight[1], channels: $0) })
            (width, batchNorm) = (nil, nil)
            return
        }
        let convolutions = shapes.filter { $0.key.hasPrefix("features.") && $0.key.hasSuffix(".weight") && $0.value.count == 4 }
        name = VGGConfiguration(convolutions: convolutions.count)?.rawValue
        let first = shapes["features.0.weight"].flatMap { $0.count == 4 ? $0 : nil }
        width = first?[0]
        inputChannels = first?[1]
        batchNorm = first == nil ? nil : shapes["features.1.weight"]?.count == 1 || shapes["features.1.running_mean"] != nil
        if let last = shapes["classifier.6.weight"], last.count == 2 {
            (classifier, classifierBias, labels) = (.mlp, true, last[0])
        } else if let weight = shapes["classifier.weight"], weight.count == 2 {
            (classifier, classifierBias, labels) = (.linear, shapes["classifier.bias"] != nil, weight[0])
        } else {
            (classifier, classifierBias, labels) = (nil, nil, nil)
        }
        let lastChannels = convolutions.max { Self.index($0.key) < Self.index($1.key) }?.value[0]
        if classifier == .linear, let columns = shapes["classifier.weight"]?[1], let lastChannels, lastChannels > 0 {
            inputSize = Self.side(columns, channels: lastChannels).map { $0 * VGGConfiguration.reduction }
        } else {
            inputSize = nil
        }
    }

    /// The side of a square map of so many channels; nil where there is none.
    private static func side(_ count: Int, channels: Int) -> Int? {
        let side = Int(Double(count / channels).squareRoot().rounded())
        return side * side * channels == count ? side : nil
    }

    /// The number in `features.28.weight`.
    private static func index(_ name: String) -> Int { Int(name.split(separator: ".").dropFirst().first ?? "") ?? 0 }
}

extension ModelSpecification {
    /// This specification with what users rarely say taken from the file: whether there is batch norm, whether the linear
    /// classifier has a bias, and, where `labels` is nil, how many labels there are. Name, width, classifier, image size and
    /// channels stay, and a file of another network is refused by `Network.loadWeights` or, with a better remedy, here.
    ///
    /// - Parameter labels: K where it is known; else the file's.
    public func adapted(to file: SafetensorsFile, labels: Int? = nil) throws(Problem) -> ModelSpecification {
        let traits = WeightFileTraits(file)
        var adapted = self
        if let batchNorm = traits.batchNorm { adapted.batchNorm = batchNorm }
        if let classifierBias = traits.classifierBias { adapted.classifierBias = classifierBias }
        if let labels = labels ?? traits.labels { adapted.labels = labels }
        try Self.agree("name", name, traits.name, file.path)
        try Self.agree("classifier", classifier.rawValue, traits.classifier?.rawValue, file.path)
        try Self.agree("width", width, traits.width, file.path)
        try Self.agree("inputChannels", inputChannels, traits.inputChannels, file.path)
        return adapted
    }

    private static func agree<Value: Equatable>(
        _ field: String, _ wanted: Value, _ found: Value?, _ path: String
    ) throws(Problem) {
        guard let found, found != wanted else { return }
        throw Problem("holds a network of \(field) \(found), not \(wanted)", at: path, remedy: "set \(field) to \(found)")
    }
}
