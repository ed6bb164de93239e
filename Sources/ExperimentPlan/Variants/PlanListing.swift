// `retort explain --no-forecast --json`: the variants of a definition and their stages, from the definition alone.
import RetortFiles

/// Every variant with its stages. No file that the definition names is read, so it can be made anywhere.
public struct PlanListing: Encodable, Sendable, Equatable {
  public struct Variant: Encodable, Sendable, Equatable {
    public let title: String
    /// SHA-256 of the variant's whole definition.
    public let definition: String
    public let stages: [Stage]
  }

  public struct Stage: Encodable, Sendable, Equatable {
    public let id: String
    public let kind: String
    /// The models or stages that it begins from, and the stages whose texts it reads.
    public let inputs: [String]
    /// The stage's digest with names in place of contents: equal for two stages, in this definition or in two, that
    /// do the same with files of the same names.
    public let digestByName: String
  }

  public let name: String
  public let variants: [Variant]

  public init(_ loaded: LoadedDefinition) throws(MissingDigest) {
    name = loaded.definition.name
    var variants: [Variant] = []
    for variant in loaded.variants {
      let plan = ResolvedPlan(variant.definition)
      let digests = try PlanDigests(plan, .standingIn(for: [plan]), steps: plan.steps)
      variants.append(
        Variant(
          title: variant.title,
          definition: SHA256.hexDigest(of: variant.definition.canonicalText),
          stages: plan.steps.map { planned in
            Stage(
              id: planned.id, kind: planned.kind.rawValue, inputs: planned.sources,
              digestByName: digests.stages[planned.id] ?? "")
          }))
    }
    self.variants = variants
  }
}
