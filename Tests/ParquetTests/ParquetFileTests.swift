// Parquet files that pyarrow wrote, value by value, and files that are damaged.
import Foundation
import RetortFiles
import RetortParallel
import RetortRandomness
import RetortStrictJSON
import RetortTestSupport
import Testing

@testable import RetortParquet

@Suite("Parquet")
struct ParquetFileTests {
  private static func path(_ name: String) -> String { Fixture.path(of: "parquet/\(name).parquet") }

  private static func open(_ name: String) throws -> ParquetFile {
    try ParquetFile(MappedFile(path: path(name)))
  }

  private static func isReadable(_ column: ParquetColumn) -> Bool {
    if case .unreadable = column.kind { false } else { true }
  }

  /// What pyarrow read in each file.
  private static let expected: [(name: String, rows: Int, columns: [JSONTree.Member])] = {
    let text =
      (try? String(contentsOfFile: Fixture.path(of: "parquet/values.jsonl"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      guard let tree = try? JSONTree.parse(line), let name = tree["file"]?.text,
        let rows = tree["rows"]?.integer(Int.self), let columns = tree["columns"]?.members
      else { return nil }
      return (name, rows, columns)
    }
  }()

  private static func agrees(_ value: ParquetValue, _ expected: JSONTree) -> Bool {
    switch value {
    case .null: return expected == .null
    case .text(let text):
      guard text.unicodeScalars.count > 200 else { return expected == .string(text) }
      return expected == .string("sha256:\(SHA256.hexDigest(of: text))")
    case .integer(let integer): return expected == .number("\(integer)")
    case .unsigned(let integer): return expected == .number("\(integer)")
    case .double(let number): return expected.real?.bitPattern == number.bitPattern
    case .float(let number): return expected.real?.bitPattern == Double(number).bitPattern
    case .truth(let truth): return expected == .bool(truth)
    case .repaired, .malformed: return false
    }
  }

  @Test("every value is pyarrow's", arguments: expected.map(\.name))
  func values(name: String) throws {
    let expected = try #require(Self.expected.first { $0.name == name })
    let file = try Self.open(name)
    #expect(file.rowCount == expected.rows)
    let columns = try expected.columns.map { column in
      try #require(file.columns.first { $0.name == column.key })
    }
    var rows = try file.rows(of: columns)
    var values: [ParquetValue] = []
    for row in 0..<expected.rows {
      try #require(try rows.next(into: &values))
      for (value, column) in zip(values, expected.columns) {
        let wanted = try #require(column.value.elements)[row]
        #expect(
          Self.agrees(value, wanted), "\(name), \(column.key), row \(row + 1): \(value), \(wanted)")
      }
    }
    #expect(try !rows.next(into: &values))
  }

  @Test("the fixtures are all there, of many forms")
  func fixtures() throws {
    #expect(Self.expected.count == 16)
    #expect(try Self.open("groups").rowCount == 100)
    #expect(try Self.open("classes").classNames == ["label": ["worse", "better"]])
    let kinds = try Self.open("nested").columns.map { "\($0.name) \($0.kind)" }
    #expect(
      kinds == [
        "words unreadable(\"a list\")", "text text", "pair unreadable(\"a struct\")",
        "counts unreadable(\"a map\")", "when unreadable(\"a timestamp\")",
        "day unreadable(\"a date\")", "price unreadable(\"a column of decimals\")",
        "label integer",
      ])
  }

