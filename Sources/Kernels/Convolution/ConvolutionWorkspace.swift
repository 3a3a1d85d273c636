/// Floats of workspace that each of the three convolution functions may use for this geometry.
public func convolutionWorkspaceCount(_ geometry: ConvolutionGeometry) -> Int {
    let forward = forwardWorkspaceCount(geometry)
    guard let reversed = reversedGeometry(geometry) else { return forward }
    return max(forward, alignedCount(reversed.weightCount) + forwardWorkspaceCount(reversed))
}

/// Room for either kernel, since forward pass and weight gradient may choose differently.
private func forwardWorkspaceCount(_ geometry: ConvolutionGeometry) -> Int {
    let columns = patchBlockRows(geometry) * geometry.patchCount
    let mayBeDirect = usesDirectForward(geometry) || usesDirectWeightGradient(geometry)
    return mayBeDirect ? max(columns, directWorkspaceCount(geometry)) : columns
}

/// How many output positions are gathered and multiplied at once. A pure function of the geometry, for the rows of a
/// product decide its last bits.
///
/// About 384 KiB where patches are short, so that a block is still in the second-level cache (1 MiB on the machines we
/// know) when the product reads it. Never below 512 positions: OpenBLAS repacks all weights in each call, and with 512
/// channels they are as large as that many patches.
func patchBlockRows(_ geometry: ConvolutionGeometry) -> Int {
    let fitting = 98_304 / geometry.patchCount / vectorWidth * vectorWidth
    return min(geometry.outputRows, max(fitting, 512))
}

/// The geometry of the input gradient as a forward convolution of the output gradient with reversed kernels; nil where
/// there is none (stride above 1, or more padding than the kernel has rows or columns beyond its first).
func reversedGeometry(_ g: ConvolutionGeometry) -> ConvolutionGeometry? {
    guard g.stride == 1, g.kernelHeight == g.kernelWidth, g.padding <= g.kernelHeight - 1 else { return nil }
    return ConvolutionGeometry(
        batch: g.batch, inputHeight: g.outputHeight, inputWidth: g.outputWidth, inputChannels: g.outputChannels,
        outputChannels: g.inputChannels, kernelHeight: g.kernelHeight, kernelWidth: g.kernelWidth, stride: 1,
        padding: g.kernelHeight - 1 - g.padding)
}

func alignedCount(_ count: Int) -> Int { (count + vectorWidth - 1) / vectorWidth * vectorWidth }
