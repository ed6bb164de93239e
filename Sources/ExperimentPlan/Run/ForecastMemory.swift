// What `explain` measured, for a run that comes after it.
import Foundation
import RetortFiles

/// Seconds that stages take on this machine, by digest and number of threads.
struct ForecastMemory {
  private let folder: String
  private let threads: Int

  init(_ locations: Locations, threads: Int) {
    folder = locations.forecasts
    self.threads = threads
  }

  /// Nil where nothing was measured.
  func seconds(ofStage digest: String) -> Double? {
    (try? String(contentsOfFile: path(digest), encoding: .utf8)).flatMap {
      Double($0.prefix { !$0.isNewline })
    }
  }

  /// A cache that cannot be written is no reason to stop.
  func keep(_ seconds: Double, ofStage digest: String) {
    try? Folder.create(path: folder)
    try? AtomicFile.replace(path: path(digest), with: "\(seconds)\n")
  }

  private func path(_ digest: String) -> String { "\(folder)/\(digest)-\(threads)" }
}
