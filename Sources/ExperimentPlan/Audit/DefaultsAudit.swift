// The program's own defaults, each with the one of Hugging Face's programs that it answers to.
import RetortRecords

/// What `Results/defaults.md` is drawn from. No value stands here: each is read off a recipe, a
/// configuration or the code that holds it, so that none can change without its row.
public enum DefaultsAudit {
  public static let defaults: [AuditedDefault] =
    fineTuning + distillation + pretraining + models + tokenizer + behaviour

  /// A table of the reference that `Tests/Peers/hf_defaults.py` writes.
  static func installed(_ table: String, _ name: String) -> AuditedDefault.Counterpart {
    AuditedDefault.Counterpart(reference: "hf-defaults", table: table, name: name)
  }

  /// A table of the reference that was read in the sources.
  static func source(_ table: String, _ name: String) -> AuditedDefault.Counterpart {
    AuditedDefault.Counterpart(reference: "hf-sources", table: table, name: name)
  }
}

/// The values that a stage's body is filled in with, by path.
struct FilledBody {
  let section: String
  private let values: [String: String]

  /// - Parameter recipe: nil for what the program fills in without one.
  init(section: String, kind: StageKind, recipe: String?) {
    self.section = section
    let tree =
      recipe.flatMap { Recipe.named($0, for: kind) }?.tree
      ?? StandardOptions.tree(for: kind, seed: nil)
    values = Dictionary(
      uniqueKeysWithValues: FilledValues.list(in: tree).map { ($0.path, $0.value) })
  }

  var paths: Set<String> { Set(values.keys) }

  /// The row of one value; of one that is not filled in, that it must be written.
  func row(
    _ path: String, _ counterpart: AuditedDefault.Counterpart,
    inTheirWords translate: (String) -> String = { $0 }, because reason: String? = nil
  ) -> AuditedDefault {
    let value = values[path] ?? Self.mustBeWritten
    return AuditedDefault(
      section: section, setting: path, value: value, inTheirWords: translate(value),
      counterpart: counterpart, reason: reason)
  }

  static let mustBeWritten = "must be written"
}
