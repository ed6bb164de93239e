/// Where each sequence of a packed batch begins: tokens of sequence n are rows offsets[n]..<offsets[n + 1].
public struct SequenceLayout: Sendable {
  /// [N + 1], from 0 to the number of tokens.
  public let offsets: [Int32]
  /// [T], 1 for the tokens of a pair's second text, 0 for all others; nil where no sequence is a pair.
  public let tokenTypes: [Int32]?
  public let placement: RowPlacement
  /// Every row.
  public let allRows: RowSelection

  /// - Parameters:
  ///   - offsets: [N + 1], from 0 to the number of tokens.
  ///   - secondStarts: [N], how many tokens of each sequence come before its second text, all of them in a single text;
  ///     nil for single texts only.
  public init(offsets: [Int32], secondStarts: [Int32]? = nil) {
    precondition(offsets.first == 0, "offsets begin with 0")
    precondition(
      secondStarts.map { $0.count == offsets.count - 1 } ?? true,
      "\(secondStarts?.count ?? 0) second texts of \(offsets.count - 1) sequences")
    self.offsets = offsets
    var tokenTypes: [Int32] = []
    var sequences: [Int32] = []
    var positions: [Int32] = []
    sequences.reserveCapacity(Int(offsets.last ?? 0))
    positions.reserveCapacity(Int(offsets.last ?? 0))
    var longest = 0
    for n in 0..<offsets.count - 1 {
      let length = offsets[n + 1] - offsets[n]
      precondition(length > 0, "sequence \(n) is empty")
      longest = max(longest, Int(length))
      for position in 0..<length {
        sequences.append(Int32(n))
        positions.append(position)
      }
      guard let start = secondStarts?[n] else { continue }
      precondition(
        (0...length).contains(start), "a second text at \(start) of \(length) tokens")
      tokenTypes += repeatElement(0, count: Int(start))
      tokenTypes += repeatElement(1, count: Int(length - start))
    }
    self.tokenTypes = secondStarts == nil ? nil : tokenTypes
    placement = RowPlacement(
      sequences: sequences, positions: positions, sequenceCount: offsets.count - 1,
      paddedLength: longest)
    allRows = RowSelection(everyRowOf: placement, offsets: offsets)
  }

  /// N
  public var sequenceCount: Int { offsets.count - 1 }
  /// T
  public var tokenCount: Int { placement.sequences.count }
  /// Length of the longest sequence.
  public var longest: Int { placement.paddedLength }

  public func length(of sequence: Int) -> Int { Int(offsets[sequence + 1] - offsets[sequence]) }

  /// The first row of each sequence, [CLS].
  public var firstRows: RowSelection {
    RowSelection(layout: self, rows: Array(offsets.dropLast()))
  }

  /// One row a sequence with nothing else beside it, as the output of a pooler.
  public var pooledPlacement: RowPlacement {
    RowPlacement(
      sequences: Array(0..<Int32(sequenceCount)),
      positions: [Int32](repeating: 0, count: sequenceCount), sequenceCount: sequenceCount,
      paddedLength: 1)
  }
}

/// Which sequence and position each row of a matrix belongs to: what dropout masks are drawn by.
public struct RowPlacement: Sendable {
  public let sequences: [Int32]
  public let positions: [Int32]
  public let sequenceCount: Int
  /// Rows a sequence would have in a padded batch; only a replay of PyTorch asks.
  public let paddedLength: Int
}

/// Some rows of a packed batch, in ascending order: those of the last layer that somebody reads.
public struct RowSelection: Sendable {
  /// [R], packed row numbers.
  public let rows: [Int32]
  /// [N + 1]: the selected rows of sequence n are rows[offsets[n]..<offsets[n + 1]].
  let offsets: [Int32]
  public let placement: RowPlacement
  public let isEveryRow: Bool

  public init(layout: SequenceLayout, rows: [Int32]) {
    var offsets: [Int32] = [0]
    var next = 0
    for n in 0..<layout.sequenceCount {
      while next < rows.count, rows[next] < layout.offsets[n + 1] {
        precondition(next == 0 || rows[next - 1] < rows[next], "selected rows must ascend")
        next += 1
      }
      offsets.append(Int32(next))
    }
    precondition(
      next == rows.count, "a selected row beyond the batch's \(layout.tokenCount) tokens")
    self.rows = rows
    self.offsets = offsets
    isEveryRow = rows.count == layout.tokenCount
    placement = RowPlacement(
      sequences: rows.map { layout.placement.sequences[Int($0)] },
      positions: rows.map { layout.placement.positions[Int($0)] },
      sequenceCount: layout.sequenceCount, paddedLength: layout.longest)
  }

  /// All rows of a layout, sharing what it knows of them.
  fileprivate init(everyRowOf placement: RowPlacement, offsets: [Int32]) {
    rows = Array(0..<Int32(placement.sequences.count))
    self.offsets = offsets
    self.placement = placement
    isEveryRow = true
  }

  /// R
  public var count: Int { rows.count }

  func range(of sequence: Int) -> Range<Int> {
    Int(offsets[sequence])..<Int(offsets[sequence + 1])
  }
}
