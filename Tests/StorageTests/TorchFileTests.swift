import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

/// Files of the pinned torch: Tests/Peers/torch_files_fixture.py.
@Suite("Files of torch.save")
struct TorchFileTests {
  private func open(_ name: String) throws -> TorchFile {
    try TorchFile(path: Fixture.path(of: "torch_files/\(name)"))
  }

  private func safetensors(_ name: String) throws -> SafetensorsFile {
    try SafetensorsFile(path: Fixture.path(of: "torch_files/\(name)"))
  }

  private func values(_ file: TorchFile, _ name: String) throws -> [Float] {
    let entry = try #require(file.entry(name))
    var values = [Float](repeating: .nan, count: entry.shape.reduce(1, *))
    try values.withUnsafeMutableBufferPointer { try file.read(name, into: $0) }
    return values
  }

  @Test(
    "every form holds the model that was saved, bit by bit",
    arguments: [
      ("zip.bin", "model/model.safetensors"), ("legacy.bin", "model/model.safetensors"),
      ("float16.bin", "float16.safetensors"), ("bfloat16.bin", "bfloat16.safetensors"),
    ])
  func forms(_ form: (torch: String, safetensors: String)) throws {
    let (file, expected) = (try open(form.torch), try safetensors(form.safetensors))
    #expect(Set(file.entries.map(\.name)) == Set(expected.entries.map(\.name)))
    for entry in expected.entries {
      #expect(file.entry(entry.name)?.shape == entry.shape)
      #expect(
        try values(file, entry.name).map(\.bitPattern)
          == expected.values(entry.name).map(\.bitPattern), "\(entry.name)")
    }
  }

  @Test("views are read in row-major order, whatever their strides")
  func views() throws {
    let (file, expected) = (try open("tensors.bin"), try safetensors("tensors.safetensors"))
    #expect(file.entries.count == expected.entries.count)
    for entry in file.entries {
      #expect(entry.shape == expected.entry(entry.name)?.shape, "\(entry.name)")
      if entry.type == "int64" { continue }
      #expect(try values(file, entry.name) == expected.values(entry.name), "\(entry.name)")
    }
    let path = file.path
    #expect(
      throws: TorchFileError.notFloatingPoint(path: path, tensor: "whole", type: "int64")
    ) { try values(file, "whole") }
    #expect(throws: TorchFileError.missing(path: path, tensor: "none")) {
      try withUnsafeTemporaryAllocation(of: Float.self, capacity: 1) {
        try file.read("none", into: $0)
      }
    }
  }

  @Test(
    "a pickle that asks for a function is refused by the function's name, and nothing is called")
  func evil() throws {
    let error = #expect(throws: TorchFileError.self) { try open("evil.bin") }
    #expect(
      error?.description.contains("uses the Python name \"posix.system\", which is not allowed")
        == true,
      "\(String(describing: error))")
    #expect(error?.description.contains("\n") == false)
  }

  /// Reads everything that can be read, so that a place outside the file would be visited.
  private func readAll(_ bytes: [UInt8], at path: String) throws -> Bool {
    // Written in place: thousands of files that are renamed would wait for the disk.
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let file: TorchFile
    do { file = try TorchFile(path: path) } catch { return false }
    for entry in file.entries where entry.type.contains("float") {
      guard entry.shape.reduce(1, { min($0 * min($1, 1000), 1000) }) < 1000 else { continue }
      _ = try values(file, entry.name)
    }
    return true
  }

  @Test("opcodes and protocols that are not read are named")
  func opcodes() throws {
    let folder = try TemporaryFolder()
    let sound = try MappedFile.contents(path: Fixture.path(of: "torch_files/legacy.bin"))
    // Behind the magic number: protocol 2, the opcode BININT2 and torch's version 1001.
    #expect(Array(sound[15..<18]) == [0x80, 2, 0x4D])
    for (place, byte, words) in [
      (17, 0x49, "opcode INT is not supported"), (17, 0x81, "opcode NEWOBJ is not supported"),
      (17, 0xFE, "opcode 0xfe is not supported"), (16, 4, "a pickle of protocol 4, expected 2"),
    ] as [(Int, UInt8, String)] {
      var bytes = sound
      bytes[place] = byte
      try AtomicFile.replace(path: folder.file("a.bin"), with: bytes)
      let error = #expect(throws: TorchFileError.self) { try TorchFile(path: folder.file("a.bin")) }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
  }

  @Test("a file cut anywhere is an error", arguments: ["tensors.bin", "legacy.bin"])
  func truncation(name: String) throws {
    let folder = try TemporaryFolder()
    let sound = try MappedFile.contents(path: Fixture.path(of: "torch_files/\(name)"))
    #expect(try readAll(sound, at: folder.file("a.bin")))
    for count in stride(from: 0, to: sound.count, by: 31) {
      #expect(try !readAll(Array(sound[..<count]), at: folder.file("a.bin")), "\(count) bytes")
    }
  }

  @Test(
    "no byte can lead outside the file", arguments: ["tensors.bin", "legacy.bin"], [0xFF, 0x80])
  func damage(name: String, bits: UInt8) throws {
    let folder = try TemporaryFolder()
    let sound = try MappedFile.contents(path: Fixture.path(of: "torch_files/\(name)"))
    var refused = 0
    for place in 0..<min(sound.count, 2000) {
      var bytes = sound
      bytes[place] ^= bits
      if try !readAll(bytes, at: folder.file("a.bin")) { refused += 1 }
    }
    #expect(refused > 500)
  }

  @Test(
    "a chain of 300,000 containers is taken apart without a deep stack, by the reader and in memory"
  )
  func depth() throws {
    let folder = try TemporaryFolder()
    let sound = try MappedFile.contents(path: Fixture.path(of: "torch_files/legacy.bin"))
    // In the place of torch's version: a tuple in a tuple in a tuple …
    let bytes =
      sound[..<17] + [0x29] + [UInt8](repeating: 0x85, count: 300_000) + sound[20...]
    try AtomicFile.replace(path: folder.file("a.bin"), with: Array(bytes))
    #expect(try TorchFile(path: folder.file("a.bin")).entries.count > 10)
  }
}
