/// The streaming vocabulary head: logits = x · Wᵀ + b for a chunk of rows at a time, straight through the
/// objectives and back.
///
/// x [R, C], W [V, C], b [V]. The losses end the computation, so their gradients are known as soon as a chunk's
/// logits are: ∂x, ∂W and ∂b are computed on the spot and no logits outlive their chunk. Peak memory is
/// three chunks of logits (student, teacher, gradient) whatever R is, and one more for every further teacher.
/// Source of the idea: Liger Kernel's fused linear cross-entropy (arXiv 2410.10989), chunked over rows.
public struct TeacherVocabulary {
  let hidden: Tensor
  let decoder: Parameter
  let bias: Parameter

  /// - Parameters:
  ///   - hidden: the teacher's rows [R, C of the teacher], as its own decoder reads them.
  ///   - decoder, bias: its W [V, C of the teacher] and b [V]; no gradient flows to them.
  public init(hidden: Tensor, decoder: Parameter, bias: Parameter) {
    (self.hidden, self.decoder, self.bias) = (hidden, decoder, bias)
  }
}

extension ComputeScope {
  /// Rows of logits at a time: enough that reading W costs little beside the product, few enough that three
  /// chunks stay small beside a model.
  static func rowsPerChunk(of rows: Int) -> Int { rows <= 512 ? max(rows, 1) : 256 }

  /// - Parameters:
  ///   - hidden: x [R, C].
  ///   - decoder: W [V, C].
  ///   - bias: b [V].
  ///   - teacher: where the teacher's logits come from, if an objective reads them.
  ///   - objectives: what is computed of every row, and what each row counts in it.
  /// - Returns: for each objective the sum of its values over the rows it applies to, each times the row's weight.
  public func vocabularyHead(
    hidden: Tensor, decoder: Parameter, bias: Parameter, teacher: TeacherVocabulary? = nil,
    objectives: [WeightedObjective]
  ) -> [Double] {
    vocabularyHead(
      hidden: hidden, decoder: decoder, bias: bias, teachers: teacher.map { [$0] } ?? [],
      objectives: objectives)
  }

  /// - Parameters:
  ///   - hidden: x [R, C].
  ///   - decoder: W [V, C].
  ///   - bias: b [V].
  ///   - teachers: where the logits of several teachers come from; those that no objective reads are not computed.
  ///   - objectives: what is computed of every row, and what each row counts in it.
  /// - Returns: for each objective the sum of its values over the rows it applies to, each times the row's weight.
  public func vocabularyHead(
    hidden: Tensor, decoder: Parameter, bias: Parameter, teachers: [TeacherVocabulary],
    objectives: [WeightedObjective]
  ) -> [Double] {
    let (rows, columns, vocabulary) = (hidden.rows, hidden.columns, decoder.rows)
    precondition(
      decoder.columns == columns && bias.count == vocabulary,
      "vocabulary head: \(hidden.shape) for a decoder [\(vocabulary), \(decoder.columns)]")
    for objective in objectives {
      precondition(
        objective.rowWeights.map { $0.count == rows } ?? true,
        "\(objective.rowWeights?.count ?? 0) weights of \(rows) rows")
    }
    let reading = objectives.filter(\.objective.readsTeacher).map(\.teacher)
    let places = Set(reading.flatMap(\.places)).sorted()
    precondition(
      places.allSatisfy {
        teachers.indices.contains($0) && teachers[$0].hidden.rows == rows
          && teachers[$0].decoder.rows == vocabulary
      },
      "vocabulary head: a teacher's logits of the same \(rows) rows and \(vocabulary) words are needed"
    )
    let combines = reading.contains { $0.places.count > 1 }
    let chunk = Self.rowsPerChunk(of: rows)
    let gradientOfHidden = seed(hidden)
    let differentiates =
      isRecording && (gradientOfHidden != nil || decoder.isTrainable || bias.isTrainable)

    engine.reserveScratch((combines ? 3 : 2) * vocabulary)
    var totals = [Double](repeating: 0, count: objectives.count)
    withTemporaryMemory { allocate in
      let student = allocate(chunk * vocabulary)
      let taught = teachers.indices.map { place in
        places.contains(place) ? allocate(chunk * vocabulary) : nil
      }
      let gradient = differentiates ? allocate(chunk * vocabulary) : nil
      for start in stride(from: 0, to: rows, by: chunk) {
        let range = start..<min(start + chunk, rows)
        logits(
          of: hidden.pointer + start * columns, rows: range.count, decoder: decoder, bias: bias,
          into: student)
        for place in places {
          guard let teacherLogits = taught[place] else { continue }
          let teacher = teachers[place]
          logits(
            of: teacher.hidden.pointer + start * teacher.hidden.columns, rows: range.count,
            decoder: teacher.decoder, bias: teacher.bias, into: teacherLogits)
        }
        let values = evaluate(
          objectives, rows: range, vocabulary: vocabulary, student: student,
          teachers: taught.map { $0.map { UnsafePointer($0) } }, gradient: gradient)
        for i in totals.indices { totals[i] += values[i] }
        if let gradient {
          contribute(
            gradient, rows: range, hidden: hidden, gradientOfHidden: gradientOfHidden,
            decoder: decoder, bias: bias)
        }
      }
    }
    return totals
  }

