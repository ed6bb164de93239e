// The terms of a loss and their values, in the order of the objective.
import RetortStrictJSON

/// Written as an object of names and values; the order of its keys is that of the terms. Records of earlier versions
/// have the names sorted.
public struct LossTerms: Codable, Sendable, Equatable, KeepsKeyOrder {
  public struct Term: Sendable, Equatable {
    public var name: String
    public var value: Double
  }

  public private(set) var terms: [Term] = []

  /// - Parameter terms: names, all different, and values.
  public init(_ terms: some Sequence<(String, Double)>) {
    for (name, value) in terms { self[name] = value }
  }

  public var names: [String] { terms.map(\.name) }

  /// The value of a term; nil where the loss has no such term. A new name goes behind the others.
  public subscript(name: String) -> Double? {
    get { terms.first { $0.name == name }?.value }
    set {
      guard let index = terms.firstIndex(where: { $0.name == name }) else {
        if let newValue { terms.append(Term(name: name, value: newValue)) }
        return
      }
      if let newValue { terms[index].value = newValue } else { terms.remove(at: index) }
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
    terms = try values.allKeys.map {
      Term(name: $0.stringValue, value: try values.decode(Double.self, forKey: $0))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Name.self)
    for term in terms { try values.encode(term.value, forKey: Name(stringValue: term.name)) }
  }
}

extension LossTerms: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral terms: (String, Double)...) { self.init(terms) }
}
