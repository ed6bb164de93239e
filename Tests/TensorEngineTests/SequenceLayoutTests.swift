import RetortTensorEngine
import Testing

@Suite struct SequenceLayoutTests {
  private let layout = SequenceLayout(offsets: [0, 3, 4, 9])

  @Test("counts, lengths and placement")
  func layoutOfThree() {
    #expect(layout.sequenceCount == 3 && layout.tokenCount == 9 && layout.longest == 5)
    #expect((0..<3).map(layout.length) == [3, 1, 5])
    #expect(layout.placement.sequences == [0, 0, 0, 1, 2, 2, 2, 2, 2])
    #expect(layout.placement.positions == [0, 1, 2, 0, 0, 1, 2, 3, 4])
    #expect(layout.placement.paddedLength == 5)
  }

  @Test("selections")
  func selections() {
    #expect(layout.allRows.isEveryRow && layout.allRows.count == 9)
    #expect(layout.allRows.rows == Array(0..<9))
    #expect(layout.allRows.placement.sequences == layout.placement.sequences)
    #expect(layout.allRows.placement.positions == layout.placement.positions)
    #expect(layout.firstRows.rows == [0, 3, 4] && !layout.firstRows.isEveryRow)
    let some = RowSelection(layout: layout, rows: [2, 6, 8])
    #expect(some.placement.sequences == [0, 2, 2] && some.placement.positions == [2, 2, 4])
    #expect(layout.pooledPlacement.sequences == [0, 1, 2])
    #expect(layout.pooledPlacement.positions == [0, 0, 0])
    // The first rows of sequences of one token are every row.
    #expect(SequenceLayout(offsets: [0, 1, 2]).firstRows.isEveryRow)
  }

  @Test("impossible layouts and selections trap")
  func impossible() async {
    await #expect(processExitsWith: .failure) { _ = SequenceLayout(offsets: [0, 2, 2]) }
    await #expect(processExitsWith: .failure) { _ = SequenceLayout(offsets: [1, 2]) }
    await #expect(processExitsWith: .failure) {
      _ = SequenceLayout(offsets: [0, 2], secondStarts: [3])
    }
    await #expect(processExitsWith: .failure) {
      _ = RowSelection(layout: SequenceLayout(offsets: [0, 2]), rows: [1, 1])
    }
    await #expect(processExitsWith: .failure) {
      _ = RowSelection(layout: SequenceLayout(offsets: [0, 2]), rows: [2])
    }
  }
}
