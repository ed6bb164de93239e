// GLUE's files: what is read, and the place of everything that is refused.
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("GLUE SST-2")
struct LabelledSentencesTests {
  private func read(
    _ bytes: [UInt8], split: DataSplit = .train, in folder: TemporaryFolder
  ) throws -> LabelledSentences {
    try AtomicFile.replace(path: folder.file("f"), with: bytes)
    return try LabelledSentences(task: .sst2, split: split, path: folder.file("f"))
  }

  private func failure(
    _ text: String, split: DataSplit = .train, _ expected: (String) -> DataError
  ) throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: DataError.self) {
      try read(Array(text.utf8), split: split, in: folder)
    }
    #expect(error == expected(folder.file("f")))
  }

  @Test("Labelled rows, kept as they are; quotation marks mean nothing")
  func labelled() throws {
    let folder = try TemporaryFolder()
    let data = try read(
      Array("sentence\tlabel\na \"fine film \t1\r\nété .\t0\n".utf8), in: folder)
    #expect(data.sentences == ["a \"fine film ", "été ."])
    #expect(data.labels == [1, 0])
    #expect(data.classNames == ["negative", "positive"])
    #expect(data.count == 2)
  }

  @Test("The test split has an index and no labels")
  func test() throws {
    let folder = try TemporaryFolder()
    let data = try read(
      Array("index\tsentence\n0\ta film\n1\tno film".utf8), split: .test, in: folder)
    #expect(data.sentences == ["a film", "no film"])
    #expect(data.labels == nil)
  }

  @Test("A byte order mark and blank rows are passed over")
  func passedOver() throws {
    let folder = try TemporaryFolder()
    let data = try read(
      Array("\u{FEFF}sentence\tlabel\n\nfine\t1\n\r\nbad\t0\n\n".utf8), in: folder)
    #expect(data.sentences == ["fine", "bad"] && data.labels == [1, 0])
  }

  @Test("Refusals name the line")
  func refusals() throws {
    func count(_ path: String, _ line: Int, _ found: Int) -> DataError {
      .table(
        .fieldCount(
          path: path, line: line, expected: 2, found: found,
          advice: "a field cannot contain a tab or a line feed"))
    }
    try failure("sentence\tlabel\nfine\t1\nété no tab\n") { count($0, 3, 1) }
    try failure("sentence\tlabel\na\tb\t1\n") { count($0, 2, 3) }
    try failure("sentence\tlabel\nété\t2\n") {
      .wrongLabel(path: $0, line: 2, expected: ["0", "1"], found: "2")
    }
    try failure("sentence\tlabel\nfine\t\n") {
      .wrongLabel(path: $0, line: 2, expected: ["0", "1"], found: "")
    }
    try failure("sentence\tlabel\n \t1\n") { .blankSentence(path: $0, line: 2) }
    for text in ["sentence\tlabel\n", "sentence\tlabel\n\n"] {
      try failure(text) { .table(.empty(path: $0, expected: "rows after the header")) }
    }
    try failure("fine\t1\n") {
      .wrongHeader(path: $0, expected: "sentence\tlabel", found: "fine\t1")
    }
    try failure("index\tsentence\n1\tfine\n", split: .test) {
      .wrongIndex(path: $0, line: 2, expected: 0, found: "1")
    }
  }

  @Test("Invalid UTF-8, empty and missing files")
  func bytes() throws {
    let folder = try TemporaryFolder()
    let bytes = Array("sentence\tlabel\né".utf8) + [0xFF] + Array("\t1\n".utf8)
    let error = #expect(throws: DataError.self) { try read(bytes, in: folder) }
    #expect(
      error
        == .table(.invalidUTF8(path: folder.file("f"), line: 2, column: 2, byteOffset: 17)))
    #expect(throws: DataError.self) { try read([], in: folder) }
    #expect(throws: DataError.self) {
      try LabelledSentences(task: .sst2, split: .dev, path: folder.file("none"))
    }
  }

  @Test("Sequences and batches lie one after another")
  func packing() throws {
    var sequences = TokenSequences()
    sequences.append([2, 9, 3])
    sequences.append([2, 3])
    sequences.append([2, 8, 7, 3])
    #expect(sequences.count == 3 && sequences.tokenCount == 9)
    #expect(sequences.lengths == [3, 2, 4])
    let batch = PackedBatch([2, 0], of: sequences)
    #expect(batch.tokenIDs == [2, 8, 7, 3, 2, 9, 3])
    #expect(batch.offsets == [0, 4, 7])
    #expect(batch.examples == [2, 0])
    #expect(batch.sequenceCount == 2 && batch.tokenCount == 7 && batch.longest == 4)
  }

  @Test("classes without examples, and texts or pairs of another set")
  func coverage() {
    let classes = ["a", "b", "c"]
    let train = LabelledSentences(
      sentences: ["x", "y", "y"], secondSentences: ["1", "1", "2"], labels: [0, 2, 2],
      classNames: classes)
    let dev = LabelledSentences(
      sentences: ["y", "x", "y", "1"], secondSentences: ["1", "2", "1", "y"], labels: nil,
      classNames: classes)
    #expect(train.classesWithoutExamples == ["b"] && dev.classesWithoutExamples.isEmpty)
    // Both rows of the one pair that is there; neither half of a pair alone, nor the halves exchanged.
    #expect(dev.countShared(with: train) == 2 && train.countShared(with: dev) == 1)
    let single = LabelledSentences(sentences: ["y", "z"], numbers: [1, 2])
    #expect(single.countShared(with: single) == 2 && single.classesWithoutExamples.isEmpty)
  }
}
