/// How the rows of a store are found.
public enum ActivationForm: String, Sendable {
  /// By the step of a training: where words are masked anew in every epoch.
  case bySteps = "stage"
  /// By the number of the example: where inputs never change.
  case byExample = "text"

  /// The form of a verified store.
  public static func ofStore(path: String) throws(ActivationStoreError) -> ActivationForm {
    try ActivationFile(path: path).form
  }

  var words: String {
    switch self {
    case .bySteps: "outputs by training step, of a text that is masked anew in every epoch"
    case .byExample: "outputs by example, of a text as it is"
    }
  }
}
