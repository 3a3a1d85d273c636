/// One line of `filterscope datasets`.
public struct DatasetEntry: Hashable, Sendable, Codable {
    public let name: String
    /// How it is written in a specification.
    public let usage: String
    /// What it is, in one line.
    public let summary: String
    /// Where it is looked for when no path is given; nil where a path must be given.
    public let location: String?
    /// Whether all its files are there; nil where only a path could tell.
    public let found: Bool?
    /// The files that are not there.
    public let missing: [String]
    /// What to do where files are missing.
    public let source: String
    /// The published sizes; nil where the file decides.
    public let trainCount: Int?
    public let testCount: Int?
    public let labelCount: Int?
    /// The images as stored, "28x28x1".
    public let stored: String?
}

/// The data sets that this version reads, and which of them are found.
public func availableDatasets() -> [DatasetEntry] {
    DatasetKind.allCases.map { kind in
        let missing = kind.usualDirectory == nil ? [] : IDXDirectory(DatasetSpecification(kind)).missingFiles
        let facts = kind.publishedFacts
        return DatasetEntry(
            name: kind.rawValue, usage: kind.usage, summary: kind.summary, location: kind.usualDirectory,
            found: kind.usualDirectory.map { _ in missing.isEmpty }, missing: missing, source: kind.source,
            trainCount: facts?.train, testCount: facts?.test, labelCount: facts?.labels, stored: facts?.stored)
    }
}

extension DatasetKind {
    /// The published sizes; nil where the files decide.
    fileprivate var publishedFacts: (train: Int, test: Int, labels: Int, stored: String)? {
        switch self {
        case .fashionMNIST, .mnist: (60_000, 10_000, 10, "28x28x1")
        case .cifar10: (50_000, 10_000, 10, "32x32x3")
        case .cifar100: (50_000, 10_000, 100, "32x32x3")
        case .tinyImageNet: (100_000, 10_000, 200, "64x64x3 JPEG")
        case .imageNet: (1_281_167, 50_000, 1_000, "JPEG of any size")
        case .folder, .tensor: nil
        }
    }

    fileprivate var summary: String {
        switch self {
        case .fashionMNIST: "photographs of clothes in grey, ten labels"
        case .mnist: "handwritten digits in grey, ten labels; IDX files, plain or .gz"
        case .cifar10: "small colour photographs, ten labels; the binary version, unpacked or in its .tar.gz"
        case .cifar100: "small colour photographs, a hundred labels; the binary version, unpacked or in its .tar.gz"
        case .tinyImageNet: "small photographs, two hundred labels or a part of them; a folder, or a tar that is read in place"
        case .imageNet: "photographs, a thousand labels or a part of them; class folders, or ILSVRC 2012's tars read in place"
        case .folder: "your own photographs: JPEG files in one folder per label"
        case .tensor: "network input as it stands: images [N, C, H, W] float32 and labels [N] int64"
        }
    }
}
