/// Every kernel once more as plain loops over arrays, in the order of its definition and in any precision: what the fast
/// kernels are tested against, and where a reader looks up what they compute. Slow, and meant to be.
///
/// Arguments and layouts are those of the kernel of the same name; outputs are returned.
public enum Reference {}
