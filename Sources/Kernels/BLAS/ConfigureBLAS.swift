import COpenBLAS

/// Makes every OpenBLAS call run on the thread that makes it: threads belong to shards. Call it once before the first
/// product; calling it again does nothing.
public func configureBLAS() { _ = singleThreadedBLAS }

private let singleThreadedBLAS: Void = openblas_set_num_threads(1)
