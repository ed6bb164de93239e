// The check as a whole.
@_exported import RetortTensorEngine

/// Whether the kernels of this machine compute what PyTorch computes: every operation and whole small models,
/// forward, each gradient and the optimizer, compared with golden numbers that the program carries.
///
/// It takes a tenth of a second. Inputs and weights come from the integer hash, so that nothing but norms and
/// projections is stored.
public enum SelfCheck {
  /// Computes everything that there are golden numbers of, single operations first.
  public static func measure(on engine: Engine) -> [Measurement] {
    OperationChecks(engine: engine).measure() + ObjectiveChecks(engine: engine).measure()
      + OptimizerCheck(engine: engine).measure() + ModelCheck.measure(on: engine)
  }
}
