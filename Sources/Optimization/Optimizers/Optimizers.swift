// The optimizers that a definition can name.

public enum Optimizers {
  public static let all: [any OptimizerRule.Type] = [
    AdamW.self,
    Adam.self,
  ]
}
