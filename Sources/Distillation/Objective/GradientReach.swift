// Which of a student's numbers a loss trains.
import RetortTransformers

/// Which parameters of a model get a gradient from what is read of it. The others stay as they are: an optimizer passes them
/// over, weight decay included.
public struct GradientReach: Sendable, Equatable {
  /// Numbers that the model learns, and how many of them get a gradient.
  public let count: Int
  public let reachedCount: Int
  /// Paths of the parameters that get none, block by block.
  public let unreached: [String]

  /// "64 % of the student's weights; not encoder.layer.2.attention.output, …": modules, whole blocks where nothing of them is
  /// reached.
  public var words: String {
    let share =
      "\(Int((100 * Double(reachedCount) / Double(count)).rounded())) % of the student's weights"
    guard !unreached.isEmpty else { return share }
    let all = Set(unreached)
    var modules: [String] = []
    for path in unreached {
      let parts = path.split(separator: ".")
      let isOfModule = ["weight", "bias", "scale", "shift"].contains(parts[parts.count - 1])
      var name = (isOfModule ? parts.dropLast() : parts[...]).joined(separator: ".")
      if Self.block(of: path) != nil {
        let block = parts.prefix(3).joined(separator: ".")
        let isWhole = AttentionProjection.allCases.allSatisfy {
          all.contains("\(block).attention.\($0.rawValue).weight")
        }
        if isWhole { name = block }
      }
      if modules.last != name { modules.append(name) }
    }
    return "\(share); not \(modules.joined(separator: ", "))"
  }

  /// The number of `encoder.layer.2.…`.
  static func block(of path: String) -> Int? {
    let parts = path.split(separator: ".")
    return parts.count > 4 && parts[0] == "encoder" ? Int(parts[2]) : nil
  }
}

extension Observations {
  /// What of a model of these sizes gets a gradient where this is read of it.
  /// - Parameter heads: the heads that the model has.
  public func reach(of configuration: TransformerConfiguration, heads: Set<ModelPart>)
    -> GradientReach
  {
    let last = configuration.layerCount
    let states = hiddenStates.map { layer -> Int in
      if case .number(let number) = layer { number } else { last }
    }
    let blocks = projections.map { $0.block.number(layerCount: last) }
    /// The highest hidden state that is computed, nil for none: what blocks read counts too.
    let top = (states + blocks + (vocabularyLogits != nil || classLogits ? [last] : [])).max()
    var (count, reached, unreached) = (0, 0, [String]())
    for (path, size) in configuration.parameterSizes(heads: heads) {
      count += size
      if reaches(path, top: top, layerCount: last) {
        reached += size
      } else {
        unreached.append(path)
      }
    }
    // The tables of weights name one kind of all blocks after the other.
    let byBlock = unreached.enumerated().sorted {
      (GradientReach.block(of: $0.element) ?? last, $0.offset)
        < (GradientReach.block(of: $1.element) ?? last, $1.offset)
    }
    return GradientReach(
      count: count, reachedCount: reached, unreached: byBlock.map(\.element))
  }

  private func reaches(_ path: String, top: Int?, layerCount: Int) -> Bool {
    let parts = path.split(separator: ".")
    switch parts[0] {
    case "embeddings": return top != nil
    case "encoder":
      guard let top, let block = GradientReach.block(of: path) else { return false }
      if block < top { return true }
      // A block that ends with its projections trains those that are read.
      guard parts[3] == "attention", let own = AttentionProjection(rawValue: String(parts[4]))
      else { return false }
      return block == top
        && projections.contains {
          $0.projection == own && $0.block.number(layerCount: layerCount) == block
        }
    case "masked_lm": return vocabularyLogits != nil
    default: return classLogits
    }
  }
}
