import COpenBLAS

/// Raised by one whenever a change of this module alters the bits of any result.
public let kernelRevision = 2

/// What the bits of a result depend on besides its inputs: this module's revision, its vector width, and the OpenBLAS
/// build with the processor core whose products it chose. Two workers with equal fingerprints compute equal bits.
public let kernelFingerprint: String = {
    let core = String(cString: openblas_get_corename())
    let configuration = String(cString: openblas_get_config())
        .split(separator: " ").filter { $0 != core[...] }.joined(separator: " ")
    return "kernels \(kernelRevision) \(architecture) simd\(vectorWidth), openblas core \(core), \(configuration)"
}()

#if arch(x86_64)
private let architecture = "x86-64"
#elseif arch(arm64)
private let architecture = "arm64"
#else
private let architecture = "other"
#endif
