// The one thing every part of a model can do: name its parameters.
@_exported import RetortTensorEngine

/// A part of a model. Parameters are visited in a fixed order, each exactly once; a matrix that two
/// parts share is visited by the part that owns it.
public protocol Module {
  func visitParameters(_ visit: (Parameter) -> Void)
}

extension Module {
  /// All parameters in the order of visiting.
  public var parameters: [Parameter] {
    var found: [Parameter] = []
    visitParameters { found.append($0) }
    return found
  }

  /// Number of trained values, frozen ones included.
  public var parameterCount: Int {
    var total = 0
    visitParameters { total += $0.count }
    return total
  }

  /// Forgets all gradients: the next contributions write instead of adding.
  public func clearGradients() {
    visitParameters { $0.clearGradient() }
  }

  /// Settles all values for inference: see `Parameter.keepPacked`.
  public func keepPacked() {
    visitParameters { $0.keepPacked() }
  }
}
