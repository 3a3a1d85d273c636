import Foundation

/// Whether processes of one machine leave large tensors in memory that both can map. With FILTERSCOPE_SHARED_MEMORY=0 in either
/// one's environment everything goes through the socket; the results are the same bits.
let sharedMemoryIsWanted = ProcessInfo.processInfo.environment["FILTERSCOPE_SHARED_MEMORY"] != "0"
