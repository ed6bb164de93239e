/// Where in a batch something is read, compared or stored, in the order of the tokens.
public enum TokenPositions: String, Sendable, Equatable, CaseIterable {
  case all
  /// Those whose word is to be predicted: their label is not -1.
  case masked
}
