import Foundation
import Testing

/// Small JPEG files that Scripts/make-picture-digests stored, and what Scripts/make-devkit-fixture did.
enum JPEGFixture {
    static func stored(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }
}
