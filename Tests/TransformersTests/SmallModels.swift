// Models small enough to compute by hand, and weights in memory.
import RetortTransformers
import Testing

extension TransformerConfiguration {
  /// 3 layers of hidden size 16.
  static func small(_ family: ModelFamily, layers: Int = 3, dropout: Double = 0) -> Self {
    Self(
      family: family, vocabularySize: 40, hiddenSize: 16, layerCount: layers, headCount: 4,
      feedForwardSize: 24, maximumPositions: 12,
      tokenTypeCount: family.structure.hasTokenTypes ? 2 : 0,
      layerNormEpsilon: 1e-12, hiddenDropout: dropout, attentionDropout: dropout,
      classifierDropout: family.defaults.classifierDropout == nil ? nil : dropout,
      initializerRange: 0.3, paddingID: 0,
      labels: ["negative", "neutral", "positive"], usesSinusoidalPositions: false)
  }
}

extension TransformerModel {
  /// A model with all values drawn, biases and normalisations too, so that nothing is trivial.
  static func drawn(
    _ configuration: TransformerConfiguration, heads: Set<ModelPart>, seed: UInt64 = 1
  ) -> TransformerModel {
    let model = TransformerModel(configuration: configuration, heads: heads)
    for parameter in model.parameters {
      parameter.initialize(.normal(standardDeviation: 0.3), seed: seed)
      if parameter.kind == .normScale {
        for i in parameter.values.indices { parameter.values[i] += 1 }
      }
    }
    return model
  }

  /// All values by path.
  var valuesByPath: [String: [Float]] {
    Dictionary(uniqueKeysWithValues: parameters.map { ($0.path, Array($0.values)) })
  }
}

/// Three sequences of 4, 1 and 7 tokens.
struct SmallBatch {
  let layout = SequenceLayout(offsets: [0, 4, 5, 12])
  let tokenIDs: [Int32] = [2, 17, 9, 3, 5, 2, 30, 31, 32, 39, 1, 3]
}

/// Weights in memory, as a stand-in for a file.
struct MemoryTensors: TensorSource {
  struct Stored {
    var shape: [Int]
    var values: [Float]
  }

  var tensors: [String: Stored] = [:]
  var sourceDescription: String { "memory" }
  var tensorNames: [String] { Array(tensors.keys) }

  func shape(ofTensor name: String) -> [Int]? { tensors[name]?.shape }

  func read(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws {
    _ = values.update(fromContentsOf: try #require(tensors[name]).values)
  }

  /// The weights of a model under the names of `names`.
  init(_ model: TransformerModel, names: [String: String]) {
    for parameter in model.parameters {
      guard let name = names[parameter.path] else { continue }
      tensors[name] = Stored(shape: parameter.shape, values: Array(parameter.values))
    }
  }
}

/// The largest difference of two rows of numbers; infinite if they are not of one length or hold a NaN.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  return zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
}
