// Figures that were measured before, so that no model is measured twice by the same measure.
import RetortFiles
import RetortOptions
import RetortRecords

/// `RETORT_CACHE/measures/<digest>.json`: the figures of one model, with what their intervals are computed from.
struct MeasureCache {
  private let folder: String

  init(_ locations: Locations) { folder = locations.measures }

  private struct Entry: StrictRecord {
    var format = RunRecord.currentFormat
    var figures: [MeasuredFigure]
  }

  /// Nil for what was not measured before; a file that cannot be read is measured anew.
  func lookUp(_ digest: String) -> [MeasuredFigure]? {
    let path = path(digest)
    return Locations.exists(path) ? (try? Entry.read(path: path))?.figures : nil
  }

  func keep(_ figures: [MeasuredFigure], _ digest: String) throws {
    try Folder.create(path: folder)
    let text = try RecordText.tree(of: Entry(figures: figures), source: path(digest)).document
    try AtomicFile.replace(path: path(digest), with: text)
  }

  private func path(_ digest: String) -> String { "\(folder)/\(digest).json" }
}
