// Trees to Decodable values, with every key that nobody asked for.

/// A type that earlier versions wrote with keys that mean nothing now: they are passed over.
public protocol HasRetiredKeys {
  static var retiredKeys: Set<String> { get }
}

/// Why a document is not a value of the type asked for.
public enum JSONMismatch: Error, Equatable, CustomStringConvertible {
  /// A key that is missing, or a value of another kind. The place is written `stages[0].steps`.
  case wrong(place: String, reason: String)
  /// Keys that the type does not have, in order.
  case unknownKeys([String])

  public var description: String {
    switch self {
    case .wrong(let place, let reason): place.isEmpty ? reason : "\(place): \(reason)"
    case .unknownKeys(let keys):
      "unknown key\(keys.count == 1 ? "" : "s") \(keys.joined(separator: ", "))"
    }
  }
}

extension JSONTree {
  /// - Parameter passingOverUnknownKeys: for documents of other programs, of which only some keys matter.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, passingOverUnknownKeys: Bool = false
  ) throws(JSONMismatch) -> Value {
    let reading = Reading()
    let value: Value
    do {
      value = try TreeDecoder(tree: self, codingPath: [], reading: reading).decode(type)
    } catch let error as DecodingError {
      throw JSONMismatch(error)
    } catch {
      throw .wrong(place: "", reason: "\(error)")
    }
    let unknown = passingOverUnknownKeys ? [] : reading.unreadKeys(of: self)
    guard unknown.isEmpty else { throw .unknownKeys(unknown) }
    return value
  }
}

extension JSONMismatch {
  fileprivate init(_ error: DecodingError) {
    let (path, reason): ([any CodingKey], String) =
      switch error {
      case .keyNotFound(let key, let context): (context.codingPath + [key], "missing")
      case .valueNotFound(_, let context): (context.codingPath, "null where a value is needed")
      case .typeMismatch(_, let context): (context.codingPath, context.debugDescription)
      case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
      @unknown default: ([], "\(error)")
      }
    self = .wrong(place: Self.place(path), reason: reason)
  }

  fileprivate static func place(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}

/// Which keys of which objects were asked for.
private final class Reading {
  /// By the object's place.
  private var asked: [String: Set<String>] = [:]

  func open(_ path: [any CodingKey]) { asked[JSONMismatch.place(path), default: []].formUnion([]) }

  func ask(for key: String, at path: [any CodingKey]) {
    asked[JSONMismatch.place(path), default: []].insert(key)
  }

  func askForAll(_ keys: Set<String>, at path: [any CodingKey]) {
    asked[JSONMismatch.place(path), default: []].formUnion(keys)
  }

  /// In the order of the text.
  func unreadKeys(of tree: JSONTree, at place: String = "") -> [String] {
    switch tree {
    case .object(let members):
      // What was never opened was not looked into, and its keys are nobody's concern.
      guard let known = asked[place] else { return [] }
      return members.flatMap { member -> [String] in
        let path = place.isEmpty ? member.key : "\(place).\(member.key)"
        return known.contains(member.key) ? unreadKeys(of: member.value, at: path) : [path]
      }
    case .array(let elements):
      guard elements.contains(where: { $0.members != nil || $0.elements != nil }) else { return [] }
      return elements.enumerated().flatMap { unreadKeys(of: $1, at: "\(place)[\($0)]") }
    default: return []
    }
  }
}

private struct IndexKey: CodingKey {
  let index: Int
  init(_ index: Int) { self.index = index }
  init?(intValue: Int) { index = intValue }
  init?(stringValue: String) { nil }
  var intValue: Int? { index }
  var stringValue: String { "\(index)" }
}

private struct TreeDecoder: Decoder {
  let tree: JSONTree
  let codingPath: [any CodingKey]
  let reading: Reading
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if let scalar = type as? any JSONScalar.Type {
      guard let value = scalar.value(of: tree) as? Value else {
        throw mismatch(type, expected: scalar.kindInWords)
      }
      return value
    }
    if let type = type as? any HasRetiredKeys.Type {
      reading.askForAll(type.retiredKeys, at: codingPath)
    }
    return try type.init(from: self)
  }

  func mismatch(_ type: Any.Type, expected: String) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath, debugDescription: "expected \(expected), found \(tree.kindInWords)")
    return tree == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard let members = tree.members else { throw mismatch(Key.self, expected: "an object") }
    reading.open(codingPath)
    return KeyedDecodingContainer(ObjectDecoding(decoder: self, members: members))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard let elements = tree.elements else { throw mismatch([Any].self, expected: "a list") }
    return ArrayDecoding(decoder: self, elements: elements)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { ValueDecoding(decoder: self) }

  func inside(_ tree: JSONTree, _ key: any CodingKey) -> TreeDecoder {
    TreeDecoder(tree: tree, codingPath: codingPath + [key], reading: reading)
  }
}

private struct ObjectDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: TreeDecoder
  let members: [String: JSONTree]
  /// In the order of the text.
  let allKeys: [Key]
  var codingPath: [any CodingKey] { decoder.codingPath }

  init(decoder: TreeDecoder, members: [JSONTree.Member]) {
    self.decoder = decoder
    self.members = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    allKeys = members.compactMap { Key(stringValue: $0.key) }
  }

  func contains(_ key: Key) -> Bool {
    decoder.reading.ask(for: key.stringValue, at: codingPath)
    return members[key.stringValue] != nil
  }

  func decodeNil(forKey key: Key) throws -> Bool { try inside(key).tree == .null }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try inside(key).decode(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try inside(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try inside(key).unkeyedContainer()
  }

  func superDecoder() -> any Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Decoder { try inside(key) }

  private func inside(_ key: Key) throws -> TreeDecoder {
    guard contains(key), let tree = members[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
    }
    return decoder.inside(tree, key)
  }
}

private struct ArrayDecoding: UnkeyedDecodingContainer {
  let decoder: TreeDecoder
  let elements: [JSONTree]
  var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  init(decoder: TreeDecoder, elements: [JSONTree]) {
    self.decoder = decoder
    self.elements = elements
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value = try next().decode(type)
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    defer { currentIndex += 1 }
    return try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    defer { currentIndex += 1 }
    return try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder {
    defer { currentIndex += 1 }
    return try next()
  }

  private func next() throws -> TreeDecoder {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        Any.self, DecodingError.Context(codingPath: codingPath, debugDescription: "the list ends"))
    }
    return decoder.inside(elements[currentIndex], IndexKey(currentIndex))
  }
}

private struct ValueDecoding: SingleValueDecodingContainer {
  let decoder: TreeDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.tree == .null }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }
}
