// Whether pairs of layers go upwards in both models.

extension [LayerPair] {
  /// A warning about pairs of which a later layer of the student has an earlier one of the teacher, or the same; nil where there
  /// are none.
  /// - Parameter layers: what is paired: "states".
  func orderNote(_ layers: String) -> String? {
    for (place, one) in enumerated() {
      for other in dropFirst(place + 1) where one.student != other.student {
        let (lower, upper) = one.student < other.student ? (one, other) : (other, one)
        guard lower.teacher >= upper.teacher else { continue }
        return "the pairs of \(layers) do not increase: \(lower.words) and \(upper.words)"
      }
    }
    return nil
  }
}

extension LayerMap {
  /// That of explicit pairs; every other map increases.
  func orderNote(_ layers: String) -> String? {
    if case .pairs(let pairs) = self { pairs.orderNote(layers) } else { nil }
  }
}
