import Diagnostics
import Foundation

/// Makes a data set of the splits' files.
///
/// - Parameters:
///   - splits: the files of every split that is there, whether it was asked for or not, so that labels are numbered alike.
///   - wanted: the splits that were asked for.
///   - words: what to call a label; the others keep their names.
func imageFileDataset(
    _ specification: DatasetSpecification, _ splits: [SplitName: LabelledFiles], wanted: [SplitName], words: [String: String],
    extraLabels: [String] = [], preprocessing: Preprocessing
) throws(Problem) -> ImageDataset {
    let names = sortedNames(splits.values.flatMap(\.names) + extraLabels)
    var opened: [Split] = []
    for name in wanted {
        guard let files = splits[name] else { preconditionFailure("split \(name.rawValue) was asked for and not read") }
        opened.append(files.split(name, allNames: names))
    }
    return try ImageDataset(
        specification, labelNames: displayNames(names, words), labelCountIsLowerBound: false, splits: opened,
        preprocessing: preprocessing)
}

/// What labels are called: their words, with the name where two have the same words.
private func displayNames(_ names: [String], _ words: [String: String]) -> [String] {
    var uses: [String: Int] = [:]
    for name in names { uses[words[name] ?? name, default: 0] += 1 }
    return names.map { name in
        guard let text = words[name] else { return name }
        return uses[text] == 1 ? text : "\(text) (\(name))"
    }
}

/// The lines of words.txt, "n01440764<TAB>tench, Tinca tinca", for the labels that are wanted.
func labelWords(_ text: String?, for names: Set<String>) -> [String: String] {
    var words: [String: String] = [:]
    for line in text?.split(whereSeparator: \.isNewline) ?? [] {
        guard let gap = line.firstIndex(where: { $0 == "\t" || $0 == " " }) else { continue }
        let name = String(line[..<gap])
        let value = line[gap...].trimmingCharacters(in: .whitespaces)
        if names.contains(name), !value.isEmpty { words[name] = value }
    }
    return words
}

/// The preprocessing of JPEG files as a specification asks for it.
/// - Parameter photographs: photographs at size S are brought to S · 256/224 and cut in evaluation, and trained on random
///   parts; small pictures are taken whole.
func filePreprocessing(
    _ specification: DatasetSpecification, usualSize: Int, photographs: Bool
) throws(Problem) -> Preprocessing {
    let size = specification.size ?? usualSize
    let interpolation = specification.interpolation ?? .bilinear
    do {
        return try Preprocessing(
            encoding: .jpeg, outputSize: size,
            normalization: specification.normalization == .imagenet ? .imagenet(channels: 3) : .symmetric(channels: 3),
            augmentation: photographs ? .photographs : .standard,
            resizing: photographs
                ? .photographs(size: size, interpolation: interpolation)
                : Resizing(shorterSide: size, interpolation: interpolation),
            damaged: specification.damaged ?? .fatal)
    } catch {
        throw Problem(error.what, at: "data set \"\(specification)\"", remedy: error.remedy)
    }
}

/// The size of photographs unless the specification says otherwise.
let photographSize = 224
