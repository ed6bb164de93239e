/// U+FFFD in place of what is not UTF-8, for those who ask for it.

/// What becomes of text that is not UTF-8.
public enum InvalidUTF8Rule: String, Sendable, CaseIterable {
  /// It is an error that says where.
  case refuse
  /// U+FFFD takes the place of each maximal subpart of a malformed sequence, as Python's
  /// `bytes.decode("utf-8", "replace")` has it.
  case replace
}

/// Repairs whole texts.
enum UTF8Replacement {
  /// U+FFFD in UTF-8.
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// `text` with U+FFFD for each malformed sequence; equal to it where there is none.
  ///
  /// Source: Unicode Standard, section 3.9, "U+FFFD Substitution of Maximal Subparts".
  static func repaired(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    guard let base = text.baseAddress else { return [] }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var i = 0
    while i < text.count {
      guard base[i] >= 0x80 else {
        result.append(base[i])
        i += 1
        continue
      }
      let (length, isWhole) = UTF8Validation.sequence(base + i, available: text.count - i)
      if isWhole {
        result.append(contentsOf: text[i..<i + length])
      } else {
        result.append(contentsOf: replacement)
      }
      i += length
    }
    return result
  }
}
