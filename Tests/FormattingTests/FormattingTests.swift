// Numbers and tables for people.
import Testing

@testable import RetortFormatting

struct FormattingTests {
  @Test("numbers as text")
  func text() {
    #expect((-0.00001).fixed(4) == "0.0000")
    #expect((-0.5).fixed(1) == "-0.5")
    #expect(0.90366972.fixed(4) == "0.9037")
    #expect(1_234_567.grouped == "1,234,567")
    #expect((-999).grouped == "-999")
    #expect(1_000.grouped == "1,000")
    #expect(39_600.0.durationText == "11 h 0 min")
    #expect(320.4.durationText == "5 min 20 s")
    #expect(2_400.0.durationText == "40 min")
    #expect(3_599.7.durationText == "1 h 0 min")
    #expect(0.4137.durationText == "0.41 s")
    #expect(183_600.0.durationText == "2 d 3 h")
    #expect(Double.nan.durationText == "?" && (-1.0).durationText == "?")
    #expect(720_371_712.memoryText == "687 MiB")
    #expect(362_700.memoryText == "354 KiB" && 0.memoryText == "0 MiB")
    #expect([1, 512, 524_288].map(\.memoryText) == ["1 KiB", "1 KiB", "512 KiB"])
    #expect(5_368_709_120.memoryText == "5.00 GiB")
    #expect(Double.nan.fixed(2) == "nan" && (-Double.infinity).fixed(2) == "-inf")
  }

  @Test("columns are as wide as their widest cell, numbers stand on the right")
  func table() {
    let table = TextTable(
      header: ["name", "steps", ""], rows: [["a", "1,000", "x"], ["longer", "7", ""]],
      rightAligned: [1])
    #expect(
      table.text() == """
        name    steps
        a       1,000  x
        longer      7
        """)
    #expect(
      table.ruledText() == """
        name    steps
        ------  -----  ---
        a       1,000  x
        longer      7

        """)
    #expect(table.text(width: 16) == table.text())
  }

  @Test("a table that is wider than the terminal is a block for each row")
  func foldedTable() {
    let table = TextTable(
      header: ["Model", "Accuracy", "Best by"],
      rows: [["teacher", "1.0000", "loss and accuracy"], ["student", "0.9", ""]],
      rightAligned: [1])
    #expect(
      table.ruledText(width: 24) == """
        Model: teacher
          Accuracy  1.0000
          Best by   loss and
                    accuracy

        Model: student
          Accuracy  0.9

        """)
    #expect(table.text(width: 36) == table.text())
  }

  @Test("one with many rows is several tables, each with the columns that tell the rows apart")
  func columnGroups() {
    let table = TextTable(
      header: ["Run", "Epoch", "Loss", "Accuracy", "Best by"],
      rows: (1...7).map { ["a", "\($0)", "0.\($0)", "0.9\($0)", $0 == 7 ? "loss" : ""] },
      rightAligned: [1, 2, 3])
    #expect(
      table.text(width: 24) == """
        Run  Epoch  Loss
        a        1   0.1
        a        2   0.2
        a        3   0.3
        a        4   0.4
        a        5   0.5
        a        6   0.6
        a        7   0.7

        Run  Epoch  Accuracy
        a        1      0.91
        a        2      0.92
        a        3      0.93
        a        4      0.94
        a        5      0.95
        a        6      0.96
        a        7      0.97

        Run  Epoch  Best by
        a        1
        a        2
        a        3
        a        4
        a        5
        a        6
        a        7  loss
        """)
    #expect(table.text(width: 16).hasPrefix("Run: a, Epoch: 1\n"), "no room for one column")
  }

  @Test("lines are broken at words, below their second column")
  func wrappedText() {
    #expect("one two three".wrapped(to: nil) == "one two three")
    #expect("one two three".wrapped(to: 13) == "one two three")
    #expect("one two three".wrapped(to: 12) == "one two\n  three")
    #expect("one two\n\nthree four".wrapped(to: 7) == "one two\n\nthree\n  four")
    #expect(
      "  threads  one two three four".wrapped(to: 22)
        == "  threads  one two\n           three four")
    #expect("a /a/long/path and more".wrapped(to: 10) == "a\n  /a/long/path\n  and more")
  }
}
