// Names with a value each, in an order of their own.
import RetortStrictJSON

/// The terms of a loss in the order of the objective, or metrics. Written as an object of names and values; its keys keep
/// the order. Records of earlier versions have the names sorted.
public struct NamedValues: Codable, Sendable, Equatable, KeepsKeyOrder {
  public struct Entry: Sendable, Equatable {
    public var name: String
    public var value: Double
  }

  public private(set) var entries: [Entry] = []

  /// - Parameter entries: names, all different, and values.
  public init(_ entries: some Sequence<(String, Double)>) {
    for (name, value) in entries { self[name] = value }
  }

  public var names: [String] { entries.map(\.name) }

  /// The value of that name; nil if there is none. A new name goes behind the others.
  public subscript(name: String) -> Double? {
    get { entries.first { $0.name == name }?.value }
    set {
      guard let index = entries.firstIndex(where: { $0.name == name }) else {
        if let newValue { entries.append(Entry(name: name, value: newValue)) }
        return
      }
      if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Name.self)
    entries = try values.allKeys.map {
      Entry(name: $0.stringValue, value: try values.decode(Double.self, forKey: $0))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Name.self)
    for entry in entries { try values.encode(entry.value, forKey: Name(stringValue: entry.name)) }
  }
}

extension NamedValues: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral entries: (String, Double)...) { self.init(entries) }
}
