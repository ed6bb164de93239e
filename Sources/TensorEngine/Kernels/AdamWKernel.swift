/// One AdamW step of one parameter, as numbers: everything that is the same for all its elements.
public struct AdamWStep: Sendable {
  /// 1 - learning rate · weight decay.
  public var decay: Float
  /// 1 - β₁
  public var firstRate: Float
  /// β₂
  public var secondDecay: Float
  /// 1 - β₂
  public var secondRate: Float
  /// √(1 - β₂ᵗ)
  public var secondCorrection: Float
  public var epsilon: Float
  /// -learning rate / (1 - β₁ᵗ)
  public var negativeStepSize: Float
  /// What every gradient is multiplied by first: the clipping coefficient.
  public var gradientScale: Float

  public init(
    decay: Float, firstRate: Float, secondDecay: Float, secondRate: Float, secondCorrection: Float,
    epsilon: Float, negativeStepSize: Float, gradientScale: Float
  ) {
    self.decay = decay
    self.firstRate = firstRate
    self.secondDecay = secondDecay
    self.secondRate = secondRate
    self.secondCorrection = secondCorrection
    self.epsilon = epsilon
    self.negativeStepSize = negativeStepSize
    self.gradientScale = gradientScale
  }
}

/// A parameter with its moments and the step to take.
public struct AdamWUpdate {
  public var parameter: Parameter
  /// [count of the parameter] each.
  public var firstMoment: AlignedBuffer
  public var secondMoment: AlignedBuffer
  /// Of an embedding, the rows that need no more than decay.
  public var idleRows: IdleRows?
  public var step: AdamWStep

  public init(
    parameter: Parameter, firstMoment: AlignedBuffer, secondMoment: AlignedBuffer,
    idleRows: IdleRows? = nil, step: AdamWStep
  ) {
    self.parameter = parameter
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.idleRows = idleRows
    self.step = step
  }
}

extension Engine {
  /// Updates all parameters in one sweep over memory: each value, gradient and moment is read once and each
  /// value and moment written once.
  ///
  ///     p ← p · decay;  m ← m + (g - m)(1 - β₁);  v ← β₂ v + (1 - β₂) g²
  ///     p ← p - lr / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
  ///
  /// Source: Loshchilov, Hutter 2019 (arXiv 1711.05101); operations in the order of torch 2.4.0's
  /// `_single_tensor_adamw`.
  public func adamW(_ updates: [AdamWUpdate]) {
    sweep.begin()
    for update in updates {
      sweep.add(count: update.parameter.count)
      update.idleRows?.wake(update.parameter)
    }
    // Read: value, gradient and both moments; written: value and moments.
    let cost = OperationCost(.adamW, .update, values: 7 * sweep.count)
    perform(cost, tiles: sweep.blocks.count) { [blocks = sweep.blocks] tile, _ in
      let (index, range) = (blocks[tile].parameter, blocks[tile].range)
      let update = updates[index]
      guard let gradient = update.parameter.gradient,
        let p = update.parameter.values.baseAddress,
        let m = update.firstMoment.values.baseAddress,
        let v = update.secondMoment.values.baseAddress
      else { return }
      func step(_ range: Range<Int>, _ g: UnsafePointer<Float>) {
        let start = range.lowerBound
        AdamWKernel.step(p + start, g, m + start, v + start, range.count, update.step)
      }
      func step(_ range: Range<Int>, idle: Bool) {
        if idle {
          return AdamWKernel.decay(p + range.lowerBound, range.count, by: update.step.decay)
        }
        switch gradient {
        case .whole(let g): step(range, g + range.lowerBound)
        case .rows(let some): some.forEachRow(of: range, step)
        }
      }
      if let idleRows = update.idleRows {
        idleRows.forEachStretch(of: range, step)
      } else {
        step(range, idle: false)
      }
    }
  }

  /// √ Σ g² over all gradients of `parameters`: blocks in float32, their sums in double precision, always in the
  /// same order.
  public func gradientNorm(of parameters: [Parameter]) -> Double {
    sweep.begin()
    for parameter in parameters {
      sweep.add(count: parameter.gradient == nil ? 0 : parameter.count)
    }
    let cost = OperationCost(.gradientNorm, .update, values: sweep.count)
    return sweep.withSums { blocks, sums in
      perform(cost, tiles: blocks.count) { tile, _ in
        let range = blocks[tile].range
        switch parameters[blocks[tile].parameter].gradient {
        case nil: break
        case .whole(let g):
          sums[tile] = Double(
            RowKernels.dot(g + range.lowerBound, g + range.lowerBound, range.count))
        case .rows(let some): sums[tile] = Double(some.sumOfSquares(of: range))
        }
      }
      return sums.reduce(0, +).squareRoot()
    }
  }
}

enum AdamWKernel {
  static func step(
    _ p: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, _ count: Int, _ step: AdamWStep
  ) {
    let constants = Constants(step)
    for part in VectorParts(count) {
      let (newP, newM, newV) = constants.update(
        load(p, part), load(g, part), load(m, part), load(v, part))
      store(newP, p, part)
      store(newM, m, part)
      store(newV, v, part)
    }
  }

  /// What a step comes to where gradient and moments are zero.
  static func decay(_ p: UnsafeMutablePointer<Float>, _ count: Int, by decay: Float) {
    guard decay != 1 else { return }
    let decay = Vector(repeating: decay)
    for part in VectorParts(count) { store(load(p, part) * decay, p, part) }
  }

  private struct Constants {
    let decay, firstRate, secondDecay, secondRate, secondCorrection, epsilon: Vector
    let negativeStepSize, gradientScale: Vector

    init(_ step: AdamWStep) {
      decay = Vector(repeating: step.decay)
      firstRate = Vector(repeating: step.firstRate)
      secondDecay = Vector(repeating: step.secondDecay)
      secondRate = Vector(repeating: step.secondRate)
      secondCorrection = Vector(repeating: step.secondCorrection)
      epsilon = Vector(repeating: step.epsilon)
      negativeStepSize = Vector(repeating: step.negativeStepSize)
      gradientScale = Vector(repeating: step.gradientScale)
    }

    @inline(__always)
    func update(
      _ p: Vector, _ gradient: Vector, _ m: Vector, _ v: Vector
    ) -> (p: Vector, m: Vector, v: Vector) {
      let g = gradient * gradientScale
      let newM = m.addingProduct(firstRate, g - m)
      let newV = (v * secondDecay).addingProduct(secondRate * g, g)
      let denominator = newV.squareRoot() / secondCorrection + epsilon
      let newP = (p * decay) + (negativeStepSize * newM) / denominator
      return (newP, newM, newV)
    }
  }
}
