import Diagnostics
import Tensors

extension ImageDataset {
    /// Writes samples of a split as the network sees them in evaluation, as the file of a `tensor:` data set: `images`
    /// [N, C, H, W] float32 and `labels` [N] int64. One sample is in memory at a time.
    ///
    /// - Parameters:
    ///   - count: the first so many samples; nil for all.
    ///   - progress: called with the number of samples written so far.
    /// - Returns: how many samples were written.
    /// - Throws: a `Problem` for a sample that cannot be decoded, whatever `damaged` says, for rows follow the samples.
    @discardableResult
    public func export(
        _ name: SplitName, count: Int? = nil, to path: String, progress: @escaping (_ done: Int) -> Void = { _ in }
    ) throws(Problem) -> Int {
        let split = split(name)
        let count = min(count ?? split.count, split.count)
        let preparer = SamplePreparer(preprocessing.refusingDamage)
        let (size, channels) = (preprocessing.outputSize, preprocessing.channels)
        let room = ParameterVector(TensorLayout([("sample", [preprocessing.outputCount])]))
        var writer = SafetensorsWriter(metadata: ["dataset": specification.description, "split": name.rawValue])
        writer.add("labels", [count], split.labels(0..<count).map(Int64.init))
        writer.add("images", [count, channels, size, size], parts: count) { (index) throws(Problem) in
            do throws(Problem) {
                let sample = try split.sample(index)
                try preparer.prepare(sample.span, into: room.buffer, sampleIndex: index, epoch: 0, seed: 0, augment: false)
            } catch {
                throw Problem("\(split.sampleName(index)): \(error.what)", at: error.location, remedy: error.remedy)
            }
            progress(index + 1)
            // From [H, W, C] to [C, H, W].
            let pixels = room.buffer.array
            return (0..<channels).flatMap { channel in stride(from: channel, to: pixels.count, by: channels).map { pixels[$0] } }
        }
        try writer.write(to: path)
        return count
    }
}
