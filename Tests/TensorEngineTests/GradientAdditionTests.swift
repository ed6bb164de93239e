import RetortTensorEngine
import RetortTestSupport
import Testing

/// Every operation adds to the gradient that its inputs already have from elsewhere, such as a residual
/// connection.
@Suite struct GradientAdditionTests {
  enum Operation: String, CaseIterable, Sendable {
    case linear, gelu, fusedAttention, attentionOfSomeRows, layerNorm, residual, dropout, tanh
    case rows, vocabularyHead, meanOfSequences, unitRows
    case normalizedSquaredError, gramOfTokens, gramOfFeatures, similarities, contrast
  }

  private let layout = SequenceLayout(offsets: [0, 5, 6, 14])
  private let tokens = 14
  private let columns = 24

  /// Applies an operation to tensors of [14, 24] (queries of attention: of the selected rows).
  private func apply(
    _ operation: Operation, _ x: [Tensor], _ parameters: [Parameter], in scope: ComputeScope
  ) -> Tensor? {
    let mode = ForwardMode.training(dropout: CounterDropout(seed: 1, step: 1, microBatch: 0))
    let site = DropoutSite(index: 1, probability: 0.25)
    switch operation {
    case .linear: return scope.linear(x[0], weight: ParameterSpan(parameters[0]), bias: nil)
    case .gelu:
      return scope.linear(
        x[0], weight: ParameterSpan(parameters[0]), bias: nil, activation: .gelu)
    case .fusedAttention, .attentionOfSomeRows:
      let selection =
        operation == .fusedAttention
        ? layout.allRows : RowSelection(layout: layout, rows: [2, 7, 13])
      return scope.attention(
        queries: TensorColumns(x[1]), keys: TensorColumns(x[0]),
        values: TensorColumns(x[0], from: 12), layout: layout, selection: selection, headCount: 2,
        headSize: 6, site: site, mode: mode)
    case .layerNorm, .residual:
      return scope.layerNorm(
        x[0], adding: operation == .residual ? x[1] : nil, scale: parameters[1],
        shift: parameters[2], epsilon: 1e-12, site: site, placement: layout.placement, mode: mode)
    case .dropout:
      return scope.dropout(x[0], site: site, placement: layout.placement, mode: mode)
    case .tanh: return scope.activation(.tanh, x[0])
    case .rows: return scope.rows([0, 3, 13], of: x[0])
    case .meanOfSequences: return scope.meanOfSequences(x[0], layout: layout)
    case .unitRows: return scope.unitRows(x[0])
    case .normalizedSquaredError:
      _ = scope.normalizedSquaredError(
        student: x[0], teacher: teacher(in: scope), gradientScale: 1)
      return nil
    case .gramOfTokens, .gramOfFeatures:
      let teacher = teacher(in: scope)
      _ = scope.gramLoss(
        of: operation == .gramOfTokens ? .tokens : .features, student: (x[0], x[1]),
        teacher: (teacher, teacher), layout: layout, gradientScale: 1)
      return nil
    case .similarities, .contrast:
      _ = scope.similarityLoss(
        student: x[0], teacher: teacher(in: scope),
        operation == .contrast ? .contrastive(temperature: 2) : .squaredError, gradientScale: 1)
      return nil
    case .vocabularyHead:
      _ = scope.vocabularyHead(
        hidden: x[0], decoder: parameters[0], bias: parameters[3],
        objectives: [
          WeightedObjective(
            MaskedLanguageObjective(
              labels: (0..<Int32(tokens)).map { $0 % 3 == 0 ? $0 : -1 }), gradientScale: 1)
        ])
      return nil
    }
  }

  private func teacher(in scope: ComputeScope) -> Tensor {
    var random = RandomInputs(4)
    return scope.input(random.normal(tokens * columns), rows: tokens, columns: columns)
  }

  @Test("a gradient that is there stays and is added to", arguments: Operation.allCases)
  func addition(operation: Operation) {
    var random = RandomInputs(3)
    let isAttention = operation == .fusedAttention || operation == .attentionOfSomeRows
    let queryRows = operation == .attentionOfSomeRows ? 3 : tokens
    let sizes = [
      (rows: tokens, columns: columns),
      (rows: queryRows, columns: isAttention ? 12 : columns),
    ]
    let values = sizes.map { random.normal($0.rows * $0.columns) }
    let earlier = sizes.map { random.normal($0.rows * $0.columns) }
    let parameters = [
      Parameter(random.normal(40 * columns, scale: 0.2), shape: [40, columns]),
      Parameter(random.normal(columns, mean: 1), kind: .normScale, shape: [columns]),
      Parameter(random.normal(columns), kind: .normShift, shape: [columns]),
      Parameter(random.normal(40), kind: .bias, shape: [40]),
    ]
    let upstream = random.normal(tokens * 40)

    func gradients(seeded: Bool) -> [[Float]?] {
      let scope = usedScope(Engine(threadCount: 2))
      let inputs = zip(values, sizes).map {
        scope.input($0, rows: $1.rows, columns: $1.columns, differentiable: true)
      }
      if seeded {
        for (input, gradient) in zip(inputs, earlier) {
          scope.seedGradient(of: input, with: gradient)
        }
      }
      if let y = apply(operation, inputs, parameters, in: scope) {
        scope.seedGradient(of: y, with: Array(upstream.prefix(y.rows * y.columns)))
      }
      scope.backward()
      return inputs.map { scope.gradientValues(of: $0) }
    }
    let (alone, added) = (gradients(seeded: false), gradients(seeded: true))
    for i in alone.indices {
      guard let own = alone[i] else { continue }  // an input that takes no part
      expectClose(
        added[i] ?? [], zip(own, earlier[i]).map { Double($0) + Double($1) },
        Tolerance(relative: 1e-6, absolute: 2e-6, because: "one more float32 sum"),
        "gradient of input \(i)")
    }
    #expect(alone[0]?.contains { $0 != 0 } ?? false)
  }
}
