import Tensors

// This module is built with -Ounchecked, where `precondition` is an assumption and not a test. What guards its public
// functions is therefore a branch of its own to a function that is never inlined and always traps. A wrong size is a
// programmer's mistake: sizes that users or files give have been checked long before they come here.

/// Ends the process when `buffer` has not exactly `expected` elements.
@inline(__always)
func requireCount(_ buffer: FloatBuffer, _ expected: Int, _ name: StaticString, in function: StaticString = #function) {
    if buffer.count != expected { trapOnCount(name, buffer.count, expected, function) }
}

/// Ends the process when `condition` does not hold.
@inline(__always)
func require(_ condition: Bool, _ message: StaticString, in function: StaticString = #function) {
    if !condition { trapOnRequirement(message, function) }
}

@inline(never)
private func trapOnCount(_ name: StaticString, _ count: Int, _ expected: Int, _ function: StaticString) -> Never {
    fatalError("\(function): \(name) has \(count) elements instead of \(expected)")
}

@inline(never)
private func trapOnRequirement(_ message: StaticString, _ function: StaticString) -> Never {
    fatalError("\(function): \(message)")
}