  /// logits = x · Wᵀ + b
  private func logits(
    of x: UnsafePointer<Float>, rows: Int, decoder: Parameter, bias: Parameter,
    into logits: UnsafeMutablePointer<Float>
  ) {
    let (columns, vocabulary) = (decoder.columns, decoder.rows)
    guard let w = decoder.values.baseAddress, let b = bias.values.baseAddress else { return }
    let cost = OperationCost(
      .vocabularyHead, .forward,
      flops: OperationCost.flops(rows: rows, columns: vocabulary, inner: columns),
      values: (rows + vocabulary) * columns + rows * vocabulary)
    let product = MatrixProduct(
      ProductSide(rowsOf: x, stride: columns), ProductSide(rowsOf: w, stride: columns),
      into: logits, rows: rows, columns: vocabulary, inner: columns)
    engine.multiply(cost, [product]) { _, rows, range in
      for row in rows {
        RowKernels.add(
          b + range.lowerBound, to: logits + row * vocabulary + range.lowerBound, range.count)
      }
    }
  }

  /// Sends each row through the objectives that apply to it; sums in row order.
  private func evaluate(
    _ objectives: [WeightedObjective], rows: Range<Int>, vocabulary: Int,
    student: UnsafePointer<Float>, teachers: [UnsafePointer<Float>?],
    gradient: UnsafeMutablePointer<Float>?
  ) -> [Double] {
    let count = objectives.count
    var values = [Double](repeating: 0, count: rows.count * count)
    values.withUnsafeMutableBufferPointer { values in
      guard let values = values.baseAddress else { return }
      let matrices = 1 + teachers.count { $0 != nil } + (gradient == nil ? 0 : 1)
      let cost = OperationCost(
        .vocabularyObjectives, .forward, values: matrices * rows.count * vocabulary)
      engine.perform(cost, onEach: 1, of: rows.count) { range, worker in
        let local = range.lowerBound
        var wrote = false
        let row = rows.lowerBound + local
        let scratch = engine.scratch(of: worker)
        var taught = TaughtRow(
          teachers, start: local * vocabulary, count: vocabulary, scratch: scratch)
        for (i, weighted) in objectives.enumerated() where weighted.applies(toRow: row) {
          let weight = weighted.weight(ofRow: row)
          let value = weighted.objective.evaluate(
            VocabularyRow(
              index: row, count: vocabulary, student: student + local * vocabulary,
              teacher: weighted.objective.readsTeacher ? taught.logits(weighted.teacher) : nil,
              gradient: gradient.map { $0 + local * vocabulary },
              gradientScale: weighted.gradientScale * weight, adds: wrote,
              scratch: scratch))
          values[local * count + i] = weight * value
          wrote = true
        }
        if !wrote, let gradient {
          (gradient + local * vocabulary).update(repeating: 0, count: vocabulary)
        }
      }
    }
    return (0..<count).map { i in (0..<rows.count).reduce(0) { $0 + values[$1 * count + i] } }
  }

  /// From the chunk's ∂logits G:  ∂x (+)= G · W, ∂W (+)= Gᵀ · x, ∂b (+)= Σ over rows of G.
  private func contribute(
    _ g: UnsafeMutablePointer<Float>, rows: Range<Int>, hidden: Tensor,
    gradientOfHidden: (pointer: UnsafeMutablePointer<Float>, adds: Bool)?, decoder: Parameter,
    bias: Parameter
  ) {
    let (columns, vocabulary) = (decoder.columns, decoder.rows)
    guard let w = decoder.values.baseAddress else { return }
    let x = hidden.pointer + rows.lowerBound * columns
    let decoderGradient = decoder.isTrainable ? decoder.gradientForContribution() : nil
    let biasGradient = bias.isTrainable ? bias.gradientForContribution() : nil
    var products: [MatrixProduct] = []
    if let gradientOfHidden {
      products.append(
        MatrixProduct(
          ProductSide(rowsOf: g, stride: vocabulary), ProductSide(columnsOf: w, stride: columns),
          into: gradientOfHidden.pointer + rows.lowerBound * columns, rows: rows.count,
          columns: columns, inner: vocabulary, adds: gradientOfHidden.adds))
    }
    if let decoderGradient {
      products.append(
        MatrixProduct(
          ProductSide(columnsOf: g, stride: vocabulary), ProductSide(columnsOf: x, stride: columns),
          into: decoderGradient.0, rows: vocabulary, columns: columns, inner: rows.count,
          adds: decoderGradient.adds))
    }
    let cost = OperationCost(
      .vocabularyHead, .backward,
      flops: products.count
        * OperationCost.flops(rows: rows.count, columns: vocabulary, inner: columns),
      values: rows.count * vocabulary + products.count * (rows.count + vocabulary) * columns)
    let sums = ColumnSums(of: g, rows: rows.count, columns: vocabulary, to: biasGradient)
    engine.multiply(cost, products, beside: (sums.tiles, sums.compute))
  }
}

/// The teachers' logits of one row, as objectives ask for them.
private struct TaughtRow {
  /// Of a chunk of rows, by place; nil for those that nobody reads.
  private let chunks: [UnsafePointer<Float>?]
  /// Where in a chunk the row begins.
  private let start: Int
  private let count: Int
  /// [3, V], of which objectives use the first two.
  private let scratch: UnsafeMutablePointer<Float>
  /// What is in the last of those.
  private var combined: TeacherLogits?

  init(
    _ chunks: [UnsafePointer<Float>?], start: Int, count: Int,
    scratch: UnsafeMutablePointer<Float>
  ) {
    (self.chunks, self.start, self.count, self.scratch) = (chunks, start, count, scratch)
  }

  /// Valid until logits of another combination are asked for.
  mutating func logits(_ asked: TeacherLogits) -> UnsafePointer<Float>? {
    switch asked {
    case .of(let place): return chunks[place].map { $0 + start }
    case .combined(let places, let combination):
      let result = scratch + 2 * count
      if combined != asked {
        combination.combine(
          places.compactMap { chunks[$0].map { $0 + start } }, count, into: result,
          scratch: scratch)
        combined = asked
      }
      return UnsafePointer(result)
    }
  }
}
