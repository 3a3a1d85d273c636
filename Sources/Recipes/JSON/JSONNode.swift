/// A JSON value as read from a file: like `JSONValue`, but every part knows where it stands, so that a message can point
/// at it, and numbers keep their digits.
struct JSONNode {
    enum Content {
        case null
        case truth(Bool)
        /// As written; the reader has checked its form.
        case number(String)
        case string(String)
        case array([JSONNode])
        case object([(key: String, place: JSONPlace, node: JSONNode)])
    }

    let content: Content
    let place: JSONPlace

    /// The value of a whole number, however it is written: 3, 3.0, 3e0.
    var integer: Int? {
        guard case .number(let digits) = content else { return nil }
        return Int(digits) ?? Double(digits).flatMap { Int(exactly: $0) }
    }

    var number: Double? {
        guard case .number(let digits) = content else { return nil }
        return Double(digits)
    }

    /// A member of an object.
    subscript(key: String) -> JSONNode? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.key == key }?.node
    }

    /// The type and, for plain values, the value: `text "0.1"`.
    var description: String {
        switch content {
        case .null: "null"
        case .truth(let truth): "\(truth)"
        case .number(let digits): "the number \(digits)"
        case .string(let string): "the text " + JSONValue.string(string).compactText
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Lines and columns count from 1; columns count characters.
struct JSONPlace {
    let line: Int
    let column: Int

    func text(_ file: String) -> String { "\(file), line \(line), column \(column)" }
}
