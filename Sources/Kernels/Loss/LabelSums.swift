import Tensors

/// Adds rows to one row of sums, in Double and in their order: what the mean activation of a label is made of.
///
/// - Parameters:
///   - sums: [width]
///   - rows: [count, width]
public func accumulateRows(sums: inout [Double], rows: FloatBuffer, count: Int) {
    let width = sums.count
    requireCount(rows, count * width, "rows")
    sums.withUnsafeMutableBufferPointer { sums in
        guard let base = sums.baseAddress else { return }
        // The sums of one block stay in the first-level cache while the rows pass.
        for first in stride(from: 0, to: width, by: blockWidth) {
            let block = base + first
            let wanted = min(blockWidth, width &- first)
            var row = 0
            while row &+ 4 <= count {
                addFour(rows.pointer + (row &* width &+ first), stride: width, to: block, wanted)
                row &+= 4
            }
            while row < count {
                addOne(rows.pointer + (row &* width &+ first), to: block, wanted)
                row &+= 1
            }
        }
    }
}

/// Some columns of rows of sums, each divided by how many were added and rounded to float32 once.
///
/// - Parameters:
///   - output: [rows, range.count]
///   - sums: [rows, columns]
///   - range: of the columns.
public func averageColumns(output: FloatBuffer, sums: [Double], count: Int, columns: Int, range: Range<Int>) {
    require(columns > 0 && sums.count % columns == 0, "sums is not a whole number of rows")
    require(range.lowerBound >= 0 && range.upperBound <= columns, "columns that are not there")
    let rows = sums.count / columns
    requireCount(output, rows * range.count, "output")
    let divisor = Double(count)
    sums.withUnsafeBufferPointer { sums in
        guard let base = sums.baseAddress else { return }
        for row in 0..<rows {
            let source = UnsafeRawPointer(base + (row &* columns &+ range.lowerBound))
            let target = output.pointer + (row &* range.count)
            var place = 0
            while place &+ 8 <= range.count {
                let means = source.loadUnaligned(fromByteOffset: place &* 8, as: SIMD8<Double>.self) / divisor
                UnsafeMutableRawPointer(target + place).storeBytes(of: SIMD8<Float>(means), as: SIMD8<Float>.self)
                place &+= 8
            }
            while place < range.count {
                target[place] = Float(source.loadUnaligned(fromByteOffset: place &* 8, as: Double.self) / divisor)
                place &+= 1
            }
        }
    }
}

/// Columns whose sums are held together: 8 KiB of them.
private let blockWidth = 1024

/// block + first row, + second, + third, + fourth: the order of single additions, with one pass over the sums.
@inline(__always)
private func addFour(_ rows: UnsafePointer<Float>, stride: Int, to block: UnsafeMutablePointer<Double>, _ width: Int) {
    let (first, second) = (UnsafeRawPointer(rows), UnsafeRawPointer(rows + stride))
    let (third, fourth) = (UnsafeRawPointer(rows + 2 &* stride), UnsafeRawPointer(rows + 3 &* stride))
    let target = UnsafeMutableRawPointer(block)
    var place = 0
    while place &+ 8 <= width {
        var sum = target.loadUnaligned(fromByteOffset: place &* 8, as: SIMD8<Double>.self)
        sum += SIMD8<Double>(first.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self))
        sum += SIMD8<Double>(second.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self))
        sum += SIMD8<Double>(third.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self))
        sum += SIMD8<Double>(fourth.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self))
        target.storeBytes(of: sum, toByteOffset: place &* 8, as: SIMD8<Double>.self)
        place &+= 8
    }
    while place < width {
        for row in 0..<4 { block[place] += Double(rows[row &* stride &+ place]) }
        place &+= 1
    }
}

@inline(__always)
private func addOne(_ row: UnsafePointer<Float>, to block: UnsafeMutablePointer<Double>, _ width: Int) {
    let (source, target) = (UnsafeRawPointer(row), UnsafeMutableRawPointer(block))
    var place = 0
    while place &+ 8 <= width {
        let values = SIMD8<Double>(source.loadUnaligned(fromByteOffset: place &* 4, as: SIMD8<Float>.self))
        let sum = target.loadUnaligned(fromByteOffset: place &* 8, as: SIMD8<Double>.self) + values
        target.storeBytes(of: sum, toByteOffset: place &* 8, as: SIMD8<Double>.self)
        place &+= 8
    }
    while place < width {
        block[place] += Double(row[place])
        place &+= 1
    }
}
