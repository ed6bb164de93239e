// What is said of a model that has learned to answer the same whatever it reads.

public enum OneAnswer {
  /// `student gives one answer for all examples of WNLI in 1 of 5 runs.`
  /// - Parameters:
  ///   - count: of the runs in which it does; none is a fault of the caller.
  ///   - runs: how many there are.
  public static func warning(
    _ model: String, on data: String, inRuns count: Int = 1, of runs: Int = 1
  ) -> String {
    "\(model) gives one answer for all examples of \(data)"
      + (runs > 1 ? " in \(count) of \(runs) runs." : ".")
  }
}
