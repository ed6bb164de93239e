// Definitions and stages keep their digests: a cache filled by an earlier version is found again.
import Foundation
import RetortFiles
import RetortRecords
import RetortReporting
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct UnchangedDigestTests {
  private static let repository = URL(filePath: ExperimentFiles.folder)
    .deletingLastPathComponent().path()
  private static let records = "\(repository)/Results/records"

  static let recordNames = ((try? Folder.names(path: records)) ?? []).filter {
    $0.hasSuffix(".json")
  }.sorted()

  private static func record(_ name: String) throws -> RunRecord {
    try RunRecord.read(path: "\(records)/\(name)")
  }

  /// The definition that a record holds, decoded again.
  private static func definition(of record: RunRecord) throws -> ResolvedDefinition {
    let path = "\(repository)/\(record.experiment.file)"
    return try LoadedDefinition.load(
      text: record.experiment.definition.joined(separator: "\n"), path: path,
      context: DefinitionContext(
        locations: Locations(cache: "/nowhere", mirror: nil), definitionPath: path)
    ).definition
  }

  @Test func thereAreRecords() {
    #expect(Self.recordNames.count >= 15)
  }

  @Test("a record's definition is written back byte for byte", arguments: recordNames)
  func definitions(name: String) throws {
    let record = try Self.record(name)
    let text = record.experiment.definition.joined(separator: "\n")
    #expect(SHA256.hexDigest(of: text) == record.experiment.digest)
    #expect(try Self.definition(of: record).canonicalText == text)
  }

  /// Records whose stages begin from weights that not every mirror has.
  private static let recordsOfLargeModels: Set = ["distilbert-from-bert-base.json"]

  private static let mirror = ProcessInfo.processInfo.environment["RETORT_MIRROR"]

  @Test(
    "a record's stages have the digests that today's program gives them",
    .enabled(if: mirror != nil, "needs the models and data of RETORT_MIRROR"))
  func stagesOfRecords() throws {
    let mirror = try #require(Self.mirror)
    let locations = Locations(cache: "/nowhere", mirror: mirror)
    var facts = DigestFacts(numericsVersion: 0, blasCore: "")
    var compared: [String] = []
    for name in Self.recordNames {
      let record = try Self.record(name)
      let plan = ResolvedPlan(try Self.definition(of: record))
      let ids = record.stages.map(\.id)
      facts.numericsVersion = record.program.numericsVersion
      facts.blasCore = record.program.blasCore
      do {
        facts = try DigestFacts.gather(
          for: plan, stages: ids, in: locations, numericsVersion: facts.numericsVersion,
          blasCore: facts.blasCore, beginningWith: facts)
      } catch {
        print("\(name) is not compared: \(error)")
        continue
      }
      let digests = try PlanDigests(plan, facts, stages: plan.stages(neededFor: ids))
      for stage in record.stages {
        #expect(digests.stages[stage.id] == stage.digest, "\(name): \(stage.id)")
      }
      compared.append(name)
    }
    let missing = Self.recordNames.filter {
      !compared.contains($0) && !Self.recordsOfLargeModels.contains($0)
    }
    #expect(missing.isEmpty, "not compared with the data in \(mirror)")
  }

  @Test("the digests in Tests/Fixtures/stage_digests.txt")
  func fixture() throws {
    let folders = [ExperimentFiles.folder, Fixture.path(of: "definitions")]
    var found: [String] = []
    for folder in folders {
      for name in try Folder.names(path: folder).sorted() where name.hasSuffix(".yaml") {
        let listing = try PlanListing(LoadedDefinition.load(path: "\(folder)/\(name)"))
        for variant in listing.variants {
          let place = "\(listing.name)\t\(variant.title)"
          found.append("\(place)\tdefinition\t\(variant.definition)")
          found += variant.stages.map { "\(place)\t\($0.id)\t\($0.digestByName)" }
        }
      }
    }
    let text = try String(contentsOfFile: Fixture.path(of: "stage_digests.txt"), encoding: .utf8)
    let expected = text.split(separator: "\n").map(String.init)
    #expect(expected.count > 100)
    let (changed, missing) = (
      found.filter { !expected.contains($0) }, expected.filter { !found.contains($0) }
    )
    #expect(changed.isEmpty && missing.isEmpty, "now \(changed), before \(missing)")
  }
}
