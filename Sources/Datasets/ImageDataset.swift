import Diagnostics

/// A data set that has been opened: its splits, and how their samples become network input.
public struct ImageDataset: Sendable {
    /// What was opened, as given.
    public let specification: DatasetSpecification
    /// Names of the labels 0 ..< labelCount.
    public let labelNames: [String]
    /// True where the files do not say how many labels there are and `labelCount` is only the greatest label plus one.
    public let labelCountIsLowerBound: Bool
    /// The draw of labels, where `labels=N` asked for one; its `labels` name the original number of each.
    public let labelSubset: LabelSubset?
    /// How samples of every split become network input, with `Augmentation.standard` for pixels and none for tensors.
    public let preprocessing: Preprocessing
    private let splits: [SplitName: Split]

    public var name: String { specification.kind.rawValue }
    public var labelCount: Int { labelNames.count }
    /// Channels of the network's input.
    public var channels: Int { preprocessing.channels }

    /// - Precondition: the split was among those that `openDataset` was asked for.
    public func split(_ name: SplitName) -> Split {
        guard let split = splits[name] else { preconditionFailure("split \(name) was not opened") }
        return split
    }

    /// Draws labels, applies caps, and settles the preprocessing.
    init(
        _ specification: DatasetSpecification, labelNames: [String], labelCountIsLowerBound: Bool, splits: [Split],
        preprocessing: Preprocessing
    ) throws(Problem) {
        let location = "data set \"\(specification)\""
        var subset: LabelSubset?
        if let count = specification.labels {
            guard count <= labelNames.count else {
                throw Problem("option \"labels\" asks for \(count) labels and there are \(labelNames.count)", at: location)
            }
            subset = .draw(count, from: labelNames.count, seed: specification.seed)
        }
        var selected: [SplitName: Split] = [:]
        for split in splits {
            let chosen = try split.selecting(subset, cap: specification.cap(split.name))
            guard chosen.count > 0 else { throw Problem("no sample is left in split \(split.name.rawValue)", at: location) }
            selected[split.name] = chosen
        }
        self.specification = specification
        self.labelNames = subset.map { $0.labels.map { labelNames[$0] } } ?? labelNames
        self.labelCountIsLowerBound = labelCountIsLowerBound && subset == nil
        labelSubset = subset
        self.preprocessing = preprocessing
        self.splits = selected
    }
}

/// The preprocessing of pixels of one size as a specification asks for it, with the augmentation of the papers. Images
/// larger than the size asked for shrink; smaller ones grow if `enlarges`, and else stand in the middle of black.
func pixelPreprocessing(
    _ specification: DatasetSpecification, encoding: SampleEncoding, usualSize: Int, enlarges: Bool
) throws(Problem) -> Preprocessing {
    let channels = encoding.channels
    let size = specification.size ?? usualSize
    let isLarger = encoding.height > size || encoding.width > size
    do {
        return try Preprocessing(
            encoding: encoding, outputSize: size,
            normalization: specification.normalization == .imagenet ? .imagenet(channels: channels) : .symmetric(channels: channels),
            augmentation: .standard,
            resizing: isLarger || (enlarges && size > usualSize)
                ? Resizing(shorterSide: size, interpolation: specification.interpolation ?? .bilinear) : nil)
    } catch {
        throw Problem(error.what, at: "data set \"\(specification)\"", remedy: error.remedy)
    }
}

/// Opens a data set and the splits asked for. Small ones are read into memory; image files are read sample by sample.
///
/// A `tensor` file has one split: it serves as test, and as train where that is asked for.
/// - Throws: a `Problem` that names the file and what is wrong with it.
public func openDataset(
    _ specification: DatasetSpecification, splits: Set<SplitName> = [.train, .test]
) throws(Problem) -> ImageDataset {
    let names = SplitName.allCases.filter(splits.contains)
    switch specification.kind {
    case .cifar10, .cifar100: return try openCIFARDataset(specification, splits: names)
    case .fashionMNIST, .mnist: return try openIDXDataset(specification, splits: names)
    case .tinyImageNet: return try openTinyImageNet(specification, splits: names)
    case .imageNet: return try openImageNet(specification, splits: names)
    case .folder: return try openFolderDataset(specification, splits: names)
    case .tensor: return try openTensorDataset(specification, splits: names)
    }
}
