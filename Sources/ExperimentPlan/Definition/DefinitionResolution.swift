// From a definition's tree, as it was written, to a definition that was checked as a whole.
import RetortOptions

/// A definition with everything explicit; its sweep and its ablation are read and not yet written out.
struct DefinitionResolution {
  let definition: ResolvedDefinition
  let filledValues: [FilledValue]

  /// - Parameters:
  ///   - written: with short forms expanded and overrides applied.
  ///   - earlier: mistakes found before.
  /// - Returns: nil with mistakes, and all of them, the earlier ones first.
  static func resolve(
    _ written: DefinitionNode, context: DefinitionContext, after earlier: [Diagnostic] = []
  ) -> (result: DefinitionResolution?, diagnostics: [Diagnostic]) {
    var tree = written
    var preparation = DefinitionPreparation()
    preparation.fillIn(&tree)
    let decoding = DefinitionDecoding(context: context)
    let definition = decoding.definition(of: tree)
    var diagnostics = earlier + preparation.diagnostics + decoding.diagnostics
    guard let definition else { return (nil, diagnostics) }
    var checks = DefinitionChecks(
      definition: definition, mistakes: decoding.mistakes, tree: tree, context: context)
    checks.run()
    diagnostics += checks.diagnostics
    guard diagnostics.isEmpty else { return (nil, diagnostics) }
    return (
      DefinitionResolution(
        definition: checks.definition, filledValues: FilledValues.list(in: tree)), []
    )
  }
}
