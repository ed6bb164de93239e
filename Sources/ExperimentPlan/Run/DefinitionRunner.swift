// A definition, run: every experiment that its sweep and its ablation ask for, in order.
import RetortDistillation
import RetortFiles
import RetortFormatting
import RetortRecords
import RetortTransformers

/// Runs the variants of a definition one after the other; stages that are the same in several are computed once.
///
/// Each variant has a run folder and a record of its own, written as soon as it is done: what is there when a
/// run is stopped can be published as it is, and resuming finds it.
public final class DefinitionRunner {
  public let loaded: LoadedDefinition

  private let request: RunRequest
  private let locations: Locations
  private let engine: Engine
  private weak var observer: (any RunObserver)?

  /// Reads and checks the definition; nothing is written and no weights are read.
  public init(
    _ request: RunRequest, locations: Locations, engine: Engine, observer: any RunObserver
  ) throws {
    loaded = try LoadedDefinition.load(
      path: request.definitionPath, overrides: request.overrides,
      context: DefinitionContext(locations: locations, definitionPath: request.definitionPath))
    self.request = request
    self.locations = locations.startingFrom(definition: request.definitionPath)
    self.engine = engine
    self.observer = observer
    // A stage that some variant does not have is told before the first is begun.
    for variant in loaded.variants { _ = try runner(of: variant) }
    let folders = loaded.variants.map { "\(request.runs)/\($0.runName)" }
    if request.resumes, !folders.contains(where: Folder.exists) {
      throw RunFolderError.nothingToResume(path: folders[0])
    }
  }

  /// - Parameter variant: one of `loaded.variants`.
  public func runner(of variant: DefinitionVariant) throws(RunError) -> ExperimentRunner {
    try ExperimentRunner(
      request, variant: variant, of: loaded.variants, locations: locations, engine: engine,
      observer: observer)
  }

  /// Runs everything that was asked for.
  /// - Parameter finished: told of each variant when its record is written.
  /// - Returns: what all of them left, in order.
  @discardableResult
  public func run(finished: (FinishedRun) throws -> Void = { _ in }) throws -> [FinishedRun] {
    let facts = try gatherFacts()
    var runs: [FinishedRun] = []
    for (index, variant) in loaded.variants.enumerated() {
      if let point = variant.point {
        observer?.note("variant \(index + 1) of \(loaded.variants.count): \(point.point)")
      }
      // Made here and let go after: it holds the texts that it has prepared.
      let run = try runner(of: variant).run(facts)
      runs.append(run)
      try finished(run)
    }
    return runs
  }

  /// Locates and digests what the variants read, each file once.
  /// - Throws: everything that is missing for any of them, and every place that the run will write and cannot.
  public func gatherFacts() throws -> DigestFacts {
    var facts = DigestFacts(numericsVersion: Numerics.version, blasCore: BLASKernel.coreName)
    var problems: [String] = []
    for variant in loaded.variants {
      let runner = try runner(of: variant)
      do throws(LocationError) {
        facts = try runner.gatherFacts(beginningWith: facts)
      } catch {
        problems += error.problems + runner.problemsWithFolder
        continue
      }
      problems += try runner.problemsWithPlaces(facts)
    }
    guard problems.isEmpty else { throw LocationError(problems: problems.firstOccurrences) }
    return facts
  }
}
