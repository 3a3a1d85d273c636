/// What is known of a data set before its files are read.
extension DatasetKind {
    /// Where the data set is looked for when the specification names no path.
    public var usualDirectory: String? {
        switch self {
        case .fashionMNIST: "/usr/share/datasets/fashion-mnist"
        case .mnist, .cifar10, .cifar100, .tinyImageNet, .imageNet, .folder, .tensor: nil
        }
    }

    /// What to do where its files are missing.
    var source: String {
        switch self {
        case .fashionMNIST: "run Scripts/setup, or install Debian's package dataset-fashion-mnist"
        case .mnist: "put MNIST's four IDX files there, plain or .gz, or name the directory that has them: mnist:DIR"
        case .cifar10: "put CIFAR-10's binary version there, unpacked or as cifar-10-binary.tar.gz"
        case .cifar100: "put CIFAR-100's binary version there, unpacked or as cifar-100-binary.tar.gz"
        case .tinyImageNet: "name the folder that has train, val, wnids.txt and words.txt, or a tar of it: tiny-imagenet:DIR-or-TAR"
        case .imageNet:
            "name a directory with train and val in class folders, or with ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar and "
                + "ILSVRC2012_devkit_t12.tar.gz: imagenet:DIR"
        case .folder: "name a directory with train/LABEL/*.jpg and val/LABEL/*.jpg: folder:DIR"
        case .tensor: "name a safetensors file with images and labels: tensor:FILE.safetensors"
        }
    }

    /// The names of labels 0, 1, …, where no file beside the samples has better ones; empty where the file decides.
    var labelNames: [String] {
        switch self {
        case .fashionMNIST:
            // The table in the data set's own README (Xiao, Rasul, Vollgraf: "Fashion-MNIST", arXiv:1708.07747).
            [
                "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
            ]
        case .mnist, .cifar10: (0...9).map(String.init)
        case .cifar100: (0...99).map(String.init)
        case .tinyImageNet, .imageNet, .folder, .tensor: []
        }
    }
}
