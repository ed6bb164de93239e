/// One side of a product cut into panels: the left one's of nearly equal heights, the right one's of full width but for
/// the last, which is filled up with zeros.
struct PanelDivision {
  let extent: Int
  let isLeft: Bool
  let count: Int

  /// - Parameter extent: rows of C on the left, columns on the right.
  init(_ extent: Int, isLeft: Bool) {
    self.extent = extent
    self.isLeft = isLeft
    let widest = isLeft ? PanelShape.rows : PanelShape.columns
    count = (extent + widest - 1) / widest
  }

  /// Outer indices of a panel.
  subscript(panel: Int) -> Range<Int> {
    offset(of: panel)..<min(offset(of: panel + 1), extent)
  }

  /// Outer indices before a panel; where it begins when all are packed one after another.
  func offset(of panel: Int) -> Int {
    isLeft ? panel * extent / count : panel * PanelShape.columns
  }

  /// Values of a packed panel for each inner index.
  func width(of panel: Int) -> Int { offset(of: panel + 1) - offset(of: panel) }

  /// Values of all packed panels for each inner index.
  var packedWidth: Int { offset(of: count) }
}
