import Diagnostics
import Foundation

/// Collects files in any order and makes the sorted table of them.
struct MemberTableBuilder {
    private var offsets: [UInt64] = []
    private var byteCounts: [UInt32] = []
    private var pathStarts: [UInt32] = [0]
    private var paths: [UInt8] = []

    var count: Int { offsets.count }

    /// Sets address space aside for paths, so that they are not copied as they grow; memory is taken only as it is filled.
    mutating func reserve(pathBytes: Int) { paths.reserveCapacity(pathBytes) }

    /// - Throws: a `Problem` where a file or the whole is beyond what the table can hold.
    mutating func add(_ path: [UInt8], offset: Int, byteCount: Int, of source: String) throws(Problem) {
        guard byteCount <= Int(UInt32.max) else {
            throw Problem("\(String(decoding: path, as: UTF8.self)) has \(byteCount) bytes, more than a sample may have", at: source)
        }
        guard paths.count + path.count < Int(UInt32.max), count < Int(UInt32.max) - 1 else {
            throw Problem("there are more files than an index can hold: the paths of \(count) take \(paths.count) bytes", at: source)
        }
        paths += path
        pathStarts.append(UInt32(paths.count))
        offsets.append(UInt64(offset))
        byteCounts.append(UInt32(byteCount))
    }

    /// The table as it lies in an index file. Of members of one path the last stays, as unpacking would have it.
    func table(sourceByteCount: Int, sourceModified: Int64) -> MemoryBlock {
        let order = sortedOrder()
        let pathBytes = order.reduce(0) { $0 + path(Int($1)).count }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: MemberTable.byteCount(members: order.count, pathBytes: pathBytes), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        MemberTable.magic.withUTF8Buffer { memory.copyBytes(from: $0) }
        var place = 24
        func put(_ value: some FixedWidthInteger) {
            memory.storeBytes(of: value.littleEndian, toByteOffset: place, as: type(of: value).self)
            place += MemoryLayout.size(ofValue: value)
        }
        put(UInt64(sourceByteCount))
        put(sourceModified)
        put(UInt64(order.count))
        put(UInt64(pathBytes))
        place = MemberTable.headerByteCount
        for member in order { put(offsets[Int(member)]) }
        var start: UInt32 = 0
        for member in order {
            put(start)
            start += UInt32(path(Int(member)).count)
        }
        put(start)
        for member in order { put(byteCounts[Int(member)]) }
        paths.withUnsafeBytes { all in
            for member in order {
                let range = path(Int(member))
                UnsafeMutableRawBufferPointer(rebasing: memory[place...]).copyMemory(from: UnsafeRawBufferPointer(rebasing: all[range]))
                place += range.count
            }
        }
        return MemoryBlock(adopting: memory)
    }

    private func path(_ member: Int) -> Range<Int> { Int(pathStarts[member])..<Int(pathStarts[member + 1]) }

    private func sortedOrder() -> [UInt32] {
        paths.withUnsafeBytes { all in
            func bytes(_ member: UInt32) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: all[path(Int(member))]) }
            var order = (0..<UInt32(count)).map(\.self)
            let isSorted = zip(order, order.dropFirst()).allSatisfy { pathSortsBefore(bytes($0), bytes($1)) }
            if isSorted { return order }
            // Equal paths keep the order in which they came, so that the last of them is known.
            order.sort { a, b in
                if pathSortsBefore(bytes(a), bytes(b)) { return true }
                return a < b && !pathSortsBefore(bytes(b), bytes(a))
            }
            var kept: [UInt32] = []
            kept.reserveCapacity(order.count)
            for member in order {
                if let last = kept.last, !pathSortsBefore(bytes(last), bytes(member)) { kept.removeLast() }
                kept.append(member)
            }
            return kept
        }
    }
}
