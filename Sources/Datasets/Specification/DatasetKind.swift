import Diagnostics

/// The data sets and formats that can be read.
public enum DatasetKind: String, CaseIterable, Sendable {
    case fashionMNIST = "fashion-mnist"
    case mnist
    case cifar10
    case cifar100
    case tinyImageNet = "tiny-imagenet"
    case imageNet = "imagenet"
    case folder
    case tensor

    /// How it is written.
    public var usage: String {
        switch self {
        case .fashionMNIST: "fashion-mnist or fashion-mnist:DIR"
        case .mnist: "mnist:DIR"
        case .cifar10: "cifar10:DIR"
        case .cifar100: "cifar100:DIR"
        case .tinyImageNet: "tiny-imagenet:DIR-or-TAR"
        case .imageNet: "imagenet:DIR"
        case .folder: "folder:DIR"
        case .tensor: "tensor:FILE.safetensors"
        }
    }

    /// Whether its samples are files that are decoded one by one.
    var hasFiles: Bool { [.tinyImageNet, .imageNet, .folder].contains(self) }

    var needsPath: Bool { self != .fashionMNIST }

    /// - Throws: a `Problem` with the nearest known name.
    init(named name: String, location: String) throws(Problem) {
        if let kind = DatasetKind(rawValue: name) {
            self = kind
            return
        }
        let known = "this version reads " + Self.allCases.map(\.usage).joined(separator: ", ")
        let near = nearestName(to: name, among: Self.allCases.map(\.rawValue))
        throw Problem(
            name.isEmpty ? "the data set has no name" : "unknown data set \"\(name)\"", at: location,
            remedy: near.map { "did you mean \"\($0)\"?" } ?? known)
    }
}
