// The teacher of a new project.
import RetortExperimentPlan
import RetortTransformers

struct ProjectTeacher {
  /// As the definition names it.
  var address: String
  var family: ModelFamily
  var layerCount: Int
  /// Tokens of its longest sequence.
  var positions: Int
  /// Of the classifier that is stored with it; nil without one.
  var classes: [String]?
  /// Whether a stored classifier has the classes of the data.
  private(set) var keepsClassifier = true

  /// The one that a definition names unless another is said.
  static let example = ProjectTeacher(
    address: "hub:sentence-transformers/all-MiniLM-L6-v2", family: .bert, layerCount: 6,
    positions: 512)

  private init(address: String, family: ModelFamily, layerCount: Int, positions: Int) {
    (self.address, self.family) = (address, family)
    (self.layerCount, self.positions) = (layerCount, positions)
  }

  /// - Parameters:
  ///   - text: a folder, a checkpoint or RUN#STAGE, relative to the working directory, or hub:owner/name.
  ///   - data: takes the order of the teacher's classes where these are its own.
  ///   - definitions: the folder of the definition.
  /// - Throws: for a model that is not at hand or cannot be used.
  init(_ text: String, data: inout ProjectData, seenFrom definitions: String) throws {
    let address = try ModelAddress.parse(text, option: "--teacher")
    let outline: ModelOutline
    switch Locations().look(address) {
    case .outline(let found): outline = found
    case .unusable(let problems): throw CommandFailure(problems.joined(separator: "\n"))
    case .absent:
      _ = try address.located(needing: [.configuration])
      throw CommandFailure("--teacher \(text): no model is there")
    }
    let configuration = outline.configuration
    self.init(
      address: text, family: configuration.family, layerCount: configuration.layerCount,
      positions: configuration.maximumPositions)
    if let stage = RunStage(text) {
      // Not the checkpoint in the cache, which a `cache prune` may remove.
      let run = RelativePath.path(to: stage.run, from: definitions)
      self.address = "\(RunStage(run: run, stage: stage.stage))"
    } else if case .path(let path) = address {
      self.address = RelativePath.path(to: path, from: definitions)
    }
    if let parts = outline.parts, parts.contains(.classification) {
      if let classes = data.classes {
        if Set(configuration.labels) == Set(classes) { data.classes = configuration.labels }
        keepsClassifier = outline.answers(in: data.classes ?? classes, byName: true)
      } else {
        // One output is a number, whatever it is called.
        keepsClassifier = configuration.labels.count == 1
      }
    }
  }

  /// Half of its layers, spread from the first to the last, as DistilBERT's.
  var halfOfLayers: [Int] {
    let count = max(1, layerCount / 2)
    guard count > 1 else { return [0] }
    return (0..<count).map { (2 * $0 * (layerCount - 1) + count - 2) / (2 * (count - 1)) }
  }
}
