import Kernels
import Tensors
import Testing

/// The module is built without bounds checks, where `precondition` would be an assumption: its own checks must end the
/// process in a release build too.
@Suite struct BufferCheckTests {
    @Test func aBufferOfTheWrongSizeEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let (three, four) = (Memory([1, 2, 3]), Memory([1, 2, 3, 4]))
            addInto(three.buffer, four.buffer)
        }
    }

    @Test func aLabelOutOfRangeEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let logits = Memory([1, 2, 3])
            _ = softmaxCrossEntropy(
                logits: logits.buffer, labels: [3], logitsGradient: nil, rows: 1, classes: 3, gradientScale: 1)
        }
    }

    @Test func aSecondLabelOutOfRangeEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let logits = Memory([1, 2, 3])
            _ = softmaxCrossEntropy(
                logits: logits.buffer, labels: [2], shares: [LabelShare(otherLabel: -1, weight: 0.5)], logitsGradient: nil,
                rows: 1, classes: 3, gradientScale: 1)
        }
    }

    @Test func aKernelLargerThanItsInputEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            _ = ConvolutionGeometry(
                batch: 1, inputHeight: 2, inputWidth: 2, inputChannels: 1, outputChannels: 1, kernelHeight: 5,
                kernelWidth: 5, stride: 1, padding: 1)
        }
    }

    @Test func theFingerprintNamesRevisionAndCore() {
        #expect(kernelFingerprint.hasPrefix("kernels \(kernelRevision) "))
        #expect(kernelFingerprint.contains("openblas"))
    }
}
