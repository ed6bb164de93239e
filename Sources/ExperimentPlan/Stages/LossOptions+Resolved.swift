// A loss with what it leaves to the models settled.
import RetortDistillation

extension LossOptions {
  /// The same, with the pairs of layers written out where the models' numbers of layers are known.
  /// - Parameter teacher: one of several by its name, or the only one.
  func resolved(
    student: ModelDimensions, teacher: (_ name: String?) -> ModelDimensions
  ) -> LossOptions {
    LossOptions(terms: terms.map { $0.resolved(student: student, teacher: teacher) })
  }
}
