// Snappy's raw format, decompressed.

enum Snappy {
  /// No element makes more than 64 bytes of 2, so a size beyond this is a lie and nothing is allocated for it.
  private static let mostExpansion = 32

  /// - Parameter size: of the result, as the page says it.
  /// - Source: google/snappy, format_description.txt.
  static func decompress(
    _ bytes: UnsafeRawBufferPointer, size: Int
  ) throws(ParquetDamage) -> PageBytes {
    var reader = ByteReader(bytes)
    let said = try reader.size()
    guard said == size else {
      throw ParquetDamage("compressed data of \(said) bytes in a page of \(size)")
    }
    guard size / mostExpansion <= bytes.count else {
      throw ParquetDamage("\(size) bytes cannot come of \(bytes.count)")
    }
    let output = PageBytes(count: size)
    try decompress(&reader, into: output.memory)
    return output
  }

  private static func decompress(
    _ reader: inout ByteReader, into output: UnsafeMutableRawBufferPointer
  ) throws(ParquetDamage) {
    let size = output.count
    var count = 0
    while reader.remaining > 0 {
      let tag = Int(try reader.byte())
      let (length, offset): (Int, Int)
      switch tag & 3 {
      case 0:
        var literal = tag >> 2
        if literal >= 60 { literal = Int(try reader.integer(literal - 59)) }
        literal += 1
        let part = try reader.take(literal)
        guard literal <= size - count else { throw ParquetDamage("more data than the page has") }
        UnsafeMutableRawBufferPointer(rebasing: output[count..<count + literal])
          .copyMemory(from: part)
        count += literal
        continue
      case 1:
        length = (tag >> 2 & 7) + 4
        offset = (tag >> 5) << 8 | Int(try reader.byte())
      case 2:
        length = tag >> 2 + 1
        offset = Int(try reader.integer(2))
      default:
        length = tag >> 2 + 1
        offset = Int(try reader.integer(4))
      }
      guard offset > 0, offset <= count else {
        throw ParquetDamage("compressed data refer to what is before their beginning")
      }
      guard length <= size - count else { throw ParquetDamage("more data than the page has") }
      // Byte by byte: the copy may read what it has just written.
      for place in count..<count + length { output[place] = output[place - offset] }
      count += length
    }
    guard count == size else {
      throw ParquetDamage("compressed data make \(count) bytes, expected \(size)")
    }
  }
}

/// A decompressed page.
final class PageBytes {
  let memory: UnsafeMutableRawBufferPointer

  init(count: Int) { memory = .allocate(byteCount: count, alignment: 16) }
  deinit { memory.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory) }
}
