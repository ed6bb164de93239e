// A YAML mapping whose every key must be known and every value of its kind.

import Yams

/// Reads one mapping of a reference file; keys that nobody asked for are an error.
struct StrictMapping {
  let path: String
  private let place: Mark?
  private let values: [String: Node]

  init(_ node: Node, path: String, keys: [String]) throws(ReferenceError) {
    self.path = path
    place = node.mark
    guard case .mapping(let mapping) = node else {
      throw Self.error(
        "expected a mapping with the keys \(keys.joined(separator: ", "))", node, path)
    }
    var values: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string, keys.contains(name) else {
        throw Self.error(
          "unknown key \"\(key.scalar?.string ?? "?")\"; known are \(keys.joined(separator: ", "))",
          key, path)
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw Self.error("key \"\(name)\" stands here a second time", key, path)
      }
    }
    self.values = values
  }

  static func error(_ reason: String, _ node: Node?, _ path: String) -> ReferenceError {
    .invalid(
      path: path, line: node?.mark?.line ?? 1, column: node?.mark?.column ?? 1, reason: reason)
  }

  func has(_ key: String) -> Bool { values[key] != nil }

  func error(_ reason: String, at key: String) -> ReferenceError {
    let mark = values[key]?.mark ?? place
    return .invalid(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1, reason: reason)
  }

  func node(_ key: String) throws(ReferenceError) -> Node {
    guard let node = values[key] else { throw error("key \"\(key)\" is missing", at: key) }
    return node
  }

  func string(_ key: String) throws(ReferenceError) -> String {
    guard let text = try node(key).scalar?.string, !text.isEmpty else {
      throw error("\(key): expected text", at: key)
    }
    return text
  }

  func integer(_ key: String) throws(ReferenceError) -> Int {
    guard let value = try Int(string(key)), value >= 0 else {
      throw error("\(key): expected a whole number", at: key)
    }
    return value
  }

  func figure(_ key: String) throws(ReferenceError) -> Reference.Figure {
    let text = try string(key)
    guard let value = Double(text), value.isFinite else {
      throw error("\(key): expected a number, found \"\(text)\"", at: key)
    }
    return Reference.Figure(text: text, value: value)
  }

  /// Nil if the key is absent.
  func optional<Value>(
    _ key: String, _ read: (String) throws(ReferenceError) -> Value
  ) throws(ReferenceError) -> Value? {
    has(key) ? try read(key) : nil
  }

  /// The elements of a list; none if the key is absent.
  func elements(_ key: String) throws(ReferenceError) -> [Node] {
    guard let node = values[key] else { return [] }
    guard case .sequence(let sequence) = node else {
      throw error("\(key): expected a list", at: key)
    }
    return Array(sequence)
  }

  /// A list of scalars, as text.
  func strings(_ key: String) throws(ReferenceError) -> [String] {
    try elements(key).map { element throws(ReferenceError) in
      guard let text = element.scalar?.string, !text.isEmpty else {
        throw Self.error("\(key): expected text", element, path)
      }
      return text
    }
  }
}
