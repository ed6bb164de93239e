// One column of one row group: its pages, one after the other.

struct ParquetChunk {
  let column: ParquetColumn
  private let isCompressed: Bool
  private let repairs: Bool
  private var pages: ByteReader
  /// Rows that are not yet in a page.
  private var left: Int
  private var page: ParquetPage?
  private var dictionary: [ParquetValue]?

  /// - Parameters:
  ///   - file: all bytes, which stay in memory while this is used.
  ///   - end: where the file's metadata begins.
  init(
    _ metadata: ThriftStruct, of column: ParquetColumn, rows: Int, in file: UnsafeRawBufferPointer,
    end: Int, repairs: Bool
  ) throws(ParquetDamage) {
    guard let facts = metadata.fields(3) else {
      throw ParquetDamage("no metadata of the column", advice: "write the data into one file")
    }
    guard metadata.text(1) ?? "" == "" else {
      throw ParquetDamage("data in another file", advice: "write the data into one file")
    }
    let codec = facts.integer(4) ?? -1
    guard codec == 0 || codec == 1 else {
      let names = ["", "", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4"]
      let name = names.indices.contains(codec) ? names[codec] : "\(codec)"
      throw ParquetDamage("the compression \(name)", advice: "write it with compression snappy")
    }
    guard facts.integer(1) == column.type?.rawValue else {
      throw ParquetDamage("its type is another than the schema's")
    }
    guard facts.integer(5) == rows else {
      throw ParquetDamage("\(facts.integer(5) ?? 0) values, and the row group has \(rows) rows")
    }
    self.column = column
    self.repairs = repairs
    isCompressed = codec == 1
    left = rows
    guard rows > 0 else {
      // There may be no page to point to.
      pages = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
      return
    }
    let first = facts.integer(9) ?? -1
    let start = facts.integer(11).map { $0 > 0 ? min($0, first) : first } ?? first
    let size = facts.integer(7) ?? -1
    guard start >= 4, start <= end, size >= 0, size <= end - start else {
      throw ParquetDamage("its pages lie outside of the file's data")
    }
    pages = ByteReader(UnsafeRawBufferPointer(rebasing: file[start..<start + size]))
  }

  /// The next row's value; there must be one.
  mutating func next() throws(ParquetDamage) -> ParquetValue {
    while page?.left ?? 0 == 0 { try readPage() }
    guard let value = try page?.next(column, dictionary: dictionary, repairs: repairs) else {
      throw ParquetDamage("a page with too few values")
    }
    return value
  }

  /// Reads pages up to the next one with data. Each takes some bytes, so they end.
  private mutating func readPage() throws(ParquetDamage) {
    let header = try ThriftStruct(&pages)
    // Sizes and counts are of 32 bits.
    guard let size = header.integer(3), let whole = header.integer(2),
      (0...Int(Int32.max)).contains(whole)
    else {
      throw ParquetDamage("a page without a size")
    }
    let body = try pages.take(size)
    switch header.integer(1) {
    case 0: page = try dataPage(header, body, size: whole)
    case 2:
      guard let facts = header.fields(7), let count = facts.integer(1), dictionary == nil else {
        throw ParquetDamage("a dictionary that should not be there")
      }
      let (bytes, owner) = try decompressed(body, size: whole)
      dictionary = try withExtendedLifetime(owner) { () throws(ParquetDamage) in
        try ParquetPage.dictionary(column, count: count, body: bytes, repairs: repairs)
      }
    case 3: page = try secondDataPage(header, body, size: whole)
    default: break
    }
  }

  /// Version 1: levels and values are compressed together.
  private mutating func dataPage(
    _ header: ThriftStruct, _ body: UnsafeRawBufferPointer, size: Int
  ) throws(ParquetDamage) -> ParquetPage {
    guard let facts = header.fields(5), let encoding = facts.integer(2) else {
      throw ParquetDamage("a page without a header")
    }
    let count = try rows(facts)
    let (bytes, owner) = try decompressed(body, size: size)
    var reader = ByteReader(bytes)
    var levels: UnsafeRawBufferPointer?
    if column.isOptional {
      guard facts.integer(3) == 3 else {
        throw ParquetDamage(
          "the old encoding of definition levels", advice: "write it with a newer program")
      }
      levels = try reader.take(Int(try reader.integer(4)))
    }
    return try ParquetPage(
      column, count: count, encoding: encoding, levels: levels,
      body: reader.take(reader.remaining), owner: owner)
  }

  /// Version 2: levels stand before the compressed values.
  private mutating func secondDataPage(
    _ header: ThriftStruct, _ body: UnsafeRawBufferPointer, size: Int
  ) throws(ParquetDamage) -> ParquetPage {
    guard let facts = header.fields(8), let encoding = facts.integer(4),
      let levelBytes = facts.integer(5), facts.integer(6) ?? 0 == 0
    else { throw ParquetDamage("a page without a header") }
    let count = try rows(facts)
    var reader = ByteReader(body)
    let levels = try reader.take(levelBytes)
    let rest = try reader.take(reader.remaining)
    let (bytes, owner) =
      facts.truth(7) ?? true
      ? try decompressed(rest, size: size - levelBytes) : (rest, nil)
    return try ParquetPage(
      column, count: count, encoding: encoding, levels: column.isOptional ? levels : nil,
      body: bytes, owner: owner)
  }

  /// How many rows a page has; they are counted.
  private mutating func rows(_ facts: ThriftStruct) throws(ParquetDamage) -> Int {
    guard let count = facts.integer(1), (0...min(left, Int(Int32.max))).contains(count) else {
      throw ParquetDamage("a page of \(facts.integer(1) ?? 0) rows where \(left) are left")
    }
    left -= count
    return count
  }

  private func decompressed(
    _ body: UnsafeRawBufferPointer, size: Int
  ) throws(ParquetDamage) -> (bytes: UnsafeRawBufferPointer, owner: PageBytes?) {
    guard isCompressed else { return (body, nil) }
    // Nothing is compressed to nothing by some writers.
    if body.isEmpty, size == 0 { return (body, nil) }
    let owner = try Snappy.decompress(body, size: size)
    return (owner.bytes, owner)
  }
}
