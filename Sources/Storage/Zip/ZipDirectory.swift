// The directory of a zip archive whose members are stored as they are.

/// Which members a zip archive has, and where their bytes are: nothing of it leads outside the file.
/// Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16.
struct ZipDirectory {
  /// Bytes of each member, counted from the beginning of the file.
  private(set) var members: [String: Range<Int>] = [:]

  /// The signature that a zip archive begins with.
  static let beginning: [UInt8] = [0x50, 0x4B, 3, 4]

  struct Malformed: Error {
    let byte: Int
    let what: String
  }

  init(of file: UnsafeRawBufferPointer) throws(Malformed) {
    let end = try End(of: file)
    var reader = LittleEndianBytes(file, at: end.directory.lowerBound)
    for _ in 0..<end.count {
      let start = reader.place
      guard let entry = Entry(&reader), reader.place <= end.directory.upperBound else {
        throw Malformed(byte: start, what: "invalid entry in the zip directory")
      }
      guard entry.method == 0, !entry.isEncrypted else {
        throw Malformed(
          byte: start, what: "the member \(entry.name.debugDescription) is compressed or encrypted")
      }
      guard members.updateValue(try entry.place(in: file), forKey: entry.name) == nil else {
        throw Malformed(
          byte: start, what: "the member \(entry.name.debugDescription) occurs twice")
      }
    }
  }

  /// The record at the end that says where the directory is.
  private struct End {
    var count: Int
    var directory: Range<Int>

    private static let size = 22

    init(of file: UnsafeRawBufferPointer) throws(Malformed) {
      let malformed = Malformed(
        byte: file.count, what: "no zip directory at the end: it is cut short")
      // A comment of up to 65,535 bytes may follow the record.
      let last = file.count - Self.size
      guard last >= 0 else { throw malformed }
      let first = max(0, last - 0xFFFF)
      let found = stride(from: last, through: first, by: -1).first { place in
        file[place] == 0x50 && file[place + 1] == 0x4B && file[place + 2] == 5
          && file[place + 3] == 6
      }
      guard let found else { throw malformed }
      var reader = LittleEndianBytes(file, at: found + 10)
      guard let entries = reader.size(UInt16.self), let length = reader.size(UInt32.self),
        let start = reader.size(UInt32.self)
      else { throw malformed }
      (count, directory) = (entries, 0..<0)
      var (from, size) = (start, length)
      if entries == 0xFFFF || length == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
        guard let large = Self.large(of: file, before: found) else { throw malformed }
        (count, from, size) = large
      }
      guard from <= found, size <= found - from else {
        throw Malformed(byte: found, what: "the zip directory lies outside the file")
      }
      directory = from..<(from + size)
    }

    /// The record of archives beyond 4 GB; a locator of 20 bytes leads to it.
    private static func large(
      of file: UnsafeRawBufferPointer, before end: Int
    ) -> (count: Int, start: Int, size: Int)? {
      guard end >= 20 else { return nil }
      var locator = LittleEndianBytes(file, at: end - 20)
      guard locator.number(UInt32.self) == 0x0706_4B50, locator.take(4) != nil,
        let place = locator.size(UInt64.self)
      else { return nil }
      var reader = LittleEndianBytes(file, at: place)
      guard reader.number(UInt32.self) == 0x0606_4B50, reader.take(28) != nil,
        let count = reader.size(UInt64.self), let size = reader.size(UInt64.self),
        let start = reader.size(UInt64.self)
      else { return nil }
      return (count, start, size)
    }
  }

  /// A member as the directory has it.
  private struct Entry {
    let name: String
    let method: UInt16
    let isEncrypted: Bool
    private var size: Int
    private var header: Int

    init?(_ reader: inout LittleEndianBytes) {
      guard reader.number(UInt32.self) == 0x0201_4B50, reader.take(4) != nil,
        let flags = reader.number(UInt16.self), let method = reader.number(UInt16.self),
        reader.take(8) != nil, let stored = reader.size(UInt32.self),
        let size = reader.size(UInt32.self), let nameLength = reader.size(UInt16.self),
        let extraLength = reader.size(UInt16.self), let commentLength = reader.size(UInt16.self),
        reader.take(8) != nil, let header = reader.size(UInt32.self),
        let name = reader.take(nameLength), let extra = reader.take(extraLength),
        reader.take(commentLength) != nil
      else { return nil }
      self.name = String(decoding: name, as: UTF8.self)
      self.method = method
      isEncrypted = flags & 1 != 0
      (self.size, self.header) = (size, header)
      // Sizes that do not fit stand in an extra field, in this order and only those.
      var fields = LittleEndianBytes(extra)
      while let id = fields.number(UInt16.self), let length = fields.size(UInt16.self),
        let field = fields.take(length)
      {
        guard id == 1 else { continue }
        var numbers = LittleEndianBytes(field)
        for (value, isNeeded) in [
          (\Self.size, size == 0xFFFF_FFFF), (nil, stored == 0xFFFF_FFFF),
          (\Self.header, header == 0xFFFF_FFFF),
        ] as [(WritableKeyPath<Self, Int>?, Bool)] where isNeeded {
          guard let number = numbers.size(UInt64.self) else { return nil }
          if let value { self[keyPath: value] = number }
        }
      }
    }

    /// Where the member's bytes are: its own header says where it ends itself.
    func place(in file: UnsafeRawBufferPointer) throws(Malformed) -> Range<Int> {
      var reader = LittleEndianBytes(file, at: header)
      guard reader.number(UInt32.self) == 0x0403_4B50, reader.take(22) != nil,
        let nameLength = reader.size(UInt16.self), let extraLength = reader.size(UInt16.self),
        reader.take(nameLength) != nil, reader.take(extraLength) != nil,
        case let start = reader.place, reader.take(size) != nil
      else {
        throw Malformed(
          byte: min(header, file.count),
          what: "the member \(name.debugDescription) lies outside the file")
      }
      return start..<(start + size)
    }
  }
}
