/// The divergences that a definition can name.
public enum Divergences {
  /// In the order of the reference. The first is the one that soft targets have where none is written.
  public static let all: [any LogitDivergence.Type] = [
    ForwardKL.self,
    ReverseKL.self,
    JensenShannon.self,
    TotalVariation.self,
    LogitMSE.self,
    DecoupledKL.self,
    PearsonDistance.self,
    StandardisedKL.self,
  ]
}
