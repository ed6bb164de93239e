// Everything under Results/records/performance/.

import Foundation
import RetortRecords

struct PerformanceRecords: Sendable, Equatable {
  var comparison: PerformanceRecord?
  var scaling: ScalingRecord?
  var forecast: ForecastRecord?

  var isEmpty: Bool { comparison == nil && scaling == nil && forecast == nil }

  /// - Parameter folder: may be missing.
  /// - Throws: also for a file that is none of these records, which no page would show.
  init(folder: String) throws(RecordError) {
    for name in try RecordFolder.names(path: folder) {
      let path = "\(folder)/\(name)"
      switch name {
      case "comparison.json": comparison = try .readForPages(path: path)
      case "scaling.json": scaling = try .readForPages(path: path)
      case "forecast.json": forecast = try .readForPages(path: path)
      default:
        throw .unreadable(
          source: path,
          reason: "no record of performance; those are comparison.json, scaling.json, forecast.json"
        )
      }
    }
  }
}
