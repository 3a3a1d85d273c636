import Datasets
import Diagnostics
import Foundation
import Imaging
import TestSupport

/// Small pictures to begin with.
enum JPEGSeeds {
    private static let bytes = Result { [UInt8](try JPEGFile.make(width: 20, height: 12)) }
    static func small() throws -> Data { Data(try bytes.get()) }
}

extension FuzzTarget {
    /// A sample from a file or from a socket. Bits of the mode: 1 samples framed as they travel, 2 bytes of one size instead of JPEG,
    /// 4 photographs' preprocessing; the rest is a seed of augmentation.
    static let jpeg = FuzzTarget("jpeg", longest: 8192, words: ["\u{7F}", "JFIF\u{0}", "Adobe\u{0}", "Exif\u{0}\u{0}"], seeds: jpegSeeds) { input in
        var reader = InputReader(input)
        let mode = reader.byte()
        let bytes = reader.remainder()
        let preprocessing = try mode & 2 == 2 ? pixels : mode & 4 == 4 ? photographs : pictures
        guard mode & 1 == 0 else { return try checkShard(bytes, preprocessing, input, seed: UInt64(mode >> 3)) }
        guard preprocessing.encoding.format == .jpeg else { return .refused }
        try checkDecoder(bytes, input)
        try PreparationChecks.check(bytes, preprocessing, input: input, seed: UInt64(mode >> 3))
        return .taken
    }

    /// The whole and parts of a picture, decoded twice into memory that held something else.
    private static func checkDecoder(_ bytes: Data, _ input: Data) throws {
        let file = [UInt8](bytes)
        try file.withUnsafeBufferPointer { file in
            let decoder = JPEGDecoder()
            guard let header = try taken(input, { () throws(Problem) in try decoder.header(file) }) else { return }
            try require(header.width > 0 && header.height > 0, "a picture without extent")
            guard header.width * header.height <= PreparationChecks.mostPixels else { return }
            for denominator in [1, 2, 8] {
                let (width, height) = header.scaled(denominator)
                let middle = (columns: width / 3..<width - width / 4, rows: height / 3..<height - height / 4)
                for part in [nil, middle] where part == nil || !middle.columns.isEmpty && !middle.rows.isEmpty {
                    var pictures: [[UInt8]?] = []
                    for dirt in [UInt8(0x11), 0xEE] {
                        pictures.append(try decode(file, decoder, header, denominator, part, dirt, input))
                    }
                    try require(pictures[0] == pictures[1], "memory that held something else shows through")
                }
            }
        }
    }

    private static func decode(
        _ file: UnsafeBufferPointer<UInt8>, _ decoder: JPEGDecoder, _ header: JPEGDecoder.Header, _ denominator: Int,
        _ part: (columns: Range<Int>, rows: Range<Int>)?, _ dirt: UInt8, _ input: Data
    ) throws -> [UInt8]? {
        _ = try decoder.header(file)
        let target = PixelBuffer()
        let (width, height) = header.scaled(denominator)
        target.reshape(width: width + 64, height: height)
        let room = target.byteCount
        target.pixels.update(repeating: dirt, count: room)
        guard
            let origin = try taken(input, { () throws(Problem) in
                try decoder.decode(file, header, denominator: denominator, part: part, into: target)
            })
        else { return nil }
        let (columns, rows) = part ?? (0..<width, 0..<height)
        try require(
            origin.column <= columns.lowerBound && origin.column + target.width >= columns.upperBound && origin.row <= rows.lowerBound
                && origin.row + target.height >= rows.upperBound, "the part is not there")
        return Array(UnsafeBufferPointer(start: target.pixels, count: target.byteCount))
    }

    private static func checkShard(_ bytes: Data, _ preprocessing: Preprocessing, _ input: Data, seed: UInt64) throws -> Verdict {
        var isTaken = false
        for count in [0, 1, 3] {
            guard let places = try taken(input, { () throws(Problem) in try preprocessing.encoding.locate(count, in: bytes) }) else { continue }
            isTaken = true
            try require(places.count == count && places.allSatisfy { $0.upperBound <= bytes.count }, "a sample outside its bytes")
            let pieces = try preprocessing.encoding.cut(bytes, into: [count / 2, count - count / 2])
            try require(pieces[0] + pieces[1] == bytes, "bytes are lost where samples are cut")
            for place in places {
                let sample = bytes[bytes.startIndex + place.lowerBound..<bytes.startIndex + place.upperBound]
                try PreparationChecks.check(sample, preprocessing, input: input, seed: seed)
            }
        }
        return isTaken ? .taken : .refused
    }

    private static var pictures: Preprocessing {
        get throws {
            try Preprocessing(
                encoding: .jpeg, outputSize: 32, normalization: .symmetric(channels: 3), augmentation: .standard,
                resizing: Resizing(shorterSide: 32, interpolation: .bicubic))
        }
    }

    private static var photographs: Preprocessing {
        get throws {
            try Preprocessing(
                encoding: .jpeg, outputSize: 28, normalization: .imagenet(channels: 3), augmentation: .photographs,
                resizing: .photographs(size: 28, interpolation: .bilinear))
        }
    }

    private static var pixels: Preprocessing {
        get throws {
            try Preprocessing(
                encoding: SampleEncoding(.uint8HWC, height: 5, width: 4, channels: 3), outputSize: 8,
                normalization: .symmetric(channels: 3), augmentation: .standard)
        }
    }

    private static func jpegSeeds() throws -> [Seed] {
        func seed(_ name: String, mode: UInt8 = 0, _ bytes: Data) -> Seed { Seed(name, Data([mode]) + bytes) }
        let (small, grey) = (try JPEGSeeds.small(), try JPEGFile.make(width: 9, height: 33, grey: true))
        var framed = Data()
        for picture in [small, grey, small] { try SampleEncoding.jpeg.frame(picture, into: &framed) }
        var seeds = [
            seed("small", small), seed("grey", mode: 4, grey), seed("framed", mode: 1, framed), seed("framed-photographs", mode: 5, framed),
            seed("pixels", mode: 3, Data((0..<180).map { UInt8($0) })), seed("damaged", JPEGFile.damaged(small)), seed("cut-short", small.dropLast(40)),
            seed("without-tables", try JPEGFile.withoutTables(small)),
            seed("thin", mode: 4, try JPEGFile.make(width: 1, height: 200)),
            seed("huge", try JPEGFile.declaring(width: 65_500, height: 65_500, in: small)),
        ]
        for name in ["grey.jpg", "colour.jpg", "ink.jpg", "turned.jpg", "colour-444-progressive.jpg"] {
            seeds.append(seed(name, mode: 4, try Places.fixture("DatasetsTests/Fixtures/\(name)")))
        }
        return seeds
    }
}
