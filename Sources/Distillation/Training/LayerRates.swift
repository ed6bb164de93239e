// Learning rates of a model's groups of parameters.
import Glibc
import RetortTransformers

/// Peaks of the learning rate that differ between the embeddings, the blocks and the head of a model. With L blocks,
/// counted from 0 at the embeddings, decay d and the optimizer's peak r:
///
///     head        its own peak, or r
///     block i     r · d^(L - i)
///     embeddings  r · d^(L + 1)
///
/// The schedule multiplies all of them. What a term has of its own has the peak r, unless its `TermTraining` says another one. The
/// head is all that lies behind the last block, a pooler too.
/// - Source: the layer-wise decay of Clark et al. 2020 (ELECTRA, arXiv 2003.10555), counted as in BEiT's `optim_factory.py`.
public struct LayerRates: Sendable, Equatable {
  /// From above 0 to 1, which leaves all blocks at the optimizer's peak.
  public var layerDecay: Double
  /// The head's own peak; nil for the optimizer's.
  public var head: Double?

  public init(layerDecay: Double = 1, head: Double? = nil) {
    precondition(layerDecay > 0 && layerDecay <= 1, "a layer decay of \(layerDecay)")
    precondition(head ?? 0 >= 0, "a learning rate of \(head ?? 0)")
    (self.layerDecay, self.head) = (layerDecay, head)
  }

  /// Parameters of one rate.
  public enum Group: Sendable, Hashable {
    case embeddings
    /// Counted from 0.
    case block(Int)
    case head

    /// - Parameter path: of a model's parameter: `embeddings.words`, `encoder.layer.0.…`, `classifier.…`.
    public init(parameter path: String) {
      let parts = path.split(separator: ".")
      if parts.first == "embeddings" {
        self = .embeddings
      } else if path.hasPrefix("encoder.layer."), parts.count > 2, let block = Int(parts[2]) {
        self = .block(block)
      } else {
        self = .head
      }
    }

    /// All groups of a model, the head first.
    public static func all(layerCount: Int) -> [Group] {
      [.head] + (0..<layerCount).reversed().map { .block($0) } + [.embeddings]
    }
  }

  /// The peak of a group.
  /// - Parameters:
  ///   - peak: the optimizer's.
  ///   - layerCount: blocks of the model.
  public func peak(of group: Group, over peak: Double, layerCount: Int) -> Double {
    switch group {
    case .head: head ?? peak
    case .block(let block): peak * pow(layerDecay, Double(layerCount - block))
    case .embeddings: peak * pow(layerDecay, Double(layerCount + 1))
    }
  }

  /// The peaks of an optimizer's parameters, in their order.
  /// - Parameters:
  ///   - parameters: of the model, and of the terms.
  ///   - model: whose groups have rates of their own.
  func peaks(
    of parameters: [Parameter], over peak: Double, in model: TransformerModel
  ) -> [Double] {
    let own = Set(model.parameters.map(\.path))
    return parameters.map { parameter in
      own.contains(parameter.path)
        ? self.peak(
          of: Group(parameter: parameter.path), over: peak,
          layerCount: model.configuration.layerCount) : peak
    }
  }
}
