// How every kind of record is read.

/// A record that is believed only whole: of the known format, without unknown keys, and of facts that agree.
public protocol StrictRecord: Codable {
  /// Every pair of facts that cannot both be true.
  func contradictions() -> [String]
}

extension StrictRecord {
  public func contradictions() -> [String] { [] }

  /// - Parameter source: what messages call the text, normally its path.
  public init(text: String, source: String) throws(RecordError) {
    self = try RecordText.decode(Self.self, from: Array(text.utf8), source: source)
    try refuseContradictions(source: source)
  }

  public static func read(path: String) throws(RecordError) -> Self {
    try read(path: path, onOneLine: false)
  }

  /// The record with every text on one line, so that on a page none begins a heading, a list or a block of code.
  public static func readForPages(path: String) throws(RecordError) -> Self {
    try read(path: path, onOneLine: true)
  }

  private static func read(path: String, onOneLine: Bool) throws(RecordError) -> Self {
    let record = try RecordText.decode(
      Self.self, from: RecordText.read(path: path), source: path, onOneLine: onOneLine)
    try record.refuseContradictions(source: path)
    return record
  }

  public func refuseContradictions(source: String) throws(RecordError) {
    let facts = contradictions()
    guard facts.isEmpty else { throw .inconsistent(source: source, facts: facts) }
  }
}
