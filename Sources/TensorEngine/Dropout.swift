/// Whether a forward pass drops out, and where its masks come from.
public enum ForwardMode: Sendable {
  case inference
  case training(dropout: any DropoutMaskSource)

  /// The mask of one dropout, or nil where nothing is dropped.
  func mask(at site: DropoutSite?) -> DropoutMask? {
    guard case .training(let source) = self, let site, site.probability > 0 else { return nil }
    return DropoutMask(source: source, site: site)
  }
}

/// One place of a model where units are dropped. Sites are numbered in the order of the forward pass.
public struct DropoutSite: Sendable {
  public let index: Int
  /// Probability of dropping a unit, in [0, 1).
  public let probability: Double

  public init(index: Int, probability: Double) {
    precondition((0..<1).contains(probability), "a dropout probability must be in [0, 1)")
    (self.index, self.probability) = (index, probability)
  }
}

/// The place of a row of units within a training step. It says where the row is in the text, never where
/// it is in a packed batch, so that masks do not depend on packing, on threads, or on which rows are computed.
public struct DropoutPlace: Sendable {
  public var site: Int
  public var sequence: Int
  /// 0 except for attention probabilities.
  public var head = 0
  public var headCount = 1
  public var position: Int
  /// Number of rows of each sequence in a padded batch.
  public var paddedLength: Int
  /// Number of units of each row in a padded batch.
  public var paddedCount: Int
}

/// Where dropout masks come from.
public protocol DropoutMaskSource: Sendable {
  /// Decides the fate of the `count` units of a row: bit u % 16 of word u / 16 is 1 if unit u is kept.
  /// Bits beyond the row are unspecified.
  func keepMask(
    of place: DropoutPlace, count: Int, dropping probability: Double,
    into words: UnsafeMutablePointer<UInt16>)
}

/// A source together with the site it is asked about.
struct DropoutMask {
  let source: any DropoutMaskSource
  let site: DropoutSite

  /// What kept units are multiplied by: rounded as torch rounds it.
  var scale: Float { 1 / Float(1 - site.probability) }

  func words(for count: Int) -> Int { (count + 15) / 16 }
}
