// Parts of a file put into memory: the same bytes as a copy, and the file stays as it is.
import Foundation
import Glibc
import RetortTestSupport
import Testing

@testable import RetortFiles

@Suite("Mapped files")
struct MappedFileTests {
  /// Memory of whole pages, as `place` wants it.
  private final class Pages {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) throws {
      let address = mmap(
        nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      bytes = UnsafeMutableRawBufferPointer(start: try #require(address), count: count)
      try #require(address != MAP_FAILED)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
  }

  /// Writes over a file's bytes where they are.
  private func overwrite(_ path: String, with bytes: [UInt8]) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.write(contentsOf: Data(bytes))
    try file.close()
  }

  @Test(
    "A part is in memory as a copy would be, mapped only where it is large and begins at a page",
    arguments: [
      (4096, 200_000, 0, true), (8192, 131_072, 4096, true), (4096, 65_536, 0, true),
      (4096, 65_535, 0, false), (4100, 200_000, 0, false), (4096, 200_000, 64, false),
      (0, 300_000, 0, true), (299_999, 1, 0, false), (300_000, 0, 0, false),
    ])
  func placing(start: Int, count: Int, offset: Int, maps: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    try AtomicFile.replace(path: path, with: content)
    let pages = try Pages(count: 320_000)
    pages.bytes.initializeMemory(as: UInt8.self, repeating: 0xAA)
    let target = UnsafeMutableRawBufferPointer(rebasing: pages.bytes[offset..<offset + count])
    do {
      let file = try MappedFile(path: path)
      file.place(start..<start + count, in: target)
    }
    // The file's own mapping has gone; what was placed stays.
    #expect(target.elementsEqual(content[start..<start + count]))
    // On Linux a private view shows what becomes of its file until it is written to itself; a copy never does.
    let viewed = maps ? count / Int(getpagesize()) * Int(getpagesize()) : 0
    try overwrite(path, with: content.map { $0 ^ 0x55 })
    #expect(target.prefix(viewed).elementsEqual(content[start..<start + viewed].map { $0 ^ 0x55 }))
    #expect(target.dropFirst(viewed).elementsEqual(content[start + viewed..<start + count]))
    try overwrite(path, with: content)
    #expect(pages.bytes[..<offset].allSatisfy { $0 == 0xAA })
    #expect(pages.bytes[(offset + count)...].allSatisfy { $0 == 0xAA })

    for index in target.indices { target[index] ^= 0xFF }
    #expect(target.elementsEqual(content[start..<start + count].map { ~$0 }))
    #expect(try MappedFile.contents(path: path) == content)
  }

  @Test("No descriptor is left open")
  func descriptors() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    try AtomicFile.replace(path: path, with: "text")
    try AtomicFile.replace(path: folder.file("empty"), with: "")
    func open() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?
          .hasPrefix(folder.path) ?? false
      }.count
    }
    #expect(try open() == 0)
    do {
      let file = try MappedFile(path: path)
      #expect(try open() == 1)
      #expect(file.bytes.count == 4)
      #expect(try MappedFile(path: folder.file("empty")).bytes.isEmpty)
      #expect(throws: FileError.self) { try MappedFile(path: folder.path) }
    }
    #expect(try open() == 0)
  }
}
