import Datasets
import Diagnostics
import Networks
import Tensors

/// A network from a user's file of weights, and the data set that it is shown, fitted to each other.
struct UserNetwork {
    let network: Network
    let parameters: ParameterVector
    let statistics: ParameterVector
    let dataset: ImageDataset

    /// Opens the split, settles what the options leave open from the files, and reads the weights.
    /// - Throws: a `Problem` where a file cannot be read or network and images do not fit.
    init(_ options: ModelOptions, weights path: String, dataset text: String, split: SplitName = .test) throws(Problem) {
        var specification = try DatasetSpecification(text)
        if let size = options.inputSize, specification.kind != .tensor {
            guard specification.size ?? size == size else {
                throw Problem("--size \(size) and the data set's size differ", at: "data set \"\(text)\"", remedy: "give the size once")
            }
            specification.size = size
        }
        let file = try SafetensorsFile(path: path)
        let traits = WeightFileTraits(file)
        let dataset = try openDataset(specification, splits: [split])
        if let channels = traits.inputChannels, channels != dataset.channels {
            throw Problem(
                "holds a network for images of \(channels) channels, and those of \(dataset.name) have \(dataset.channels)", at: path,
                remedy: "name the data set that the network was trained on")
        }
        try Self.agree(options.name, traits.name, "--model", path)
        try Self.agree(options.width, traits.width, "--width", path)
        try Self.agree(options.classifier?.rawValue, traits.classifier?.rawValue, "--classifier", path)
        let given = options.classifier.flatMap { ModelSpecification.Classifier(rawValue: $0.rawValue) }
        let wanted = ModelSpecification(
            name: options.name, width: options.width ?? traits.width ?? 64, classifier: given ?? traits.classifier ?? .linear,
            inputSize: dataset.preprocessing.outputSize, inputChannels: dataset.channels, labels: dataset.labelCount)
        network = try Network(try wanted.adapted(to: file))
        (parameters, statistics) = try network.loadWeights(file)
        self.dataset = dataset
    }

    private static func agree<Value: Equatable>(_ given: Value?, _ found: Value?, _ flag: String, _ path: String) throws(Problem) {
        guard let given, let found, given != found else { return }
        throw Problem("belongs to a network of \(flag) \(found), not \(given)", at: path, remedy: "use \(flag) \(found)")
    }

    /// Why no accuracy can be given; nil where network and data set have the same labels.
    func accuracyNote(_ what: String = "network", labels: Int) -> String? {
        // A file of images and label numbers tells only the greatest label that occurs.
        let fits = dataset.labelCountIsLowerBound ? labels >= dataset.labelCount : labels == dataset.labelCount
        guard !fits else { return nil }
        let count = dataset.labelCountIsLowerBound ? "at least \(dataset.labelCount)" : "\(dataset.labelCount)"
        return "no accuracy: the \(what) has \(labels) labels and the data set \(count)"
    }
}
