// A definition as written: scalars, lists and maps, each knowing where it came from.

/// One value of a definition's tree. Independent of the YAML library, so that recipes and
/// `--set` options are the same kind of thing as what a file says.
struct DefinitionNode: Sendable, Equatable {
  enum Content: Sendable, Equatable {
    /// An unquoted scalar, still to be understood as a number, a truth value or text.
    case plain(String)
    /// A quoted scalar: text, whatever it looks like.
    case quoted(String)
    case list([DefinitionNode])
    case map([DefinitionEntry])
  }

  var content: Content
  var origin: Origin

  static func text(_ text: String, _ origin: Origin) -> DefinitionNode {
    DefinitionNode(content: .plain(text), origin: origin)
  }

  static func map(_ entries: [(String, DefinitionNode)], _ origin: Origin) -> DefinitionNode {
    DefinitionNode(
      content: .map(entries.map { DefinitionEntry(key: $0.0, keyOrigin: origin, value: $0.1) }),
      origin: origin)
  }

  var entries: [DefinitionEntry]? {
    if case .map(let entries) = content { return entries }
    return nil
  }

  var items: [DefinitionNode]? {
    if case .list(let items) = content { return items }
    return nil
  }

  /// The characters of a scalar, quoted or not.
  var scalar: String? {
    switch content {
    case .plain(let text), .quoted(let text): text
    case .list, .map: nil
    }
  }

  /// `key: null`, `key: ~` or nothing after the colon.
  var isNull: Bool {
    if case .plain(let text) = content { return ["", "~", "null", "Null", "NULL"].contains(text) }
    return false
  }

  /// The value under `key` of a map.
  subscript(_ key: String) -> DefinitionNode? {
    get { entries?.first { $0.key == key }?.value }
    set {
      guard case .map(var entries) = content else { return }
      let index = entries.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?):
        entries.append(DefinitionEntry(key: key, keyOrigin: value.origin, value: value))
      case (nil, nil): break
      }
      content = .map(entries)
    }
  }

  /// What the value is, in words for a message.
  var kindInWords: String {
    switch content {
    case .quoted(let text): return "the text \"\(text)\""
    case .list(let items): return "a list of \(items.count)"
    case .map: return "a map"
    case .plain(let text):
      if isNull { return "nothing" }
      if Scalars.number(text) != nil { return text }
      return "'\(text)'"
    }
  }

  /// Writes `base`'s values under this map wherever this one says nothing, key by key down the
  /// tree: what is written wins over what is filled in. Lists are never merged.
  func filled(from base: DefinitionNode) -> DefinitionNode {
    guard case .map(var entries) = content, let baseEntries = base.entries else { return self }
    for entry in baseEntries {
      if let index = entries.firstIndex(where: { $0.key == entry.key }) {
        let written = entries[index].value
        entries[index].value = written.isNull ? entry.value : written.filled(from: entry.value)
      } else {
        entries.append(entry)
      }
    }
    return DefinitionNode(content: .map(entries), origin: origin)
  }
}

/// One `key: value` of a map.
struct DefinitionEntry: Sendable, Equatable {
  var key: String
  var keyOrigin: Origin
  var value: DefinitionNode
}

/// What an unquoted scalar means. YAML 1.1's surprises (`no`, `on`, `0777`, `1:30`) are text here.
enum Scalars {
  /// `true` and `false` only.
  static func truth(_ text: String) -> Bool? {
    switch text {
    case "true": true
    case "false": false
    default: nil
    }
  }

  /// A decimal whole number; `_` may separate digits.
  static func integer(_ text: String) -> Int? {
    let body = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard let first = body.first, first.isASCII, first.isNumber,
      body.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "_") }),
      body.last != "_", first != "0" || body.count == 1
    else { return nil }
    return Int(text.filter { $0 != "_" && $0 != "+" })
  }

  /// A finite decimal number, with or without point and exponent (`1e-4` as well as `1.0e-4`).
  static func number(_ text: String) -> Double? {
    guard let first = text.first(where: { $0 != "-" && $0 != "+" }),
      first.isASCII, first.isNumber || first == ".",
      text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-._eE".contains($0)) }),
      let value = Double(text.filter { $0 != "_" }), value.isFinite
    else { return nil }
    return value
  }
}
