// Everything under Results/records/performance/.

import Foundation
import RetortRecords

struct PerformanceRecords: Sendable, Equatable {
  var comparison: PerformanceRecord?
  var scaling: ScalingRecord?
  var forecast: ForecastRecord?
  /// Losses beside PyTorch's statements of them.
  var losses: PerformanceRecord?
  /// What each method costs: of a page of its own.
  var terms: MethodsRecord?
  /// What published distillations take at their own sizes: of that page too.
  var publishedSizes: PublishedSizesRecord?

  /// Whether there is nothing for the page of performance.
  var isEmpty: Bool {
    comparison == nil && scaling == nil && forecast == nil && losses == nil
  }

  private static let names =
    "comparison.json, losses.json, scaling.json, forecast.json, terms.json, published_sizes.json"

  /// - Parameter folder: may be missing.
  /// - Throws: also for a file that is none of these records, which no page would show.
  init(folder: String) throws(RecordError) {
    for name in try RecordFolder.names(path: folder) {
      let path = "\(folder)/\(name)"
      switch name {
      case "comparison.json": comparison = try .readForPages(path: path)
      case "scaling.json": scaling = try .readForPages(path: path)
      case "forecast.json": forecast = try .readForPages(path: path)
      case "losses.json": losses = try .readForPages(path: path)
      case "terms.json": terms = try .readForPages(path: path)
      case "published_sizes.json": publishedSizes = try .readForPages(path: path)
      default:
        throw .unreadable(
          source: path,
          reason: "no record of performance; those are \(Self.names)")
      }
    }
  }
}
