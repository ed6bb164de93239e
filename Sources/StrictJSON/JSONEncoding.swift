// Encodable values to trees.

/// A value whose object keeps the order in which its keys are encoded. Of all others the keys are sorted, so that
/// equal values give equal texts.
public protocol KeepsKeyOrder {}

extension JSONTree {
  /// How the names of properties are written.
  public enum KeyStyle: Sendable {
    case asDeclared
    /// `memoryBytes` is written `memory_bytes`.
    case snakeCase
  }

  /// - Throws: what the value's own `encode` throws.
  public init(_ value: some Encodable, keys style: KeyStyle = .asDeclared) throws {
    let node = EncodedNode()
    try TreeEncoder(node: node, codingPath: [], style: style).encode(value)
    self = node.tree
  }
}

/// A place in the document that is being made.
private final class EncodedNode {
  private enum Content {
    case nothing
    case scalar(JSONTree)
    case object([(key: String, node: EncodedNode)])
    case array([EncodedNode])
  }

  private var content = Content.nothing
  var keepsKeyOrder = false

  func set(_ scalar: JSONTree) { content = .scalar(scalar) }

  func becomeObject() {
    if case .object = content { return }
    content = .object([])
  }

  func becomeArray() {
    if case .array = content { return }
    content = .array([])
  }

  func member(_ key: String) -> EncodedNode {
    let node = EncodedNode()
    guard case .object(var members) = content else { preconditionFailure("not an object") }
    content = .nothing  // so that the list is changed in place
    members.append((key, node))
    content = .object(members)
    return node
  }

  func element() -> EncodedNode {
    let node = EncodedNode()
    guard case .array(var elements) = content else { preconditionFailure("not a list") }
    content = .nothing
    elements.append(node)
    content = .array(elements)
    return node
  }

  var count: Int { if case .array(let elements) = content { elements.count } else { 0 } }

  var tree: JSONTree {
    switch content {
    case .nothing: return .object([])
    case .scalar(let tree): return tree
    case .array(let elements): return .array(elements.map(\.tree))
    case .object(let members):
      let sorted = keepsKeyOrder ? members : members.sorted { $0.key < $1.key }
      return .object(sorted.map { JSONTree.Member(key: $0.key, value: $0.node.tree) })
    }
  }
}

private struct TreeEncoder: Encoder {
  let node: EncodedNode
  let codingPath: [any CodingKey]
  let style: JSONTree.KeyStyle
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func encode<Value: Encodable>(_ value: Value) throws {
    if let scalar = value as? any JSONScalar { return node.set(scalar.tree) }
    node.keepsKeyOrder = value is any KeepsKeyOrder
    try value.encode(to: self)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(ObjectEncoding<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeArray()
    return ArrayEncoding(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { ValueEncoding(encoder: self) }

  func member(_ key: some CodingKey) -> TreeEncoder {
    let name = style == .snakeCase ? Self.snakeCase(key.stringValue) : key.stringValue
    return TreeEncoder(node: node.member(name), codingPath: codingPath + [key], style: style)
  }

  func element() -> TreeEncoder {
    TreeEncoder(node: node.element(), codingPath: codingPath, style: style)
  }

  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
      if letter.isUppercase, let last = text.last, last != "_" { text += "_" }
      text += letter.lowercased()
    }
  }
}

private struct ObjectEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: TreeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil(forKey key: Key) { encoder.member(key).node.set(.null) }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try encoder.member(key).encode(value)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { encoder.member(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder.member(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder }
  func superEncoder(forKey key: Key) -> any Encoder { encoder.member(key) }
}

private struct ArrayEncoding: UnkeyedEncodingContainer {
  let encoder: TreeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }
  var count: Int { encoder.node.count }

  func encodeNil() { encoder.element().node.set(.null) }
  func encode<Value: Encodable>(_ value: Value) throws { try encoder.element().encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> { encoder.element().container(keyedBy: type) }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    encoder.element().unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder.element() }
}

private struct ValueEncoding: SingleValueEncodingContainer {
  let encoder: TreeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil() { encoder.node.set(.null) }
  func encode<Value: Encodable>(_ value: Value) throws { try encoder.encode(value) }
}
