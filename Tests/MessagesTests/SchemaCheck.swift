import Foundation

/// As much of JSON Schema as the schemas of Protocols use: type, const, enum, properties, required, items, oneOf and
/// additionalProperties (as a schema). A property that the schema does not name is a fault here, though the protocol
/// ignores it: the schema must keep up with the messages.
enum SchemaCheck {
    static func faults(of value: Any, by schema: [String: Any], at path: String = "$") -> [String] {
        var faults: [String] = []
        if let constant = schema["const"] as? NSObject, constant != value as? NSObject { faults.append("\(path) is not \(constant)") }
        if let choices = schema["enum"] as? [NSObject], !choices.contains(where: { $0 == value as? NSObject }) {
            faults.append("\(path) is none of \(choices)")
        }
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let forms = choices.map { Self.faults(of: value, by: $0, at: path) }
            let matching = forms.filter(\.isEmpty).count
            if matching != 1 { faults.append("\(path) matches \(matching) of \(choices.count) forms: \(forms)") }
        }
        if let type = schema["type"] as? String, !has(value, type) { return faults + ["\(path) is not of type \(type)"] }
        if let object = value as? [String: Any], schema["type"] as? String == "object" {
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            for name in schema["required"] as? [String] ?? [] where object[name] == nil { faults.append("\(path).\(name) is missing") }
            for (name, member) in object {
                if let known = properties[name] ?? schema["additionalProperties"] as? [String: Any] {
                    faults += Self.faults(of: member, by: known, at: "\(path).\(name)")
                } else {
                    faults.append("\(path).\(name) is not in the schema")
                }
            }
        }
        if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, element) in array.enumerated() { faults += Self.faults(of: element, by: items, at: "\(path)[\(index)]") }
        }
        return faults
    }

    private static func has(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": value is Bool
        case "integer": (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
        case "number": value is NSNumber
        default: false
        }
    }
}
