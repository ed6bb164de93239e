// The facts of a checkpoint.
import RetortExperimentPlan
import RetortFormatting
import RetortStorage

extension Inspection {
  /// - Parameter name: as it was named on the command line; nil for its path.
  init(checkpoint: Checkpoint, called name: String? = nil) {
    let tensors = checkpoint.tensorShapes()
    self.init(path: name ?? checkpoint.path, kind: "checkpoint")
    if let configuration = (try? StoredModel(path: checkpoint.path))?.configuration {
      add(configuration)
    }
    add("digest", checkpoint.digest)
    for (name, value) in checkpoint.attributes.sorted(by: { $0.key < $1.key }) {
      add(name, "\(value)")
    }
    add("parameters", (tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }).grouped)
    for group in checkpoint.optimizerGroups {
      add(
        "optimizer", "\(group), \(checkpoint.tensorNames(in: "/optimizer/\(group)").count) tensors")
    }
    for (group, values) in [("progress", checkpoint.progress), ("random", checkpoint.random)] {
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        add("\(group) \(name)", Self.short(value))
      }
    }
    for (name, bytes) in checkpoint.files.sorted(by: { $0.key < $1.key }) {
      add("file \(name)", "\(bytes.count.grouped) bytes")
    }
    if name != nil { add("in the file", checkpoint.path) }
    self.tensors = tensors.map { .init(name: $0.path, shape: $0.shape, type: "float32") }
  }

  /// Long lists by their length.
  private static func short(_ value: StoredValue) -> String {
    switch value {
    case .integers(let values) where values.count > 8: "\(values.count.grouped) integers"
    case .reals(let values) where values.count > 8: "\(values.count.grouped) numbers"
    case .bytes(let bytes): "\(bytes.count.grouped) bytes"
    default: "\(value)"
    }
  }
}
