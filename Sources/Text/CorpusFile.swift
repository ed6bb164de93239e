/// The file that keeps a tokenized corpus between runs: written once, then only mapped.
import RetortFiles

/// Layout, little-endian: ids (2 or 4 bytes each), zeros up to a multiple of 8, offsets (8 bytes
/// each, sequences + 1), counts (8 bytes each, one a vocabulary id), footer (7 numbers of 8 bytes:
/// magic, version, bytes an id, ids, sequences, vocabulary size, XXH64 of all bytes before it).
struct CorpusFile: Sendable {
  private static let magic: UInt64 = 0x5355_5052_4F43_5452  // "RTCORPUS"
  private static let version: UInt64 = 1
  private static let footerSize = 7 * 8

  let tokenCount: Int
  let sequenceCount: Int
  let vocabularyCount: Int
  private let idSize: Int
  private let file: MappedFile
  private let offsetsStart: Int

  /// The file at `path`, or nil if there is none or it is damaged in any way.
  init?(path: String) {
    guard let digest = Self.digest(path: path),
      let file = try? MappedFile(path: path, access: .random)
    else { return nil }
    let bytes = file.bytes
    guard bytes.count >= Self.footerSize else { return nil }
    let footer = (0..<7).map { index in
      UInt64(
        littleEndian: bytes.loadUnaligned(
          fromByteOffset: bytes.count - Self.footerSize + 8 * index, as: UInt64.self))
    }
    guard footer[0] == Self.magic, footer[1] == Self.version, footer[2] == 2 || footer[2] == 4,
      digest == footer[6]
    else { return nil }
    self.file = file
    idSize = Int(footer[2])
    tokenCount = Int(footer[3])
    sequenceCount = Int(footer[4])
    vocabularyCount = Int(footer[5])
    offsetsStart = (tokenCount * idSize + 7) / 8 * 8
    let size = offsetsStart + 8 * (sequenceCount + 1 + vocabularyCount) + Self.footerSize
    guard size == bytes.count else { return nil }
  }

  /// XXH64 of all bytes but the last eight, read from front to back in constant memory.
  private static func digest(path: String) -> UInt64? {
    guard let text = try? TextFile(path: path), text.byteCount >= footerSize else { return nil }
    var sum = XXH64()
    text.forEachBlock(in: 0..<text.byteCount - 8) { sum.update($0) }
    return sum.finalize()
  }

  @inline(__always)
  func offset(_ index: Int) -> Int {
    file.bytes.loadUnaligned(fromByteOffset: offsetsStart + 8 * index, as: Int.self)
  }

  func count(of id: Int) -> Int {
    let start = offsetsStart + 8 * (sequenceCount + 1)
    return file.bytes.loadUnaligned(fromByteOffset: start + 8 * id, as: Int.self)
  }

  func appendTokens(_ range: Range<Int>, to ids: inout [Int32]) {
    let part = UnsafeRawBufferPointer(
      rebasing: file.bytes[range.lowerBound * idSize..<range.upperBound * idSize])
    if idSize == 2 {
      ids.append(contentsOf: part.bindMemory(to: UInt16.self).lazy.map { Int32($0) })
    } else {
      ids.append(contentsOf: part.bindMemory(to: Int32.self))
    }
  }

  /// Writes such a file sequence by sequence; lengths go to a file of their own until the end, so
  /// that memory does not grow with the corpus.
  final class Writer {
    var path: String { output.path }
    private let output: AtomicFileWriter
    private let lengthsFile: PendingFile
    private let lengths: AtomicFileWriter
    private var sum = XXH64()
    private let idSize: Int
    private var buffer: [UInt8] = []
    private(set) var tokenCount = 0
    private(set) var sequenceCount = 0

    init(path: String, vocabularyCount: Int) throws(FileError) {
      output = try AtomicFileWriter(path: path)
      lengthsFile = try PendingFile(replacing: path + ".lengths")
      lengths = try AtomicFileWriter(path: lengthsFile.temporaryPath)
      idSize = vocabularyCount <= 1 << 16 ? 2 : 4
    }

    func append(_ sequence: ArraySlice<Int32>) throws(FileError) {
      buffer.removeAll(keepingCapacity: true)
      for id in sequence {
        let bits = UInt32(bitPattern: id)
        buffer.append(UInt8(truncatingIfNeeded: bits))
        buffer.append(UInt8(truncatingIfNeeded: bits >> 8))
        if idSize == 4 {
          buffer.append(UInt8(truncatingIfNeeded: bits >> 16))
          buffer.append(UInt8(truncatingIfNeeded: bits >> 24))
        }
      }
      try write(buffer)
      buffer.removeAll(keepingCapacity: true)
      append(number: sequence.count)
      try lengths.write(buffer)
      tokenCount += sequence.count
      sequenceCount += 1
    }

    /// - Parameter counts: one for each vocabulary id.
    func finish(counts: [Int]) throws(FileError) {
      let bytes = tokenCount * idSize
      try write([UInt8](repeating: 0, count: (bytes + 7) / 8 * 8 - bytes))
      try lengths.commit()
      let mapped = try MappedFile(path: lengthsFile.temporaryPath)
      var offset = 0
      try write(numbers: [0])
      for index in 0..<sequenceCount {
        offset += withExtendedLifetime(mapped) {
          $0.bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int.self)
        }
        try write(numbers: [offset])
      }
      try write(numbers: counts)
      try write(
        numbers: [
          Int(CorpusFile.magic), Int(CorpusFile.version), idSize, tokenCount, sequenceCount,
          counts.count,
        ])
      buffer.removeAll(keepingCapacity: true)
      append(number: Int(bitPattern: UInt(sum.finalize())))
      try output.write(buffer)
      try output.commit()
      lengthsFile.discard()
    }

    func discard() {
      output.discard()
      lengths.discard()
      lengthsFile.discard()
    }

    private func append(number: Int) {
      var bits = UInt64(bitPattern: Int64(number))
      for _ in 0..<8 {
        buffer.append(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
      }
    }

    private func write(numbers: [Int]) throws(FileError) {
      buffer.removeAll(keepingCapacity: true)
      for number in numbers { append(number: number) }
      try write(buffer)
    }

    private func write(_ bytes: [UInt8]) throws(FileError) {
      bytes.withUnsafeBytes { sum.update($0) }
      try output.write(bytes)
    }
  }
}
