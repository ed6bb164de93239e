// Why a student cannot begin from a teacher.

/// Everything that is wrong with an initialisation.
public struct StudentInitializationError: Error, Equatable, CustomStringConvertible {
  public enum Problem: Equatable, Sendable, CustomStringConvertible {
    case families(teacher: ModelFamily, student: ModelFamily)
    case layerCount(student: Int, found: Int)
    case noSuchLayer(Int, teacherLayers: Int)
    case size(String, teacher: Int, student: Int)
    /// Of a student that is to be narrower.
    case wider(String, teacher: Int, student: Int)
    /// The word embeddings vary in fewer directions than the student has columns.
    case tooFewComponents(Int)
    case tokenTypesNotStated
    case tokenTypesNeedless
    case noMaskedLanguageHead

    public var description: String {
      switch self {
      case .families(let teacher, let student):
        "a \(student) student cannot begin from a \(teacher) teacher, which has no "
          + "token types"
      case .layerCount(let student, let found):
        "the layer map names \(found) teacher layers for a student of \(student)"
      case .noSuchLayer(let layer, let count):
        "the layer map names teacher layer \(layer), the teacher has 0 to \(count - 1)"
      case .size(let name, let teacher, let student):
        "\(name) must be equal: teacher \(teacher), student \(student)"
      case .wider(let name, let teacher, let student):
        "\(name) must be at most the teacher's \(teacher), found \(student)"
      case .tooFewComponents(let count):
        "the teacher's word embeddings have fewer than \(count) principal components: use fewer columns, or truncation"
      case .tokenTypesNotStated:
        "the teacher has token types and the student has none: say token_type: fold or drop"
      case .tokenTypesNeedless:
        "token_type is for a student without token types of a teacher that has them: leave it out"
      case .noMaskedLanguageHead:
        "the teacher has no masked-language head to copy: give it one or make the student's new"
      }
    }
  }

  public let problems: [Problem]

  public var description: String {
    "the student cannot be initialised from the teacher: "
      + problems.map(\.description).joined(separator: "; ")
  }
}
