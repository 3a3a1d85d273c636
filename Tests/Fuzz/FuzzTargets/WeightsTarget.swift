import Diagnostics
import Foundation
import Networks
import Tensors

extension FuzzTarget {
    /// A user's weights and mapping of names. An input is the mapping up to a byte 0xFF, none where that is empty, and a line for each
    /// tensor of the file, "TYPE 3,4 NAME"; its bytes are made here.
    static let weights = FuzzTarget("weights", isJSON: true, words: [
        "F32 ", "F16 ", "I64 ", "features.0.weight", "features.0.0.weight", "classifier.weight", "classifier.6.weight", "conv_stem.weight",
        "layer1.0.weight", "layer1.0.0.weight", "blocks.0.0.conv_dw.weight", "head.fc.weight", "pre_logits.fc1.weight", "module.", "_orig_mod.",
        ".running_mean", ".running_var", ".num_batches_tracked", ".bias", "{n}", "{a}{b}", "\":\"", "\",\"", "0,9223372036854775807", "3,3,3,3", "\n",
    ], seeds: weightsSeeds) { input in
        var reader = InputReader(input)
        let names = reader.text()
        guard let bytes = file(String(decoding: reader.remainder(), as: UTF8.self)) else { return .refused }
        var mapping: WeightMapping?
        if !names.isEmpty {
            let file = try ScratchFile(names)
            mapping = try taken(input) { () throws(Problem) in try WeightMapping(path: file.path) }
        }
        guard let file = try taken(input, { () throws(Problem) in try SafetensorsFile(data: bytes, path: "file") }) else { return .refused }
        let given: [WeightConvention?] = [nil] + WeightConvention.allCases
        var isTaken = false
        for convention in given {
            guard let weights = try taken(input, { () throws(Problem) in try NamedWeights(file, convention: convention, mapping: mapping) })
            else { continue }
            isTaken = true
            guard weights.network.parameterLayout.totalCount < 1 << 20 else { continue }
            let folder = try ScratchFolder()
            try folder.add("w", Data())
            try weights.write(to: "\(folder.path)/w", convention: .torchvision)
            _ = try weights.network.loadWeights(path: "\(folder.path)/w")
        }
        return isTaken ? .taken : .refused
    }

    /// Safetensors bytes from lines; nil where there would be too many of them.
    private static func file(_ lines: String) -> Data? {
        var offset = 0
        var entries: [String] = []
        for line in lines.split(separator: "\n").prefix(400) {
            let fields = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            let dimensions = fields[1].split(separator: ",").compactMap { Int($0) }
            var count = ElementType(rawValue: String(fields[0]))?.byteCount ?? 1
            for dimension in dimensions {
                let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
                count = overflow ? 0 : product
            }
            guard count >= 0, count < 1 << 20, offset + count < 1 << 22 else { return nil }
            let name = fields[2].unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.value < 32 ? "?" : "\($0)" }.joined()
            let shape = dimensions.map(String.init).joined(separator: ",")
            entries.append("\"\(name)\":{\"dtype\":\"\(fields[0])\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(offset + count)]}")
            offset += count
        }
        let header = Data("{\(entries.joined(separator: ","))}".utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header + Data(count: offset)
    }

    private static func weightsSeeds() throws -> [Seed] {
        func lines(_ specification: ModelSpecification) throws -> String {
            let network = try Network(specification)
            let folder = try ScratchFolder()
            try folder.add("w", Data())
            try network.saveWeights(
                parameters: network.initialParameters(seed: 1), statistics: network.initialStatistics(), path: "\(folder.path)/w")
            return try SafetensorsFile(path: "\(folder.path)/w").entries.map {
                "\($0.type.rawValue) \($0.shape.dimensions.map(String.init).joined(separator: ",")) \($0.name)\n"
            }.joined()
        }
        func seed(_ name: String, mapping: String = "", _ lines: String) -> Seed {
            Seed(name, InputWriter.make {
                $0.text(Data(mapping.utf8))
                $0.remainder(Data(lines.utf8))
            })
        }
        let plain = try lines(ModelSpecification(name: "vgg11", width: 1, batchNorm: false, inputChannels: 1, labels: 2))
        let vgg = try lines(ModelSpecification(name: "vgg11", width: 1, inputChannels: 1, labels: 2))
        return [
            seed("plain", plain), seed("batch-norm", vgg), seed("prefixed", vgg.replacing("features", with: "module.features")),
            seed("mapped", mapping: #"{"features.{n}.{p}": "body.{n}.{p}", "classifier.{p}": "end.{p}"}"#,
                plain.replacing("features", with: "body").replacing("classifier", with: "end")),
            seed("many-placeholders", mapping: #"{"{a}{b}{c}{d}{e}.x": "{e}{d}{c}{b}{a}.y"}"#, "F32 2 aaaaaaaaaaaaaaaa.y\nF32 2 layer1.0.weight\n"),
            seed("no-mapping", mapping: #"{"a": "b", "c": "b"}"#, "F32 2 b\n"), seed("wrong-shape", "F32 1,2,3 features.0.weight\n"),
            seed("vast", "F32 0,4611686018427387904,3,3 features.0.weight\nF32 0,0 classifier.weight\n"),
        ]
    }
}
