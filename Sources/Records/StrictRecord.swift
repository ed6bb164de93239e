// How every kind of record is read.

import RetortStrictJSON

/// A record that is believed only whole: of the known format, without unknown keys, and of facts that agree.
public protocol StrictRecord: Codable {
  /// Every pair of facts that cannot both be true.
  func contradictions() -> [String]
}

extension StrictRecord {
  public func contradictions() -> [String] { [] }

  /// - Parameter source: what messages call the text, normally its path.
  public init(text: String, source: String) throws(RecordError) {
    try self.init(tree: RecordText.parse(Array(text.utf8), source: source), source: source)
  }

  public init(tree: JSONTree, source: String) throws(RecordError) {
    self = try RecordText.decode(Self.self, from: tree, source: source)
    try refuseContradictions(source: source)
  }

  public static func read(path: String) throws(RecordError) -> Self {
    try Self(tree: RecordText.tree(path: path), source: path)
  }

  /// The record with every text on one line, so that on a page none begins a heading, a list or a block of code.
  public static func readForPages(path: String) throws(RecordError) -> Self {
    try Self(tree: RecordText.tree(path: path).onOneLine, source: path)
  }

  public func refuseContradictions(source: String) throws(RecordError) {
    let facts = contradictions()
    guard facts.isEmpty else { throw .inconsistent(source: source, facts: facts) }
  }
}
