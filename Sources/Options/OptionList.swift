// The keys of one map, declared once: decoding, canonical text and reference come from the declaration.

/// One key of a map and the property it fills.
public struct OptionField<Root: Sendable, Value: Sendable>: Sendable {
  let descriptions: [OptionDescription]
  /// Stands for a value that was refused; nil where none can be made.
  let standIn: Value?
  /// Nil after a report.
  let read: @Sendable (MapReader) -> Value?
  let write: @Sendable (Root) -> [(String, CanonicalValue)]
  /// The same with values that stand for what is not written.
  let writeAll: @Sendable (Root) -> [(String, CanonicalValue)]

  /// A key that must be there.
  /// - Parameters:
  ///   - about: what it does, in a sentence; units are said here.
  ///   - advice: what to do where it is missing.
  public init(
    _ key: String, _ path: any KeyPath<Root, Value> & Sendable, _ type: OptionType<Value>,
    _ about: String, advice: String? = nil
  ) {
    descriptions = [
      OptionDescription(
        key: key, schema: type.schema, about: about, presence: .required, example: type.example,
        namesContents: type.namesContents)
    ]
    standIn = type.standIn
    read = { map in
      if !map.has(key) {
        map.reportMissing(
          key,
          expected: advice == nil ? "\(type.words), as in \(key): \(type.example)" : type.words,
          advice: advice)
      }
      return map.value(key, type)
    }
    write = { [(key, type.write($0[keyPath: path]))] }
    writeAll = write
  }

  /// A key that may be left out, and what then stands for it. That value is not written.
  public init(
    _ key: String, _ path: any KeyPath<Root, Value> & Sendable, _ type: OptionType<Value>,
    otherwise standard: Value, _ about: String
  ) where Value: Equatable {
    self.init(key, path, type, standard: standard, about) { $0 != standard }
  }

  /// A key that may be left out, and what then stands for it. The value is written all the same.
  public init(
    _ key: String, _ path: any KeyPath<Root, Value> & Sendable, _ type: OptionType<Value>,
    alwaysWritten standard: Value, _ about: String
  ) {
    self.init(key, path, type, standard: standard, about) { _ in true }
  }

  private init(
    _ key: String, _ path: any KeyPath<Root, Value> & Sendable, _ type: OptionType<Value>,
    standard: Value, _ about: String, isWritten: @escaping @Sendable (Value) -> Bool
  ) {
    descriptions = [
      OptionDescription(
        key: key, schema: type.schema, about: about,
        presence: .standard(CanonicalText.line(type.write(standard))), example: type.example,
        namesContents: type.namesContents)
    ]
    standIn = standard
    read = { map in map.has(key) ? map.value(key, type) : standard }
    write = { root in
      let value = root[keyPath: path]
      return isWritten(value) ? [(key, type.write(value))] : []
    }
    writeAll = { [(key, type.write($0[keyPath: path]))] }
  }

  /// A key that may be left out; nil is not written.
  public init<Content>(
    optional key: String, _ path: any KeyPath<Root, Content?> & Sendable,
    _ type: OptionType<Content>, _ about: String
  ) where Value == Content? {
    descriptions = [
      OptionDescription(
        key: key, schema: type.schema, about: about, presence: .optional, example: type.example,
        namesContents: type.namesContents)
    ]
    standIn = .some(nil)
    read = { map in map.has(key) ? map.value(key, type).map { .some($0) } : .some(nil) }
    write = { root in root[keyPath: path].map { [(key, type.write($0))] } ?? [] }
    writeAll = write
  }

  /// A key that may be stated and has one possible value, which holds without it too. It is not written.
  public init(confirming key: String, _ type: OptionType<Value>, _ value: Value, _ about: String) {
    self.init(
      describedAs: [
        OptionDescription(
          key: key, schema: type.schema, about: about,
          presence: .standard(CanonicalText.line(type.write(value))), example: type.example)
      ], standIn: value, read: { map in map.has(key) ? map.value(key, type) : value },
      write: { _ in [] })
  }

  /// The keys of another value in the same map.
  public init(_ path: any KeyPath<Root, Value> & Sendable, _ options: OptionList<Value>) {
    descriptions = options.descriptions
    standIn = options.standIn
    read = options.read
    write = { options.write($0[keyPath: path]) }
    writeAll = { options.writeAll($0[keyPath: path]) }
  }

  /// A key of which more depends than its own value: read and written by the caller.
  /// - Parameter standIn: for a value that was refused.
  public init(
    describedAs descriptions: [OptionDescription], standIn: Value? = nil,
    read: @escaping @Sendable (MapReader) -> Value?,
    write: @escaping @Sendable (Root) -> [(String, CanonicalValue)]
  ) {
    self.descriptions = descriptions
    self.standIn = standIn
    self.read = read
    self.write = write
    writeAll = write
  }
}

