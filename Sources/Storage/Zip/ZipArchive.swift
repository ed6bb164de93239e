// Zip archives of small files, written.
import RetortFiles

/// Members are stored as they are, and nothing depends on the clock: the same members make the same bytes.
/// Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
public enum ZipArchive {
  public struct Member: Sendable, Equatable {
    /// Its path in the archive, with `/` between folders.
    public var name: String
    public var bytes: [UInt8]

    public init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Writes the whole archive or nothing.
  /// - Parameter members: with names of their own, fewer than 65,536, together below 4 GB.
  /// - Throws: for a file that cannot be written; an old one is then intact.
  public static func write(_ members: [Member], path: String) throws(FileError) {
    try AtomicFile.replace(path: path, with: bytes(of: members))
  }

  /// The archive's bytes: each member behind its header, then the directory.
  static func bytes(of members: [Member]) -> [UInt8] {
    precondition(Set(members.map(\.name)).count == members.count, "two members of one name")
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let place = archive.count
      let facts = facts(of: member)
      archive += little(UInt32(0x0403_4B50)) + facts + Array(member.name.utf8) + member.bytes
      directory += little(UInt32(0x0201_4B50)) + little(madeBy) + facts
      // No comment, the first disk, no attributes of its content, a file that its owner may change.
      directory += little(UInt16(0)) + little(UInt16(0)) + little(UInt16(0))
      directory += little(UInt32(0o100644) << 16) + little(UInt32(place))
      directory += Array(member.name.utf8)
    }
    let count = little(UInt16(members.count))
    return archive + directory + little(UInt32(0x0605_4B50)) + little(UInt32(0)) + count + count
      + little(UInt32(directory.count)) + little(UInt32(archive.count)) + little(UInt16(0))
  }

  /// Unix, version 2.0.
  private static let madeBy: UInt16 = 3 << 8 | 20

  /// What the member's own header and the directory both say.
  private static func facts(of member: Member) -> [UInt8] {
    let size = little(UInt32(member.bytes.count))
    // Version 1.0 reads it; the name is UTF-8; stored; midnight of the first day that a zip archive can name, 1980-01-01.
    let form = little(UInt16(10)) + little(UInt16(1 << 11)) + little(UInt16(0))
    let time = little(UInt16(0)) + little(UInt16(1 << 5 | 1))
    return form + time + little(CRC32.checksum(of: member.bytes)) + size + size
      + little(UInt16(member.name.utf8.count)) + little(UInt16(0))
  }

  private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

/// The checksum of zip archives.
/// Source: ISO 3309, the polynomial 0x04C11DB7 with its bits reversed.
enum CRC32 {
  static func checksum(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
  }
}
