// How a loss between attention scores is computed, tile by tile.

/// One model's factors as the loss reads them.
struct ScoreSide {
  let x: UnsafePointer<Float>
  let y: UnsafePointer<Float>
  let strideX: Int
  let strideY: Int
  let headCount: Int
  let headSize: Int
  /// What x is multiplied by: 1/√D, and of merged scores what each head counts.
  let factor: Float
  /// What the probabilities of each head count where they are merged.
  let share: Float

  init(_ factors: ScoreFactors, _ comparison: ScoreComparison) {
    (x, y) = (UnsafePointer(factors.x.pointer), UnsafePointer(factors.y.pointer))
    (strideX, strideY) = (factors.x.stride, factors.y.stride)
    let root = 1 / Float(factors.headSize).squareRoot()
    share = comparison.heads == .mean ? 1 / Float(factors.headCount) : 1
    if comparison.heads == .each || comparison.mergesProbabilities {
      (headCount, headSize, factor) = (factors.headCount, factors.headSize, root)
    } else {
      (headCount, headSize) = (1, factors.headCount * factors.headSize)
      factor = root * share
    }
  }

  var size: Int { headCount * headSize }
}

/// The loss in tiles: some heads of one sequence each, or one sequence where heads are merged.
struct ScoreWork {
  let student: ScoreSide
  let teacher: ScoreSide
  /// Of the student's x and y, where they are wanted.
  let gradient: (x: UnsafeMutablePointer<Float>?, y: UnsafeMutablePointer<Float>?)
  let comparison: ScoreComparison
  let layout: SequenceLayout
  let scales: [Double]
  let tiles: [AttentionWork.Tile]
  /// How many values a sequence has: one a head, or one.
  let headCount: Int

  init(
    student: ScoreSide, teacher: ScoreSide,
    gradient: (x: UnsafeMutablePointer<Float>?, y: UnsafeMutablePointer<Float>?),
    comparison: ScoreComparison, layout: SequenceLayout, scales: [Double]
  ) {
    (self.student, self.teacher, self.gradient) = (student, teacher, gradient)
    (self.comparison, self.layout, self.scales) = (comparison, layout, scales)
    headCount = comparison.mergesProbabilities ? 1 : student.headCount
    tiles =
      AttentionWork(
        layout: layout, selection: layout.allRows, headCount: headCount,
        headSize: student.headSize
      ).tiles
  }

  private var hasGradient: Bool { gradient.x != nil || gradient.y != nil }

  /// Two products, S and S', and with a gradient two more, ∂x and ∂y.
  var cost: OperationCost {
    let area = (0..<layout.sequenceCount).reduce(0) { sum, n in
      sum + layout.length(of: n) * layout.length(of: n)
    }
    let products = (hasGradient ? 3 : 1) * student.size + teacher.size
    let matrices = 2 * ((hasGradient ? 3 : 1) * student.size + teacher.size)
    return OperationCost(
      .losses, .forward, flops: 2 * area * products, values: matrices * layout.tokenCount)
  }

  // MARK: Scratch

  /// Heads whose y a tile holds at a time.
  private func heads(_ side: ScoreSide) -> Int {
    comparison.mergesProbabilities ? side.headCount : 1
  }

  var scratchCount: Int {
    let stride = ScoreKernels.stride(layout.longest)
    let (own, other) = (heads(student), heads(teacher))
    let columns = 2 * own * student.headSize + other * teacher.headSize
    let rows = ScoreKernels.rows * (own + other + 2)
    return stride * (columns + rows) + ScoreKernels.rows * (student.headSize + teacher.headSize)
  }

  /// A worker's memory for one tile.
  private struct Scratch {
    /// yᵀ [heads · D, stride] of the student and the teacher, ∂yᵀ.
    let y, teacherY, dy: UnsafeMutablePointer<Float>
    /// Scores of four rows: [heads, 4, stride] of the student, [4, stride] of the teacher.
    let s, t: UnsafeMutablePointer<Float>
    /// Merged probabilities of four rows [4, stride].
    let p, q: UnsafeMutablePointer<Float>
    /// x of four rows and one head.
    let x, teacherX: UnsafeMutablePointer<Float>
  }

