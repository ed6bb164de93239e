import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("Damaged files")
struct DamageTests {
  private func smallFile(_ folder: TemporaryFolder) throws -> [UInt8] {
    let path = folder.file("a.h5")
    try SmallCheckpoint().write(to: path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func verify(_ bytes: UnsafeRawBufferPointer) throws(SealedFileError) {
    try SealedHeader(of: bytes, path: "a.h5", wanted: .checkpoint).verify(bytes, path: "a.h5")
  }

  @Test("any flipped bit of the digest block is noticed")
  func flippedHeader() throws {
    let folder = try TemporaryFolder()
    var bytes = try smallFile(folder)
    bytes.withUnsafeMutableBytes { bytes in
      for bit in 0..<(SealedHeader.byteCount * 8) {
        bytes[bit / 8] ^= 1 << (bit % 8)
        #expect(throws: SealedFileError.self, "bit \(bit)") {
          try verify(UnsafeRawBufferPointer(bytes))
        }
        bytes[bit / 8] ^= 1 << (bit % 8)
      }
      #expect(throws: Never.self) { try verify(UnsafeRawBufferPointer(bytes)) }
    }
  }

  @Test("flipped bits anywhere after it are noticed")
  func flippedContent() throws {
    let folder = try TemporaryFolder()
    var bytes = try smallFile(folder)
    bytes.withUnsafeMutableBytes { bytes in
      let bits = (SealedHeader.byteCount * 8)..<(bytes.count * 8)
      for bit in stride(from: bits.lowerBound, to: bits.upperBound, by: 331) {
        bytes[bit / 8] ^= 1 << (bit % 8)
        #expect(throws: SealedFileError.self, "bit \(bit)") {
          try verify(UnsafeRawBufferPointer(bytes))
        }
        bytes[bit / 8] ^= 1 << (bit % 8)
      }
    }
  }

  @Test("a damaged, truncated or lengthened file is refused before HDF5 sees it")
  func damagedFiles() throws {
    let folder = try TemporaryFolder()
    let bytes = try smallFile(folder)
    let path = folder.file("damaged.h5")
    var variants: [[UInt8]] = [[], Array(bytes.prefix(100)), bytes + [0], Array(bytes.dropLast())]
    for count in stride(from: 0, to: bytes.count, by: 9973) {
      variants.append(Array(bytes.prefix(count)))
    }
    for place in [0, 4100, bytes.count / 2, bytes.count - 1] {
      var flipped = bytes
      flipped[place] ^= 4
      variants.append(flipped)
    }
    for variant in variants {
      try AtomicFile.replace(path: path, with: variant)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
      #expect(error?.description.contains(path) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test("other versions, other kinds and other programs' files are told apart")
  func otherFiles() throws {
    let folder = try TemporaryFolder()
    var bytes = try smallFile(folder)
    let path = folder.file("other.h5")
    func reseal(_ from: String, _ to: String) throws -> String {
      let text = String(decoding: bytes.prefix(200), as: UTF8.self)
        .replacingOccurrences(of: from, with: to)
      var block = Array(Array(text.utf8).prefix(200))
      block += repeatElement(0, count: SealedHeader.byteCount - 8 - block.count)
      let digest = block.withUnsafeBytes { XXH64.digest(of: $0) }
      block += withUnsafeBytes(of: digest.littleEndian, Array.init)
      try AtomicFile.replace(path: path, with: block + bytes[SealedHeader.byteCount...])
      return (#expect(throws: CheckpointError.self) { try Checkpoint(path: path) })?.description
        ?? ""
    }
    #expect(
      try reseal("format 1", "format 2") == "\(path): checkpoint of format 2, this program reads "
        + "format 1; use the version of the program that wrote it")
    #expect(
      try reseal("Retort checkpoint", "Retort activation store")
        == "\(path): a Retort file, but activation store where checkpoint is expected")
    bytes.replaceSubrange(0..<SealedHeader.byteCount, with: [])
    try AtomicFile.replace(path: path, with: bytes)
    let plain = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
    #expect(plain?.description.contains("not a file of Retort's") == true)
    let missing = #expect(throws: CheckpointError.self) {
      try Checkpoint(path: folder.file("none.h5"))
    }
    #expect(missing?.description == "\(folder.file("none.h5")): no such file")
    #expect(try SealedKind.ofFile(path: folder.file("a.h5")) == .checkpoint)
    #expect(try SealedKind.ofFile(path: path) == nil)
  }
}
