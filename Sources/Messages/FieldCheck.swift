import Foundation

/// Checks of a header's values. Every failure names the kind and the field.
struct FieldCheck {
    let kind: String
    let limits: Limits

    /// A name: present, short, and without control characters, for names end up in terminals and file names.
    func name(_ value: String, _ field: String, mayBeEmpty: Bool = false) throws(ProtocolError) {
        guard mayBeEmpty || !value.isEmpty else { throw bad(field, "is empty") }
        guard value.utf8.count <= limits.nameBytes else { throw bad(field, "is longer than \(limits.nameBytes) bytes") }
        // Nearly all names are plain.
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return }
        guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw bad(field, "has control characters")
        }
    }

    func text(_ value: String, _ field: String) throws(ProtocolError) {
        guard value.utf8.count <= limits.textBytes else { throw bad(field, "is longer than \(limits.textBytes) bytes") }
    }

    /// An index, a count or a sequence number.
    func count(_ value: Int, _ field: String) throws(ProtocolError) {
        guard value >= 0, value <= Limits.largestInteger else { throw bad(field, "is \(value), outside 0…2^53") }
    }

    func counts(_ values: [Int], _ field: String) throws(ProtocolError) {
        for value in values { try count(value, field) }
    }

    /// A finite number that is not negative: seconds, a share, a rate.
    func amount(_ value: Double, _ field: String) throws(ProtocolError) {
        guard value.isFinite, value >= 0 else { throw bad(field, "is \(value), not a finite number from 0 on") }
    }

    /// A time since 1970, if there is one: what a double keeps to the microsecond.
    func clock(_ value: Double?, _ field: String) throws(ProtocolError) {
        guard let value else { return }
        guard value.isFinite, abs(value) <= 1e11 else { throw bad(field, "is \(value), no time") }
    }

    func require(_ condition: Bool, _ field: String, _ reason: String) throws(ProtocolError) {
        guard condition else { throw bad(field, reason) }
    }

    func bad(_ field: String, _ reason: String) -> ProtocolError { .badField(kind: kind, field: field, reason: reason) }
}
