// JSON as a tree that keeps every number exactly as it was written.

/// Foundation's decoder neither reports unknown or repeated keys nor the line a mistake is on, and
/// its printer puts every element of an array on a line of its own; records need all three.
enum JSONTree: Equatable {
  case object([Member])
  case array([JSONTree])
  case string(String)
  /// The digits as they stand in the text.
  case number(String)
  case bool(Bool)
  case null

  struct Member: Equatable {
    var key: String
    var value: JSONTree
  }
}

/// Where and why a text is not JSON.
struct JSONSyntaxError: Error, Equatable {
  var line: Int
  var column: Int
  var reason: String
}

extension JSONTree {
  /// Paths (`stages[0].steps`) of the keys that stand here but not in `other`, in order.
  func keys(missingIn other: JSONTree, at path: String = "") -> [String] {
    switch (self, other) {
    case (.object(let mine), .object(let theirs)):
      return mine.flatMap { member -> [String] in
        let place = path.isEmpty ? member.key : "\(path).\(member.key)"
        guard let match = theirs.first(where: { $0.key == member.key }) else {
          return member.value == .null ? [] : [place]
        }
        return member.value.keys(missingIn: match.value, at: place)
      }
    case (.array(let mine), .array(let theirs)):
      return zip(mine, theirs).enumerated().flatMap { index, pair in
        pair.0.keys(missingIn: pair.1, at: "\(path)[\(index)]")
      }
    default:
      return []
    }
  }

  /// The value of a key, if this is an object that has it.
  subscript(key: String) -> JSONTree? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}
