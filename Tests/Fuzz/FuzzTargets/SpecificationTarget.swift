import Datasets
import Diagnostics
import Foundation
import Transport

extension FuzzTarget {
    /// What stands on a command line: a data set and an address. Both are read from the same text.
    static let specification = FuzzTarget("specification", longest: 512, words: [
        "fashion-mnist", "mnist:", "cifar10:", "cifar100:", "tiny-imagenet:", "imagenet:", "folder:", "tensor:", "?size=", "&labels=", "&seed=",
        "&train=", "&test=", "&normalize=imagenet", "&interpolation=bicubic", "&damaged=skip", "tcp://", "ipc://", "[::1]", ":*", ":65535",
        "127.0.0.1", "18446744073709551615",
    ], seeds: {
        [
            "fashion-mnist?labels=3&seed=1&train=5000", "tiny-imagenet:/data/tiny.tar?size=64&normalize=imagenet&interpolation=bicubic&damaged=skip",
            "tensor:a?b.safetensors", "fashion-mnst", "mnist:d?siz=3", "folder:d?test=1&test=2", "tcp://127.0.0.1:*", "tcp://[::1]:5555", "ipc:///tmp/x",
            "tcp://host", "http://x", "cifar10:é?seed=0",
        ].enumerated().map { Seed("\($0)", text: $1) }
    }) { input in
        let text = String(decoding: input, as: UTF8.self)
        var verdict = Verdict.refused
        if let specification = try taken(input, { () throws(Problem) in try DatasetSpecification(text) }) {
            try require(try DatasetSpecification(specification.description) == specification, "written out, another data set")
            verdict = .taken
        }
        if let address = try taken(input, { () throws(Problem) in try EndpointAddress(parsing: text) }) {
            try require(try EndpointAddress(parsing: address.description) == address, "written out, another address")
            verdict = .taken
        }
        return verdict
    }
}
