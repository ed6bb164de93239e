// Weights and batches of models in fixtures.
import RetortTestSupport
import RetortTransformers

/// A group of a fixture as stored weights.
struct FixtureWeights: TensorSource {
  let fixture: Fixture
  let group: String

  var sourceDescription: String { group }
  var tensorNames: [String] { fixture.names(in: group) }

  func shape(ofTensor name: String) -> [Int]? { fixture.shape("\(group)/\(name)") }

  func read(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws {
    _ = values.update(fromContentsOf: try fixture.floats("\(group)/\(name)"))
  }
}

/// The batch that fixtures of models were computed on.
struct FixtureBatch {
  let tokenIDs: [Int32]
  let layout: SequenceLayout
  /// [T], -1 where nothing is masked.
  let maskedLabels: [Int32]
  /// [N]
  let classes: [Int32]

  init(_ fixture: Fixture) throws {
    tokenIDs = try fixture.integers("batch/ids")
    layout = SequenceLayout(offsets: try fixture.integers("batch/offsets"))
    maskedLabels = try fixture.integers("batch/masked_labels").map { max($0, -1) }
    classes = try fixture.integers("batch/classes")
  }

  var maskedCount: Int { maskedLabels.count { $0 >= 0 } }
}