  private func divide(_ base: UnsafeMutablePointer<Float>, stride: Int) -> Scratch {
    var next = base
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
      defer { next += count }
      return next
    }
    let (rows, own) = (ScoreKernels.rows, heads(student))
    return Scratch(
      y: take(own * student.headSize * stride),
      teacherY: take(heads(teacher) * teacher.headSize * stride),
      dy: take(own * student.headSize * stride), s: take(own * rows * stride),
      t: take(rows * stride), p: take(rows * stride), q: take(rows * stride),
      x: take(rows * student.headSize), teacherX: take(rows * teacher.headSize))
  }

  // MARK: A tile

  func run(
    _ tile: AttentionWork.Tile, scratch base: UnsafeMutablePointer<Float>,
    sums: UnsafeMutableBufferPointer<Double>
  ) {
    let stride = ScoreKernels.stride(layout.length(of: tile.sequence))
    let scratch = divide(base, stride: stride)
    for head in tile.heads {
      sums[tile.sequence * headCount + head] =
        comparison.mergesProbabilities
        ? merged(tile.sequence, scratch, stride)
        : alone(tile.sequence, head: head, scratch, stride)
    }
  }

  /// The loss of one head of a sequence.
  private func alone(_ n: Int, head: Int, _ scratch: Scratch, _ stride: Int) -> Double {
    let length = layout.length(of: n)
    transpose(student, n, heads: head..<head + 1, into: scratch.y, stride)
    transpose(teacher, n, heads: head..<head + 1, into: scratch.teacherY, stride)
    if gradient.y != nil { scratch.dy.update(repeating: 0, count: student.headSize * stride) }
    var total = 0.0
    for row in Swift.stride(from: 0, to: length, by: ScoreKernels.rows) {
      let rows = min(ScoreKernels.rows, length - row)
      score(student, n, head, row, rows, x: scratch.x, y: scratch.y, into: scratch.s, stride)
      score(
        teacher, n, head, row, rows, x: scratch.teacherX, y: scratch.teacherY, into: scratch.t,
        stride)
      for i in 0..<rows {
        let (s, t) = (scratch.s + i * stride, scratch.t + i * stride)
        switch (comparison.measure, comparison.quantity) {
        case (.squaredError, .scores):
          total += ScoreKernels.squaredError(s, t, length, scale: scales[n])
        case (.squaredError, .probabilities):
          total += ScoreKernels.probabilityError(s, t, length, scale: scales[n])
        case (.divergence, _):
          total += ScoreKernels.divergence(s, t, length, scale: scales[n])
        }
      }
      addGradient(
        n, head, row, rows, ds: scratch.s, x: scratch.x, y: scratch.y, dy: scratch.dy, stride)
    }
    finish(n, heads: head..<head + 1, dy: scratch.dy, stride)
    return total
  }

  /// The loss of a sequence whose heads' probabilities are merged: they are added up row by row, and the student's kept
  /// for the four rows at hand.
  private func merged(_ n: Int, _ scratch: Scratch, _ stride: Int) -> Double {
    let length = layout.length(of: n)
    let block = ScoreKernels.rows * stride
    transpose(student, n, heads: 0..<student.headCount, into: scratch.y, stride)
    transpose(teacher, n, heads: 0..<teacher.headCount, into: scratch.teacherY, stride)
    if gradient.y != nil { scratch.dy.update(repeating: 0, count: student.size * stride) }
    var total = 0.0
    for row in Swift.stride(from: 0, to: length, by: ScoreKernels.rows) {
      let rows = min(ScoreKernels.rows, length - row)
      for (side, x, y, all, sum) in [
        (student, scratch.x, scratch.y, true, scratch.p),
        (teacher, scratch.teacherX, scratch.teacherY, false, scratch.q),
      ] {
        sum.update(repeating: 0, count: block)
        for head in 0..<side.headCount {
          let s = all ? scratch.s + head * block : scratch.t
          score(
            side, n, head, row, rows, x: x, y: y + head * side.headSize * stride, into: s, stride)
          for i in 0..<rows {
            RowKernels.softmax(s + i * stride, length)
            let (p, m) = (s + i * stride, sum + i * stride)
            let share = Vector(repeating: side.share)
            for part in VectorParts(length) {
              store(load(m, part).addingProduct(load(p, part), share), m, part)
            }
          }
        }
      }
      for i in 0..<rows {
        let (p, q) = (scratch.p + i * stride, scratch.q + i * stride)
        // A head's probability changes what is compared by `share`.
        let scale = scales[n] * Double(student.share)
        let value =
          comparison.measure == .squaredError
          ? ScoreKernels.squaredError(p, q, length, scale: scale)
          : ScoreKernels.divergenceOfProbabilities(p, q, length, scale: scale)
        total += value
      }
      guard hasGradient else { continue }
      for head in 0..<student.headCount {
        let s = scratch.s + head * block
        for i in 0..<rows {
          ScoreKernels.softmaxBackward(s + i * stride, scratch.p + i * stride, length)
        }
        takeRows(student, n, head, row, rows, into: scratch.x)
        let place = head * student.headSize * stride
        addGradient(
          n, head, row, rows, ds: s, x: scratch.x, y: scratch.y + place, dy: scratch.dy + place,
          stride)
      }
    }
    finish(n, heads: 0..<student.headCount, dy: scratch.dy, stride)
    return total
  }

  // MARK: Its parts

  private func transpose(
    _ side: ScoreSide, _ n: Int, heads: Range<Int>, into y: UnsafeMutablePointer<Float>,
    _ stride: Int
  ) {
    ScoreKernels.transpose(
      side.y + Int(layout.offsets[n]) * side.strideY + heads.lowerBound * side.headSize,
      strideY: side.strideY, length: layout.length(of: n), inner: heads.count * side.headSize,
      stride: stride, into: y)
  }

  private func takeRows(
    _ side: ScoreSide, _ n: Int, _ head: Int, _ row: Int, _ rows: Int,
    into x: UnsafeMutablePointer<Float>
  ) {
    ScoreKernels.take(
      side.x + (Int(layout.offsets[n]) + row) * side.strideX + head * side.headSize,
      strideX: side.strideX, rows: rows, inner: side.headSize, times: side.factor, into: x)
  }

  private func score(
    _ side: ScoreSide, _ n: Int, _ head: Int, _ row: Int, _ rows: Int,
    x: UnsafeMutablePointer<Float>, y: UnsafePointer<Float>,
    into s: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    takeRows(side, n, head, row, rows, into: x)
    ScoreKernels.scores(x, y, inner: side.headSize, stride: stride, into: s)
  }

  private func addGradient(
    _ n: Int, _ head: Int, _ row: Int, _ rows: Int, ds: UnsafePointer<Float>,
    x: UnsafePointer<Float>, y: UnsafePointer<Float>, dy: UnsafeMutablePointer<Float>,
    _ stride: Int
  ) {
    if let dx = gradient.x {
      ScoreKernels.addRowGradients(
        ds, y, inner: student.headSize, stride: stride, rows: rows, times: student.factor,
        to: dx + (Int(layout.offsets[n]) + row) * student.strideX + head * student.headSize,
        strideG: student.strideX)
    }
    if gradient.y != nil {
      ScoreKernels.addColumnGradients(x, ds, inner: student.headSize, stride: stride, to: dy)
    }
  }

  private func finish(
    _ n: Int, heads: Range<Int>, dy: UnsafePointer<Float>, _ stride: Int
  ) {
    guard let gradient = gradient.y else { return }
    ScoreKernels.addTransposed(
      dy, length: layout.length(of: n), inner: heads.count * student.headSize, stride: stride,
      to: gradient + Int(layout.offsets[n]) * student.strideY + heads.lowerBound * student.headSize,
      strideG: student.strideY)
  }
}
