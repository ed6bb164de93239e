import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("Safetensors")
struct SafetensorsTests {
  private func file(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return withUnsafeBytes(of: length.littleEndian, Array.init) + Array(header.utf8) + data
  }

  private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(path: folder.file("a.safetensors"), with: bytes)
    return try SafetensorsFile(path: folder.file("a.safetensors"))
  }

  @Test("what was written is read")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.safetensors")
    let values: [Float] = [1, -2.5, .infinity, 0x1p-140, 0, 7]
    try values.withUnsafeBufferPointer { buffer in
      try SafetensorsWriter.write(
        path: path,
        tensors: [
          StoredTensor(path: "b.weight", shape: [2, 3], values: buffer),
          StoredTensor(
            path: "strange \"ü\\\n", shape: [2], values: UnsafeBufferPointer(rebasing: buffer[..<2])
          ),
          StoredTensor(path: "none", shape: [0], values: UnsafeBufferPointer(start: nil, count: 0)),
        ])
    }
    let file = try SafetensorsFile(path: path)
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensorShapes.first == TensorShape(path: "b.weight", shape: [2, 3]))
    #expect(try file.values("b.weight") == values)
    #expect(try file.values("strange \"ü\\\n") == [1, -2.5])
    #expect(try file.values("none").isEmpty)
    #expect(file.entries.first?.bytes.lowerBound.isMultiple(of: 8) == true)
    #expect(throws: SafetensorsError.missing(path: path, tensor: "x")) { try file.values("x") }
  }

  @Test("half precision is read as float32, at odd addresses too")
  func halfPrecision() throws {
    let file = try open(
      file(
        "{\"f\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[1,7]},"
          + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[7,9]},"
          + "\"x\":{\"shape\":[1],\"data_offsets\":[0,1],\"dtype\":\"BOOL\"}}   ",
        data: [1, 0x00, 0x3c, 0x01, 0x00, 0xff, 0xfb, 0xc0, 0xbf]))
    #expect(try file.values("f") == [1, 0x1p-24, -65504])
    #expect(try file.values("b") == [-1.5])
    #expect(file.entry("x")?.type == .bool)
    let error = #expect(throws: SafetensorsError.self) { try file.values("x") }
    #expect(error?.description.hasSuffix("is of type BOOL; expected F32, F16 or BF16") == true)
  }

  @Test("escapes in names")
  func escapes() throws {
    let file = try open(
      file(
        "{\"\\u00fc\\ud83d\\ude00\\n\\/\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")
    )
    #expect(file.entries.map(\.name) == ["ü😀\n/"])
  }

  @Test(
    "lying and malformed headers are refused in one line",
    arguments: [
      ("", "does not begin with '{'"),
      ("[]", "does not begin with '{'"),
      (" {}", "does not begin with '{'"),
      ("{", "expected a key in quotes"),
      ("{} x", "more text after the value"),
      ("{}{}", "more text after the value"),
      ("{\"a\"}", "expected ':'"),
      ("{\"a\":1}", "expected an object"),
      ("{\"a\":{}}", "it has no dtype"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", "unknown key"),
      ("{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", "unknown element type"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "needs 8 bytes"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}", "do not lie in"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "do not lie in"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "do not lie in"),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "shape: expected a list of whole numbers of at least 0, found [-1]"
      ),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}",
        "shape: expected a list of whole numbers of at least 0, found [1.0]"
      ),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", "a leading zero"),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}",
        "too large"
      ),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "shape: expected a list of whole numbers of at least 0, found [99999999999999999999]"
      ),
      (
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
          + "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
        "stands here a second time"
      ),
      (
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
          + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", "overlap"
      ),
      (
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
          + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
        "1 bytes before it belong to no tensor"
      ),
      (
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}",
        "1 bytes at the end belong to no tensor"
      ),
      ("{\"__metadata__\":{\"a\":1}}", "__metadata__: a: expected a text"),
      ("{\"__metadata__\":[]}", "__metadata__: expected an object"),
      ("{\"\\ud800\":1}", "half of a surrogate pair"),
      ("{\"\\x\":1}", "unknown escape"),
      ("{\"a\nb\":1}", "a control character"),
      ("{\"a", "ends inside a string"),
    ])
  func refused(header: String, expected: String) throws {
    let error = #expect(throws: SafetensorsError.self) {
      try open(file(header, data: [1, 2, 3, 4]))
    }
    let line = error?.description ?? ""
    #expect(line.contains(expected), "\(line)")
    #expect(!line.contains("\n"))
  }

  @Test("truncated files, absurd lengths and broken UTF-8 are refused")
  func truncated() throws {
    let whole = file(
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      data: [UInt8](repeating: 0, count: 8))
    for count in 0..<whole.count {
      #expect(throws: SafetensorsError.self, "\(count) bytes") {
        try open(Array(whole.prefix(count)))
      }
    }
    #expect(throws: SafetensorsError.self) { try open(whole + [0]) }
    #expect(throws: SafetensorsError.self) { try open(file("{}", length: 100_000_001)) }
    #expect(throws: SafetensorsError.self) { try open(file("{}", length: .max)) }
    var broken = whole
    broken[10] = 0xff
    #expect(throws: SafetensorsError.self) { try open(broken) }
    #expect(try open(file("{}")).entries.isEmpty)
  }
}
