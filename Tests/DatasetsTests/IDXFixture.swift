import Foundation
import TestSupport

/// Bytes of an IDX file: the header for `dimensions`, then `body`.
func idx(_ dimensions: [UInt32], _ body: [UInt8], type: UInt8 = 8) -> Data {
    var data = Data([0, 0, type, UInt8(dimensions.count)])
    for dimension in dimensions {
        data.append(contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: dimension >> $0) })
    }
    return data + body
}

/// Packs with the system's gzip.
func gzipped(_ data: Data) throws -> Data {
    let directory = try TemporaryDirectory("gzip")
    let path = try directory.write(data, to: "plain")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-9", "--no-name", path]
    try process.run()
    process.waitUntilExit()
    return try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))
}

/// A small made-up MNIST: `count` images of `height` x `width`, whose pixels and labels follow from their place.
struct IDXFixture {
    let directory: TemporaryDirectory
    let height: Int
    let width: Int

    init(train: Int = 12, test: Int = 5, height: Int = 6, width: Int = 7) throws {
        directory = try TemporaryDirectory("idx")
        (self.height, self.width) = (height, width)
        for (prefix, count) in [("train", train), ("t10k", test)] {
            try directory.write(idx([UInt32(count), UInt32(height), UInt32(width)], pixels(count)), to: "\(prefix)-images-idx3-ubyte")
            try directory.write(idx([UInt32(count)], labels(count)), to: "\(prefix)-labels-idx1-ubyte")
        }
    }

    var specification: String { "mnist:\(directory.path)" }

    func pixels(_ count: Int) -> [UInt8] { (0..<count * height * width).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 256) } }
    func labels(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 7 % 10) } }

    func replace(_ name: String, with data: Data) throws { try directory.write(data, to: name) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: directory.file(name)) }
    func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: directory.file(name))) }

    /// Puts a gzip file in a plain one's place.
    func pack(_ name: String) throws {
        try directory.write(gzipped(contents(name)), to: name + ".gz")
        try remove(name)
    }
}
