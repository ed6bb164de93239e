// One sweep over parameters, their gradients and what an optimizer keeps of them: what optimizers are written with.

/// A parameter with the buffers that its optimizer keeps of it, each of the parameter's size.
public struct ParameterUpdate {
  public var parameter: Parameter
  public var states: [AlignedBuffer]

  public init(parameter: Parameter, states: [AlignedBuffer]) {
    (self.parameter, self.states) = (parameter, states)
  }
}

/// Neighbouring values of one parameter with their gradient and states.
public struct UpdateStretch {
  /// Which of the updates it is of.
  public let update: Int
  public let count: Int
  /// [count]
  public let values: UnsafeMutablePointer<Float>
  /// [count]
  public let gradient: UnsafePointer<Float>
  fileprivate let states: [AlignedBuffer]
  fileprivate let start: Int

  /// One of the buffers [count], in the order in which the update names them.
  public func state(_ index: Int) -> UnsafeMutablePointer<Float> {
    guard let base = states[index].values.baseAddress else {
      preconditionFailure("a state without values")
    }
    return base + start
  }
}

extension Engine {
  /// Calls `rule` for all parameters that have a gradient, stretch by stretch on all threads, so that each value,
  /// gradient and state is read and written once. The cuts depend on the sizes alone; a rule that works value by value
  /// gives the same bits on any number of threads.
  public func update(_ updates: [ParameterUpdate], by rule: (UpdateStretch) -> Void) {
    sweep.begin()
    var values = 0
    for update in updates {
      let count = update.parameter.gradient == nil ? 0 : update.parameter.count
      precondition(
        update.states.allSatisfy { $0.values.count >= count },
        "\(update.parameter.path): states that are smaller than the parameter")
      sweep.add(count: count)
      values += (3 + 2 * update.states.count) * count
    }
    let cost = OperationCost(.optimizer, .update, values: values)
    perform(cost, tiles: sweep.blocks.count) { [blocks = sweep.blocks] tile, _ in
      let (index, range) = (blocks[tile].parameter, blocks[tile].range)
      let update = updates[index]
      guard let gradient = update.parameter.gradient,
        let base = update.parameter.values.baseAddress
      else { return }
      func apply(_ range: Range<Int>, _ gradient: UnsafePointer<Float>) {
        rule(
          UpdateStretch(
            update: index, count: range.count, values: base + range.lowerBound,
            gradient: gradient, states: update.states, start: range.lowerBound))
      }
      switch gradient {
      case .whole(let g): apply(range, UnsafePointer(g) + range.lowerBound)
      case .rows(let some): some.forEachRow(of: range, apply)
      }
    }
  }
}
