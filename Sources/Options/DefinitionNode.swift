// A definition as written: scalars, lists and maps, each knowing where it came from.

/// One value of a definition's tree. Independent of the YAML library, so that recipes and
/// `--set` options are the same kind of thing as what a file says.
public struct DefinitionNode: Sendable, Equatable {
  public enum Content: Sendable, Equatable {
    /// An unquoted scalar, still to be understood as a number, a truth value or text.
    case plain(String)
    /// A quoted scalar: text, whatever it looks like.
    case quoted(String)
    case list([DefinitionNode])
    case map([DefinitionEntry])
  }

  public var content: Content
  public var origin: Origin

  public init(content: Content, origin: Origin) {
    self.content = content
    self.origin = origin
  }

  public static func text(_ text: String, _ origin: Origin) -> DefinitionNode {
    DefinitionNode(content: .plain(text), origin: origin)
  }

  public static func map(_ entries: [(String, DefinitionNode)], _ origin: Origin) -> DefinitionNode
  {
    DefinitionNode(
      content: .map(entries.map { DefinitionEntry(key: $0.0, keyOrigin: origin, value: $0.1) }),
      origin: origin)
  }

  public var entries: [DefinitionEntry]? {
    if case .map(let entries) = content { return entries }
    return nil
  }

  public var items: [DefinitionNode]? {
    if case .list(let items) = content { return items }
    return nil
  }

  /// The characters of a scalar, quoted or not.
  public var scalar: String? {
    switch content {
    case .plain(let text), .quoted(let text): text
    case .list, .map: nil
    }
  }

  /// The characters of a scalar that is text: an unquoted number or truth value is none.
  public var text: String? {
    if case .plain(let text) = content, Scalars.number(text) != nil || Scalars.truth(text) != nil {
      return nil
    }
    return scalar
  }

  /// `key: null`, `key: ~` or nothing after the colon.
  public var isNull: Bool {
    if case .plain(let text) = content { return ["", "~", "null", "Null", "NULL"].contains(text) }
    return false
  }

  /// The value under `key` of a map.
  public subscript(_ key: String) -> DefinitionNode? {
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
  public var kindInWords: String {
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
  public func filled(from base: DefinitionNode) -> DefinitionNode {
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
public struct DefinitionEntry: Sendable, Equatable {
  public var key: String
  public var keyOrigin: Origin
  public var value: DefinitionNode

  public init(key: String, keyOrigin: Origin, value: DefinitionNode) {
    self.key = key
    self.keyOrigin = keyOrigin
    self.value = value
  }
}