  @Test(
    "what cannot be read is refused by name",
    arguments: [
      (
        "refused_zstd",
        "column 'text': the compression zstd cannot be read; write it with compression snappy"
      ),
      (
        "refused_gzip",
        "column 'text': the compression gzip cannot be read; write it with compression snappy"
      ),
      (
        "refused_delta",
        "column 'text': the encoding DELTA_BYTE_ARRAY cannot be read; write it plain"
      ),
      ("refused_bytes", "row 2, column 'text': invalid UTF-8"),
      (
        "nested",
        "column 'words': a list cannot be read; columns of texts, numbers and booleans can"
      ),
    ])
  func refused(name: String, saying: String) throws {
    let error = try #require(throws: ParquetError.self) {
      let file = try Self.open(name)
      var rows = try file.rows(of: [file.columns[0]])
      var values: [ParquetValue] = []
      while try rows.next(into: &values) {}
    }
    #expect("\(error)".hasPrefix("\(Self.path(name)): \(saying)"), "\(error)")
    #expect(!"\(error)".contains("\n"))
  }

  @Test("bytes that are not UTF-8 are repaired where that is asked for")
  func repaired() throws {
    let file = try Self.open("refused_bytes")
    var rows = try file.rows(of: file.columns, repairs: true)
    var values: [ParquetValue] = []
    #expect(try rows.next(into: &values) && values == [.text("fine")])
    #expect(try rows.next(into: &values) && values == [.repaired("\u{FFFD}\u{FFFD} film")])
  }

  private static func written(_ bytes: [UInt8], in folder: TemporaryFolder, _ name: String = "d")
    throws -> MappedFile
  {
    let path = folder.file(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try MappedFile(path: path)
  }

  @Test("no file at all, a cut one, an encrypted one, another kind of file")
  func notParquet() throws {
    let folder = try TemporaryFolder()
    let whole = try MappedFile.contents(path: Self.path("plain"))
    for (bytes, words) in [
      ([], "found another beginning than PAR1"), (Array("a,b\n1,2\n3,4\n5,6\n".utf8), "PAR1"),
      (Array(whole.prefix(3000)), "found no PAR1 at its end: it was cut"),
      (whole.dropLast(4) + Array("PARE".utf8), "found an encrypted one"),
      (whole.dropLast(8) + [0xFF, 0xFF, 0xFF, 0x7F] + Array("PAR1".utf8), "metadata are said"),
    ] as [([UInt8], String)] {
      let error = try #require(throws: ParquetError.self) {
        try ParquetFile(Self.written(bytes, in: folder))
      }
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  /// Reads whatever can be read of a file.
  /// - Returns: whether it was read to its end.
  private static func exhaust(_ mapped: MappedFile) -> Bool {
    do throws(ParquetError) {
      let file = try ParquetFile(mapped)
      var values: [ParquetValue] = []
      var isWhole = true
      // One column at a time, so that damage in one does not hide the others.
      for column in file.columns where isReadable(column) {
        do throws(ParquetError) {
          var rows = try file.rows(of: [column])
          while try rows.next(into: &values), rows.row < 200 {}
        } catch {
          isWhole = false
        }
      }
      return isWhole
    } catch {
      return false
    }
  }

  @Test("20,000 damaged files: an error or other values, never a crash")
  func damaged() throws {
    let names = [
      "plain", "dictionary_snappy", "second_version", "groups", "fallback", "one_run", "classes",
      "nested",
    ]
    let originals = try names.map { try MappedFile.contents(path: Self.path($0)) }
    let refused = concurrentMap(20, threads: 4) { part in
      var chance = RandomStream(
        seed: 1312, name: .synthesis, place: (UInt32(part), 0))
      var refused = 0
      guard let folder = try? TemporaryFolder() else { return -1 }
      for round in 0..<1000 {
        var bytes = originals[(part * 1000 + round) % originals.count]
        let footer =
          bytes.count - 8 - Int(bytes[bytes.count - 8]) - Int(bytes[bytes.count - 7]) << 8
        for _ in 0..<(1 + Int(chance.next() % 4)) {
          // Half of the damage is in the metadata, where most can go wrong.
          let start = chance.next() % 2 == 0 ? max(0, footer) : 0
          let place = start + Int(chance.next() % UInt64(bytes.count - start))
          switch chance.next() % 6 {
          case 0: bytes[place] ^= 1 << UInt8(chance.next() % 8)
          case 1: bytes[place] = UInt8(truncatingIfNeeded: chance.next())
          case 2: bytes[place] = chance.next() % 2 == 0 ? 0xFF : 0
          case 3: bytes.remove(at: place)
          case 4: bytes.insert(UInt8(truncatingIfNeeded: chance.next()), at: place)
          default:
            let end = min(bytes.count, place + 8)
            for index in place..<end { bytes[index] = 0xFF }
          }
        }
        guard let file = try? Self.written(bytes, in: folder) else { return -1 }
        if !Self.exhaust(file) { refused += 1 }
      }
      return refused
    }
    let sum = refused.reduce(0, +)
    #expect(!refused.contains(-1))
    // Most damage is found; some of it only changes a letter.
    #expect((8_000..<20_000).contains(sum), "\(sum)")
  }

  @Test("sizes that cannot be are refused before anything is allocated")
  func sizes() throws {
    // Compressed data that claim 2 GB.
    let claim: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00, 0x61]
    let error = try #require(throws: ParquetDamage.self) {
      try claim.withUnsafeBytes { _ = try Snappy.decompress($0, size: Int(Int32.max)) }
    }
    #expect(error.reason.contains("cannot come of 7"))
    let backwards: [UInt8] = [0x08, 0x00, 0x61, 0x0D, 0x05]
    #expect(throws: ParquetDamage.self) {
      try backwards.withUnsafeBytes { _ = try Snappy.decompress($0, size: 8) }
    }
    // "a", then seven more of it: a copy that reads what it writes.
    let run: [UInt8] = [0x08, 0x00, 0x61, 0x1A, 0x01, 0x00]
    let page = try run.withUnsafeBytes { try Snappy.decompress($0, size: 8) }
    let text = withExtendedLifetime(page) { Array(page.bytes) }
    #expect(text == Array("aaaaaaaa".utf8))
  }
}
