import Datasets
import Diagnostics
import Messages

/// The samples of an open unit: read when it is dealt to a worker without a copy of its own.
struct UnitSamples {
    let split: Split
    /// Their places in the split.
    let indices: [Int]

    /// Encoded, without what frames them.
    var byteCount: Int { indices.reduce(0) { $0 + split.byteCount(of: $1) } }

    /// The encoded bytes, framed one after the other, and the labels.
    func tensors() throws(Problem) -> [WireTensor] {
        let bytes = try split.encodedSamples(indices)
        return [
            WireTensor("samples", [bytes.count], uint8s: bytes),
            WireTensor("labels", [indices.count], int64s: split.labels(indices).map(Int64.init)),
        ]
    }

    /// Which they are, as people may look for them.
    var text: String {
        guard let first = indices.first else { return "" }
        let shown = indices.prefix(20).map(String.init).joined(separator: " ")
        let all = indices.count > 20 ? " … (\(indices.count) in all)" : ""
        return ", samples \(shown)\(all) of \(split.name.rawValue), the first being \(split.sampleName(first))"
    }
}
