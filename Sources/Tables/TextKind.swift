// Files that are no text in lines, known by their first bytes.
import RetortFiles

extension MappedFile {
  /// Refuses what would be an error at byte 0 or 1 that says nothing.
  /// - Parameter inLines: whether a file without a line feed, whose lines end as those of old Macs do, is refused too.
  public func checkIsText(inLines: Bool = true) throws(TableError) {
    let kinds: [(bytes: [UInt8], found: String, advice: String)] = [
      ([0x1F, 0x8B], "a file that gzip has compressed", "unpack it"),
      ([0x50, 0x4B, 0x03, 0x04], "a zip archive or a spreadsheet", "unpack it, or save it as CSV"),
      ([0xFF, 0xFE], "UTF-16", "save it in UTF-8"), ([0xFE, 0xFF], "UTF-16", "save it in UTF-8"),
    ]
    for kind in kinds where bytes.starts(with: kind.bytes) {
      throw .notText(path: path, found: kind.found, advice: kind.advice)
    }
    guard inLines else { return }
    let beginning = bytes.prefix(1 << 16)
    if beginning.contains(UInt8(ascii: "\r")), !beginning.contains(UInt8(ascii: "\n")) {
      throw .carriageReturns(path: path)
    }
  }
}
