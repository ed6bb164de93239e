// Folders that transformers wrote, through a checkpoint and back: nothing may change, for any model and head.
import Foundation
import RetortExperimentPlan
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

/// The folders are those of Tests/Peers/interchange_fixture.py; Tests/Peers/interchange.py does the same with
/// transformers at the other end.
@Suite("Interchange with transformers") struct InterchangeTests {
  static let names = [
    "bert", "bert-masked-lm", "bert-classifier", "distilbert", "distilbert-masked-lm",
    "distilbert-classifier",
  ]

  /// Imports the fixture of this name and exports it again.
  private struct RoundTrip {
    let folder: TemporaryFolder
    let source: String
    var checkpoint: String { folder.file("c.h5") }
    var exported: String { folder.file("back") }

    init(_ name: String) throws {
      folder = try TemporaryFolder()
      source = Fixture.path(of: "interchange/\(name)")
      for arguments in [
        ["import", source, "--out", checkpoint], ["export", checkpoint, "--out", exported],
      ] {
        let result = try RetortProcess.run(arguments)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty, "nothing is left out: \(result.errors)")
      }
    }
  }

  @Test("no fixture is left out")
  func complete() throws {
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: Fixture.path(of: "interchange")).sorted()
        == (Self.names + ["outputs.h5"]).sorted())
  }

  @Test("tensors: the same names and shapes, byte for byte", arguments: names)
  func tensors(name: String) throws {
    let trip = try RoundTrip(name)
    let before = try SafetensorsFile(path: "\(trip.source)/model.safetensors")
    let after = try SafetensorsFile(path: "\(trip.exported)/model.safetensors")
    #expect(before.entries.count > 30)
    #expect(Set(after.entries.map(\.name)) == Set(before.entries.map(\.name)))
    for entry in before.entries {
      let other = try #require(after.entry(entry.name), "\(entry.name)")
      #expect(other.shape == entry.shape && other.type == entry.type, "\(entry.name)")
      #expect(before.bytes(of: entry).elementsEqual(after.bytes(of: other)), "\(entry.name)")
    }
    #expect(before.metadata == after.metadata)
  }

  @Test("the configuration: every field that describes the model", arguments: names)
  func configuration(name: String) throws {
    let trip = try RoundTrip(name)
    func fields(_ folder: String) throws -> [String: Data] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/config.json"))
      let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      return try object.mapValues {
        try JSONSerialization.data(withJSONObject: ["value": $0], options: .sortedKeys)
      }
    }
    let (before, after) = (try fields(trip.source), try fields(trip.exported))
    for (key, value) in after where before[key] != nil { #expect(before[key] == value, "\(key)") }
    // Who wrote it, and a cache of decoders that is on wherever nothing is said of it.
    let lost = Set(before.keys).subtracting(after.keys)
    #expect(lost.isSubset(of: ["transformers_version", "use_cache"]), "\(lost)")
    // What published folders state and save_pretrained leaves out, each with the default's value.
    let new = Set(after.keys).subtracting(before.keys)
    #expect(new.isSubset(of: ["tie_weights_", "classifier_dropout"]), "\(new)")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: "\(trip.source)/vocab.txt"))
        == Data(contentsOf: URL(fileURLWithPath: "\(trip.exported)/vocab.txt")))
  }

  @Test("hidden states and logits of the imported model are transformers'", arguments: names)
  func outputs(name: String) throws {
    let trip = try RoundTrip(name)
    let fixture = try Fixture("interchange/outputs.h5")
    let model = try StoredModel(path: trip.checkpoint).load()
    let ids = try fixture.integers("\(name)/ids")
    let layout = SequenceLayout(offsets: try fixture.integers("\(name)/offsets"))
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: false)
    let tolerance = Tolerance(
      relative: 1e-5, absolute: 1e-5, because: "float32 through two layers, values of order 1")
    func compare(_ tensor: Tensor, _ array: String) throws {
      expectClose(
        tensor.copyValues(), try fixture.floats("\(name)/\(array)"), tolerance, array)
    }
    let states = model.encoder.encode(
      tokenIDs: ids, layout: layout, request: .all, mode: .inference, in: scope)
    let rows = try #require(states.last).rows
    try compare(rows, "hidden")
    if fixture.has("\(name)/pooled") {
      let pooler = try #require(model.pooler)
      try compare(pooler(scope.rows(layout.firstRows.rows, of: rows), in: scope), "pooled")
    }
    if let head = model.maskedLanguageHead {
      try compare(
        head.logits(rows, placement: layout.placement, mode: .inference, in: scope), "logits")
    } else if model.classificationHead != nil {
      try compare(
        model.classify(tokenIDs: ids, layout: layout, mode: .inference, in: scope), "logits")
    }
    #expect(fixture.has("\(name)/logits") == name.contains("-"))
  }
}