extension OptionField {
  /// The same, described as a key that may be left out: something fills it in before it is read.
  public var filledBeforehand: OptionField {
    OptionField(
      describedAs: descriptions.map {
        OptionDescription(
          key: $0.key, schema: $0.schema, about: $0.about, presence: .optional, example: $0.example,
          condition: $0.condition)
      }, standIn: standIn, read: read, write: write)
  }
}

/// The keys of one map, in the order in which they are written, and the value they make.
public struct OptionList<Root: Sendable>: Sendable {
  public let descriptions: [OptionDescription]
  /// Stands for a map that was refused; nil where none can be made.
  public let standIn: Root?
  /// Nil after a report, where nothing can stand in for what was refused. The caller closes the map against unknown keys.
  public let read: @Sendable (MapReader) -> Root?
  public let write: @Sendable (Root) -> [(String, CanonicalValue)]
  /// The same with values that stand for what is not written.
  public let writeAll: @Sendable (Root) -> [(String, CanonicalValue)]

  init(
    descriptions: [OptionDescription], standIn: Root?,
    read: @escaping @Sendable (MapReader) -> Root?,
    write: @escaping @Sendable (Root) -> [(String, CanonicalValue)],
    writeAll: @escaping @Sendable (Root) -> [(String, CanonicalValue)]
  ) {
    self.descriptions = descriptions
    self.standIn = standIn
    self.read = read
    self.write = write
    self.writeAll = writeAll
  }

  /// - Parameters:
  ///   - make: the value, from those of the options in their order: usually its memberwise initialiser.
  ///   - options: every key, in canonical order.
  public init<each Value>(
    _ make: @escaping @Sendable (repeat each Value) -> Root,
    _ options: repeat OptionField<Root, each Value>
  ) {
    var descriptions: [OptionDescription] = []
    var writers: [@Sendable (Root) -> [(String, CanonicalValue)]] = []
    var wholeWriters = writers
    for option in repeat each options {
      descriptions += option.descriptions
      writers.append(option.write)
      wholeWriters.append(option.writeAll)
    }
    let (all, whole) = (writers, wholeWriters)
    self.descriptions = descriptions
    standIn = try? make(repeat Self.whole((each options).standIn))
    read = { map in
      // Every option is read before any is looked at: all mistakes are reported.
      let values = (repeat (each options).read(map) ?? (each options).standIn)
      return try? make(repeat Self.whole(each values))
    }
    write = { root in all.flatMap { $0(root) } }
    writeAll = { root in whole.flatMap { $0(root) } }
  }

  private struct Missing: Error {}

  private static func whole<Item>(_ value: Item?) throws -> Item {
    guard let value else { throw Missing() }
    return value
  }

  /// The same, with a check of values that must go together. It is left out where one of them is wrong by itself.
  /// - Parameters:
  ///   - keys: those of the values; all, if not given.
  ///   - check: reports what is wrong.
  public func checked(
    _ keys: [String]? = nil, _ check: @escaping @Sendable (Root, MapReader) -> Void
  ) -> OptionList {
    OptionList(
      descriptions: descriptions, standIn: standIn,
      read: { map in
        let root = read(map)
        if let root, !map.hasMistakes(at: keys) { check(root, map) }
        return root
      }, write: write, writeAll: writeAll)
  }

  /// The same where some keys must be written, although something stands for them elsewhere. All keys are written then.
  public func requiring(_ keys: Set<String>) -> OptionList {
    let descriptions = descriptions.map { option in
      guard keys.contains(option.key), option.presence != .required else { return option }
      return OptionDescription(
        key: option.key, schema: option.schema, about: option.about, presence: .required,
        example: option.example, namesContents: option.namesContents, condition: option.condition)
    }
    let required = descriptions.filter { keys.contains($0.key) }
    return OptionList(
      descriptions: descriptions, standIn: standIn,
      read: { map in
        for option in required where !map.has(option.key) {
          map.reportMissing(
            option.key,
            expected: "\(option.schema.words), as in \(option.key): \(option.example)")
        }
        return read(map)
      }, write: writeAll, writeAll: writeAll)
  }

  /// The map with every required key.
  public var example: String {
    let keys = descriptions.filter { $0.presence == .required }
    return "{ " + keys.map { "\($0.key): \($0.example)" }.joined(separator: ", ") + " }"
  }
}

extension OptionList {
  /// A map without keys.
  public static func none(_ value: Root) -> OptionList {
    OptionList(
      descriptions: [], standIn: value, read: { _ in value }, write: { _ in [] },
      writeAll: { _ in [] })
  }
}
