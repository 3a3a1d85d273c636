import Tensors

/// How a tensor's axes lie in memory and in files.
enum AxisOrder: Equatable {
    case same
    /// Memory [kH, kW, Cin, Cout], file [Cout, Cin, kH, kW].
    case convolution
    /// Memory [out, H · W · C], file [out, C · H · W].
    case flattened(height: Int, width: Int, channels: Int)

    /// The shape in files of a tensor that has `shape` in memory.
    func fileShape(_ shape: Shape) -> Shape {
        self == .convolution ? [shape[3], shape[2], shape[0], shape[1]] : shape
    }

    /// - Parameter shape: in memory.
    func copyToFileOrder(_ memory: FloatBuffer, shape: Shape) -> [Float] {
        switch self {
        case .same: return memory.array
        case .convolution: return permuted(memory, shape.dimensions, [3, 2, 0, 1])
        case .flattened(let height, let width, let channels):
            return permuted(memory, [shape[0], height, width, channels], [0, 3, 1, 2])
        }
    }

    /// - Parameter shape: in memory.
    func copyToMemoryOrder(_ file: FloatBuffer, shape: Shape) -> [Float] {
        switch self {
        case .same: return file.array
        case .convolution: return permuted(file, fileShape(shape).dimensions, [2, 3, 1, 0])
        case .flattened(let height, let width, let channels):
            return permuted(file, [shape[0], channels, height, width], [0, 2, 3, 1])
        }
    }
}

/// The elements of a row-major tensor of rank 4 with its axes in another order: result axis i is source axis `axes[i]`.
private func permuted(_ source: FloatBuffer, _ extents: [Int], _ axes: [Int]) -> [Float] {
    precondition(source.count == extents.reduce(1, *), "\(source.count) elements for \(extents)")
    var strides = [1, 1, 1, 1]
    for axis in [2, 1, 0] { strides[axis] = strides[axis + 1] * extents[axis + 1] }
    let (e0, e1, e2, e3) = (extents[axes[0]], extents[axes[1]], extents[axes[2]], extents[axes[3]])
    let (s0, s1, s2, s3) = (strides[axes[0]], strides[axes[1]], strides[axes[2]], strides[axes[3]])
    var result: [Float] = []
    result.reserveCapacity(source.count)
    for i in 0..<e0 {
        for j in 0..<e1 {
            for k in 0..<e2 {
                for l in 0..<e3 { result.append(source[i * s0 + j * s1 + k * s2 + l * s3]) }
            }
        }
    }
    return result
}
