// A key of config.json and its place in a configuration, for reading and for writing.
import RetortStrictJSON

/// One declaration for both directions, so that what is written is what is read.
public struct ConfigurationKey: Sendable {
  public let name: String
  let read: @Sendable (inout ConfigurationFields, inout TransformerConfiguration) -> Void
  let write: @Sendable (TransformerConfiguration) -> JSONTree

  /// A property of a configuration.
  public typealias Place<Value> = any WritableKeyPath<TransformerConfiguration, Value> & Sendable

  /// A whole number.
  /// - Parameters:
  ///   - name: the key.
  ///   - alias: another name under which transformers reads it.
  ///   - place: what it is the value of.
  ///   - missing: what the key's absence means; nil where it must be there.
  public static func size(
    _ name: String, alias: String? = nil, _ place: Place<Int>, default missing: Int? = nil
  ) -> Self {
    Self(
      name: name,
      read: { $1[keyPath: place] = $0.size(name, alias: alias, default: missing) },
      write: { .integer($0[keyPath: place]) })
  }

  /// A number.
  /// - Parameter missing: what the key's absence means.
  public static func number(_ name: String, _ place: Place<Double>, default missing: Double) -> Self
  {
    Self(
      name: name, read: { $1[keyPath: place] = $0.number(name, default: missing) ?? missing },
      write: { ConfigurationText.number($0[keyPath: place]) })
  }

  /// A number that may be absent; nil then, unless a default is given.
  public static func number(_ name: String, _ place: Place<Double?>, default missing: Double? = nil)
    -> Self
  {
    Self(
      name: name, read: { $1[keyPath: place] = $0.number(name, default: missing) },
      write: { $0[keyPath: place].map(ConfigurationText.number) ?? .null })
  }

  /// True or false.
  /// - Parameter missing: what the key's absence means.
  public static func flag(_ name: String, _ place: Place<Bool>, default missing: Bool) -> Self {
    Self(
      name: name, read: { $1[keyPath: place] = $0.bool(name, default: missing) },
      write: { .bool($0[keyPath: place]) })
  }

  /// The activation: exact GELU under either of its names, the only one there is.
  public static func gelu(_ name: String) -> Self {
    Self(
      name: name, read: { fields, _ in fields.expectGELU(name) }, write: { _ in .string("gelu") })
  }
}
