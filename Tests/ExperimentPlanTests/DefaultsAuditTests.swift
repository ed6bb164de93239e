// The audit covers every default, and finds each in the references.
import Foundation
import RetortRecords
import RetortReporting
import Testing

@testable import RetortExperimentPlan

@Suite struct DefaultsAuditTests {
  private static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// `targets` says where a teacher's outputs come from; the scripts know the live teacher alone.
  @Test("every value that a recipe or the program fills in has a row")
  func complete() {
    for body in [
      DefaultsAudit.trainerRecipe, DefaultsAudit.standardFineTuning,
      DefaultsAudit.distillationRecipe, DefaultsAudit.standardDistillation,
      DefaultsAudit.pretrainingRecipe, DefaultsAudit.standardPretraining,
    ] {
      let audited = DefaultsAudit.defaults.filter { $0.section == body.section }.map(\.setting)
      #expect(body.paths.subtracting(audited).subtracting(["targets"]).isEmpty, "\(body.section)")
    }
    let audited = Set(DefaultsAudit.defaults.map(\.section))
    for recipe in Recipe.all {
      #expect(audited.contains { $0.hasSuffix("recipe \(recipe.name)") }, "\(recipe.name)")
    }
  }

  @Test("no setting has two rows in a section")
  func distinct() {
    for (section, rows) in Dictionary(grouping: DefaultsAudit.defaults, by: \.section) {
      #expect(Set(rows.map(\.setting)).count == rows.count, "\(section)")
    }
  }

  /// Whether each difference has its reason and each row its counterpart is checked by drawing the page.
  @Test("the committed page is what the program's values give")
  func committed() throws {
    let results = ResultsFolder(root: Self.repository, defaults: DefaultsAudit.defaults)
    #expect(try results.check() == [])
  }

  @Test(
    "the test that is said to hold a difference in behaviour is in its file",
    arguments: DefaultsAudit.behaviour)
  func tests(_ entry: AuditedDefault) throws {
    let test = try #require(entry.heldBy, "\(entry.setting)")
    let text = try String(contentsOfFile: "\(Self.repository)/\(test.file)", encoding: .utf8)
    #expect(
      text.contains("\"\(test.title)\"") || text.contains("@Test func \(test.title)("),
      "\(entry.setting): no test '\(test.title)' in \(test.file)")
  }
}
