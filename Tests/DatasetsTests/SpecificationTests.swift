import Datasets
import Diagnostics
import Foundation
import Testing

@Suite struct SpecificationTests {
    @Test(arguments: [
        ("fashion-mnist", "fashion-mnist"),
        ("fashion-mnist:/data/fm", "fashion-mnist:/data/fm"),
        ("mnist:dir with space:and colon", "mnist:dir with space:and colon"),
        ("mnist:d?test=5&train=10&size=40", "mnist:d?size=40&train=10&test=5"),
        ("fashion-mnist?labels=3", "fashion-mnist?labels=3&seed=1"),
        ("fashion-mnist?seed=18446744073709551615&labels=3", "fashion-mnist?labels=3&seed=18446744073709551615"),
        ("fashion-mnist?normalize=imagenet", "fashion-mnist?normalize=imagenet"),
        ("fashion-mnist?normalize=symmetric&size=32", "fashion-mnist?size=32&normalize=symmetric"),
        ("folder:/d?damaged=skip&interpolation=bicubic&size=64", "folder:/d?size=64&interpolation=bicubic&damaged=skip"),
        ("tiny-imagenet:/a set.tar", "tiny-imagenet:/a set.tar"), ("imagenet:/d?labels=3", "imagenet:/d?labels=3&seed=1"),
        ("tensor:/tmp/x.safetensors?test=7", "tensor:/tmp/x.safetensors?test=7"),
    ])
    func theDescriptionIsCanonicalAndRoundTrips(text: String, canonical: String) throws {
        let specification = try DatasetSpecification(text)
        #expect(specification.description == canonical)
        #expect(try DatasetSpecification(canonical) == specification)
        let json = try JSONEncoder().encode([specification])
        #expect(try JSONDecoder().decode([DatasetSpecification].self, from: json) == [specification])
    }

    @Test func fieldsAreWhatTheTextSays() throws {
        let specification = try DatasetSpecification("mnist:/d?size=36&normalize=imagenet&labels=4&seed=9&train=50&test=60")
        #expect(specification.kind == .mnist)
        #expect(specification.path == "/d")
        #expect(specification.size == 36)
        #expect(specification.normalization == .imagenet)
        #expect(specification.labels == 4)
        #expect(specification.seed == 9)
        #expect(specification.cap(.train) == 50)
        #expect(specification.cap(.test) == 60)
    }

    @Test func unknownNamesGetTheNearestKnownOne() {
        expectProblem("unknown data set \"fashon-mnist\"", "did you mean \"fashion-mnist\"?") { _ = try DatasetSpecification("fashon-mnist") }
        expectProblem("unknown data set \"stanford-cars\"", "reads fashion-mnist", "mnist:DIR", "tensor:FILE") {
            _ = try DatasetSpecification("stanford-cars")
        }
        expectProblem("has no name") { _ = try DatasetSpecification("") }
        expectProblem("has no name") { _ = try DatasetSpecification("?size=3") }
        expectProblem("unknown option \"lables\"", "did you mean \"labels\"?") { _ = try DatasetSpecification("fashion-mnist?lables=3") }
    }

    @Test(arguments: [
        ("mnist", "mnist needs a path"), ("tensor", "tensor needs a path"), ("mnist:", "nothing stands after the colon"),
        ("fashion-mnist?", "unknown option \"\""), ("fashion-mnist?size", "option \"size\" has no value"),
        ("fashion-mnist?size=0", "option \"size\" needs a whole number within 1 ... 4096, not \"0\""),
        ("fashion-mnist?size=big", "option \"size\""), ("fashion-mnist?size=9999999999999999999999", "option \"size\""),
        ("fashion-mnist?labels=1", "option \"labels\" needs a whole number of at least 2"),
        ("fashion-mnist?train=0", "option \"train\""), ("fashion-mnist?test=-1", "option \"test\""),
        ("fashion-mnist?labels=3&seed=-1", "option \"seed\""), ("fashion-mnist?seed=4", "\"seed\" changes nothing without \"labels\""),
        ("fashion-mnist?size=32&size=32", "option \"size\" stands twice"),
        ("fashion-mnist?normalize=imagnet", "did you mean \"imagenet\"?"),
        ("fashion-mnist?interpolation=cubic", "did you mean \"bicubic\"?"), ("fashion-mnist?damaged=skip", "does not apply to fashion-mnist"),
        ("tensor:x?size=32", "does not apply to tensor"), ("tensor:x?normalize=imagenet", "does not apply to tensor"),
    ])
    func faultsNameTheirField(text: String, part: String) {
        expectProblem(part, "data set \"\(text)\"") { _ = try DatasetSpecification(text) }
    }

    @Test func faultsInJSONAreDecodingErrors() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([DatasetSpecification].self, from: Data("[\"cifar11:/d\"]".utf8))
        }
    }
}
