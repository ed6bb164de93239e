// The state that optimizers with Adam's two moments share.
import RetortLayers

/// One parameter with its moments, all of the same size.
public struct AdamMoments: @unchecked Sendable {
  public let parameter: Parameter
  /// Running mean of gradients.
  public let firstMoment: AlignedBuffer
  /// Running mean of squared gradients.
  public let secondMoment: AlignedBuffer

  init(_ parameter: Parameter) {
    self.parameter = parameter
    firstMoment = AlignedBuffer(count: parameter.count)
    secondMoment = AlignedBuffer(count: parameter.count)
  }

  /// Of the parameters that are trainable.
  static func of(_ parameters: [Parameter]) -> [AdamMoments] {
    parameters.filter(\.isTrainable).map { AdamMoments($0) }
  }
}

/// An optimizer that keeps Adam's moments.
public protocol AdamStates: Optimizer {
  associatedtype Rule: AdamRule
  /// Of the parameters that were trainable when it was made.
  var states: [AdamMoments] { get }
}

extension AdamStates {
  /// The moments of the parameter at `path`; nil if there is none.
  public func state(ofParameterAt path: String) -> AdamMoments? {
    states.first { $0.parameter.path == path }
  }

  public func state(named name: String) -> [AlignedBuffer] {
    switch name {
    case Rule.stateNames[0]: states.map(\.firstMoment)
    case Rule.stateNames[1]: states.map(\.secondMoment)
    default: preconditionFailure("\(Rule.name) keeps no \(name)")
    }
  }
}
