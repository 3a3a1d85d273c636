import Diagnostics
import Tensors

/// How the tensors of a weight file are named.
public enum WeightConvention: String, CaseIterable, Sendable {
    /// `features.0.weight`, `classifier.6.bias`; `features.1.0.block.0.0.weight`. Our own.
    case torchvision
    /// `conv_stem.weight`, `blocks.0.0.conv_dw.weight`; VGG as torchvision's but for `pre_logits.fc1`, `pre_logits.fc2` and
    /// `head.fc`.
    case timm
    /// `layer1.0.weight` and `layer1.1.weight` for the first convolution and its batch norm, as VGG is often written out in
    /// research code; or `layer1.0.0` and `layer1.0.1` where a layer is one of VGG's five blocks.
    case layers

    /// What wrappers of PyTorch's put before every name of a `state_dict`.
    private static let prefixes = ["module.", "_orig_mod.", "model.", "state_dict."]

    /// The convention that a file's names belong to; nil where they are nobody's.
    static func recognized(_ names: Set<String>) -> WeightConvention? {
        func has(_ candidates: String...) -> Bool { candidates.contains(where: names.contains) }
        if has("conv_stem.weight", "pre_logits.fc1.weight", "head.fc.weight", "blocks.0.0.conv_dw.weight") { return .timm }
        if has("layer1.0.weight", "layer1.0.0.weight") { return .layers }
        if has("features.0.weight", "features.0.0.weight", "classifier.weight", "classifier.6.weight") { return .torchvision }
        return nil
    }

    /// The prefix that all names have; empty where they have none in common that is known.
    static func commonPrefix(_ names: some Collection<String>) -> String {
        guard let first = names.first else { return "" }
        var common = ""
        while let next = prefixes.first(where: { first.hasPrefix(common + $0) }),
            names.allSatisfy({ $0.hasPrefix(common + next) })
        {
            common += next
        }
        return common
    }

    /// What to do about a file whose names are not torchvision's; nil where they are, or are nobody's.
    static func remedy(for file: SafetensorsFile) -> String? {
        let names = file.entries.map(\.name)
        let prefix = commonPrefix(names)
        let convention = recognized(Set(names.map { String($0.dropFirst(prefix.count)) }))
        guard let convention, convention != .torchvision || !prefix.isEmpty else { return nil }
        let kind = prefix.isEmpty ? "its names are those of \(convention.rawValue)" : "all its names begin with \"\(prefix)\""
        return "\(kind): \"filterscope import IN OUT\" writes them as torchvision's"
    }
}
