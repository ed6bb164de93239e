// Zip archives: read by our own reader, by Python's, and byte for byte.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("Zip archives that are written")
struct ZipArchiveTests {
  private static let members = [
    ZipArchive.Member(name: "a.tsv", bytes: Array("index\tprediction\n0\t1\n".utf8)),
    ZipArchive.Member(name: "empty.tsv", bytes: []),
    ZipArchive.Member(name: "folder/ä.bin", bytes: (0..<70_000).map { UInt8($0 * 7 % 251) }),
  ]

  @Test("the checksum of the standard's example, and of nothing")
  func checksum() {
    #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.checksum(of: []) == 0)
  }

  @Test("every byte of a small archive")
  func bytes() {
    let found = ZipArchive.bytes(of: [.init(name: "a", bytes: Array("123456789".utf8))])
    let facts: [UInt8] = [
      10, 0, 0, 8, 0, 0, 0, 0, 0x21, 0, 0x26, 0x39, 0xF4, 0xCB, 9, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0,
    ]
    let header: [UInt8] = [0x50, 0x4B, 3, 4] + facts + Array("a123456789".utf8)
    let entry: [UInt8] =
      [0x50, 0x4B, 1, 2, 20, 3] + facts + [0, 0, 0, 0, 0, 0, 0, 0, 0xA4, 0x81, 0, 0, 0, 0]
      + Array("a".utf8)
    let end: [UInt8] =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, UInt8(entry.count), 0, 0, 0]
      + [UInt8(header.count), 0, 0, 0, 0, 0]
    #expect(found == header + entry + end)
  }

  @Test("our own reader finds each member's bytes")
  func ownReader() throws {
    let bytes = ZipArchive.bytes(of: Self.members)
    try bytes.withUnsafeBytes { file in
      let directory = try ZipDirectory(of: file)
      #expect(directory.members.count == Self.members.count)
      for member in Self.members {
        let place = try #require(directory.members[member.name])
        #expect(Array(file[place]) == member.bytes)
      }
    }
  }

  @Test("an archive replaces an old file whole, and one that cannot be written leaves it")
  func whole() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.zip")
    try AtomicFile.replace(path: path, with: "old")
    try ZipArchive.write(Self.members, path: path)
    #expect(try MappedFile.contents(path: path) == ZipArchive.bytes(of: Self.members))
    #expect(throws: FileError.self) {
      try ZipArchive.write(Self.members, path: folder.file("none/a.zip"))
    }
    #expect(try Folder.names(path: folder.path) == ["a.zip"])
  }

  @Test(
    "Python's zipfile reads it, with the checksums right",
    .enabled(if: PeerProgram.python != nil, "RETORT_READERS_PYTHON is not set"))
  func python() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.zip")
    try ZipArchive.write(Self.members, path: path)
    let text = try PeerProgram.run(
      try #require(PeerProgram.python),
      [PeerProgram.root.appendingPathComponent("Tests/Peers/list_zip.py").path, path])
    let expected = Self.members.map { "\(SHA256.hexDigest(of: $0.bytes))  \($0.name)\n" }
    #expect(text == expected.joined())
  }
}
