import Diagnostics
import Messages

/// The file `allowed`: a line for each key that a coordinator admits, with its role, public key and name. Lines that begin with
/// `#` are comments.
///
///     worker  Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLP{hA6  anna
public enum AllowList {
    /// Bytes of a list: tens of thousands of keys.
    static let largest = 4 << 20

    public static func load(_ path: String) throws(Problem) -> AccessTable {
        try parse(try ProtectedFile.read(path, .unchanged, atMost: largest), at: path)
    }

    public static func parse(_ text: String, at path: String) throws(Problem) -> AccessTable {
        // A file that is being rewritten is empty for a moment; nobody writes a list that says nothing at all.
        guard !text.isEmpty else {
            throw Problem("is empty", at: path, remedy: "to admit nobody, leave a comment in it; keys come with filterscope keygen --add")
        }
        var members: [String: AccessTable.Member] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let place = "\(path), line \(index + 1)"
            guard words.count == 3 else {
                throw Problem("has \(words.count) words, not role, key and name", at: place, remedy: "write: worker KEY NAME")
            }
            guard let role = PeerRole(rawValue: String(first)) else {
                let roles = PeerRole.allCases.map(\.rawValue)
                throw Problem(
                    "\"\(first.prefix(40))\" is no role", at: place, remedy: "a role is one of \(roles.joined(separator: ", "))")
            }
            guard let key = PublicKey(words[1]) else {
                throw Problem("the second word is no key of 40 characters in Z85", at: place, remedy: "copy it from a .pub file")
            }
            let name = String(words[2])
            guard isName(name) else { throw Problem("\"\(name.prefix(40))\" is no name", at: place, remedy: nameRule) }
            guard members[key.text] == nil else {
                throw Problem("the key stands twice", at: place, remedy: "give a key one role; another role takes another key")
            }
            members[key.text] = AccessTable.Member(role: role, name: name)
        }
        return AccessTable(members)
    }

    static func line(_ role: PeerRole, _ key: PublicKey, _ name: String) -> String { "\(role.rawValue) \(key) \(name)\n" }

    /// A name is also a folder's, and stands in logs.
    static func isName(_ name: String) -> Bool {
        name.utf8.count <= 64 && name.first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }

    static let nameRule = "a name is at most 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit"
}
