import Diagnostics
import Messages

/// A file with one key: lines of a word and a value; `#` begins a comment.
///
///     role worker
///     name anna
///     public …
///     secret …       in .key files only
struct KeyFile {
    var role: String
    var name: String
    var publicKey: PublicKey
    var secretKey: SecretKey?

    static func loadPublic(_ path: String) throws(Problem) -> KeyFile {
        try KeyFile(parsing: try ProtectedFile.read(path, .none), at: path)
    }

    static func loadSecret(_ path: String) throws(Problem) -> (file: KeyFile, pair: KeyPair) {
        let file = try KeyFile(parsing: try ProtectedFile.read(path, .secret), at: path)
        guard let secret = file.secretKey else { throw Problem("has no line \"secret\"", at: path, remedy: "copy the .key file anew") }
        guard KeyPair.publicKey(of: secret) == file.publicKey else {
            throw Problem("is damaged: its public key is not that of its secret key", at: path, remedy: "copy the file anew")
        }
        return (file, KeyPair(publicKey: file.publicKey, secretKey: secret))
    }

    init(role: String, name: String, _ pair: KeyPair) {
        self.role = role
        self.name = name
        publicKey = pair.publicKey
        secretKey = pair.secretKey
    }

    init(parsing text: String, at path: String) throws(Problem) {
        var values: [String: String] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let place = "\(path), line \(index + 1)"
            guard words.count == 2 else { throw Problem("is no word and one value", at: place, remedy: "copy the file anew") }
            guard ["role", "name", "public", "secret"].contains(first) else {
                throw Problem("\"\(first.prefix(40))\" is no word of a key file", at: place, remedy: "copy the file anew")
            }
            // The value may be a secret, so it is not quoted.
            if first == "public" || first == "secret", PublicKey(words[1]) == nil {
                throw Problem("is no key of 40 characters in Z85", at: place, remedy: "copy the file anew")
            }
            guard values.updateValue(String(words[1]), forKey: String(first)) == nil else {
                throw Problem("\"\(first)\" stands twice", at: place, remedy: "copy the file anew")
            }
        }
        guard let publicKey = values["public"].flatMap({ PublicKey($0) }) else {
            throw Problem("has no line \"public\"", at: path, remedy: "copy the file anew")
        }
        self.publicKey = publicKey
        secretKey = values["secret"].flatMap { SecretKey($0) }
        role = values["role"] ?? "?"
        name = values["name"] ?? "?"
    }

    var publicText: String {
        "# Filterscope: a public key. It may be known to anybody.\nrole \(role)\nname \(name)\npublic \(publicKey)\n"
    }

    var secretText: String {
        """
        # Filterscope: a secret key. Whoever has it can act as this \(role); keep it to yourself (mode 600).
        role \(role)
        name \(name)
        public \(publicKey)
        secret \(secretKey?.text ?? "")

        """
    }
}
