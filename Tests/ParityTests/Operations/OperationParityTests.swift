// Every operation of the engine against PyTorch 2.4.0 in double precision: operations.h5.
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite("Operations equal PyTorch's")
struct OperationParityTests {
  private let engine = Engine(threadCount: 2)
  private func recordingScope() -> ComputeScope { ComputeScope(engine: engine, recording: true) }

  static let linearSizes = ["1x8x8", "7x24x40", "52x64x33", "19x100x16"]
  static let attentionCases = [
    "heads1_size64_ragged", "heads2_size12_ragged", "heads2_size32_one_sequence",
    "heads2_size5_ragged", "heads2_size64_equal", "heads2_size8_unequal", "heads3_size32_ragged",
    "heads4_size8_one_token", "heads4_size8_ragged",
  ]
  static let normSizes = ["1x24", "13x24", "9x64", "21x100"]
  static let embeddings = ["word_position", "word_position_type", "padding_row"]
  static let activations = [
    "tanh/1x5", "tanh/7x37", "tanh/extremes", "relu/1x5", "relu/7x37", "gelu/1x5", "gelu/7x37",
    "gelu/extremes",
  ]

  @Test("no case of the fixture is left out")
  func complete() throws {
    let tested =
      Self.linearSizes.flatMap { ["linear/\($0)", "linear_gelu/\($0)"] }
      + Self.attentionCases.map { "attention/\($0)" }
      + Self.normSizes.flatMap { ["layer_norm/\($0)", "residual_layer_norm/\($0)"] }
      + Self.embeddings.map { "embedding/\($0)" } + Self.activations
      + ObjectiveParityTests.groups + LargeOperationParityTests.groups
    #expect(try Fixture("operations.h5").groups == tested.sorted())
  }

  @Test("linear, alone and with GELU", arguments: ["linear", "linear_gelu"], linearSizes)
  func linear(operation: String, size: String) throws {
    let `case` = try OperationCase("\(operation)/\(size)")
    let scope = recordingScope()
    let x = try `case`.input("x", in: scope)
    let (weight, bias) = (try `case`.parameter("weight"), try `case`.parameter("bias", kind: .bias))
    let y = scope.linear(
      x, weight: ParameterSpan(weight), bias: ParameterSpan(bias),
      activation: operation == "linear" ? .identity : .gelu)
    try `case`.expect(
      y, inputs: ["x": x], parameters: [weight, bias], in: scope,
      Tolerance(
        relative: 1e-5, absolute: 5e-6, because: "float32 sums of up to 100 products of size 1"))
  }

  /// PyTorch padded the sequences to one length and masked the scores; here each stands alone.
  @Test("attention, against padded and masked PyTorch", arguments: attentionCases)
  func attention(name: String) throws {
    let `case` = try OperationCase("attention/\(name)")
    let layout = SequenceLayout(offsets: try `case`.integers("offsets"))
    let scope = recordingScope()
    let (q, k, v) = (
      try `case`.input("query", in: scope), try `case`.input("key", in: scope),
      try `case`.input("value", in: scope)
    )
    let o = scope.attention(
      queries: TensorColumns(q), keys: TensorColumns(k), values: TensorColumns(v),
      layout: layout, selection: layout.allRows, headCount: Int(try `case`.number("head_count")),
      headSize: Int(try `case`.number("head_size")),
      site: DropoutSite(index: 0, probability: 0), mode: .inference)
    try `case`.expect(
      o, inputs: ["query": q, "key": k, "value": v], in: scope,
      Tolerance(
        relative: 2e-5, absolute: 5e-6,
        because: "softmax of float32 dot products of up to 64 terms, of size 1"))
  }

  /// The rows asked for are those of the whole, and keys and values get what those rows send back.
  @Test("attention of some rows", arguments: ["heads4_size8_ragged", "heads2_size12_ragged"])
  func attentionOfRows(name: String) throws {
    let `case` = try OperationCase("attention/\(name)")
    let layout = SequenceLayout(offsets: try `case`.integers("offsets"))
    let width = try `case`.size("y").columns
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 5e-6, because: "softmax of float32 dot products")
    for selection in [layout.firstRows, RowSelection(layout: layout, rows: [3, 7, 8, 51])] {
      let scope = recordingScope()
      let q = scope.input(
        rows(selection.rows, of: try `case`.floats("query"), width: width),
        rows: selection.count, columns: width)
      let o = scope.attention(
        queries: TensorColumns(q), keys: TensorColumns(try `case`.constant("key", in: scope)),
        values: TensorColumns(try `case`.constant("value", in: scope)), layout: layout,
        selection: selection, headCount: Int(try `case`.number("head_count")),
        headSize: Int(try `case`.number("head_size")),
        site: DropoutSite(index: 0, probability: 0), mode: .inference)
      expectClose(
        o.copyValues(), rows(selection.rows, of: try `case`.floats("y"), width: width), tolerance)
    }
  }

  @Test(
    "layer norm, alone and after a residual", arguments: ["layer_norm", "residual_layer_norm"],
    normSizes)
  func layerNorm(operation: String, size: String) throws {
    let `case` = try OperationCase("\(operation)/\(size)")
    let scope = recordingScope()
    var inputs = ["x": try `case`.input("x", in: scope)]
    if operation == "residual_layer_norm" {
      inputs["residual"] = try `case`.input("residual", in: scope)
    }
    let (scale, shift) = (
      try `case`.parameter("scale", kind: .normScale),
      try `case`.parameter("shift", kind: .normShift)
    )
    let x = try #require(inputs["x"])
    let y = scope.layerNorm(
      x, adding: inputs["residual"], scale: scale, shift: shift,
      epsilon: Float(try `case`.number("epsilon")),
      placement: SequenceLayout(offsets: [0, Int32(x.rows)]).placement, mode: .inference)
    try `case`.expect(
      y, inputs: inputs, parameters: [scale, shift], in: scope,
      Tolerance(
        relative: 2e-5, absolute: 5e-5,
        because: "float32 statistics; rows of size 0.1 around 0.5 have derivatives of size 10"))
  }

  @Test("embedding", arguments: embeddings)
  func embedding(name: String) throws {
    let `case` = try OperationCase("embedding/\(name)")
    let layout = SequenceLayout(offsets: try `case`.integers("offsets"))
    let scope = recordingScope()
    let words = try `case`.parameter("word", kind: .embedding)
    let positions = try `case`.parameter("position", kind: .embedding)
    let types =
      name == "word_position_type" ? try `case`.parameter("type", kind: .embedding) : nil
    let y = scope.embedding(
      tokenIDs: try `case`.integers("ids"), layout: layout, words: words, positions: positions,
      tokenTypes: types,
      paddingID: name == "padding_row" ? Int32(try `case`.number("padding_id")) : nil)
    try `case`.expect(
      y, parameters: [words, positions] + (types.map { [$0] } ?? []), in: scope,
      Tolerance(relative: 1e-6, absolute: 1e-6, because: "float32 sums of a few rows"))
  }

  @Test("tanh, ReLU and GELU", arguments: activations)
  func activation(group: String) throws {
    let `case` = try OperationCase(group)
    let scope = recordingScope()
    let x = try `case`.input("x", in: scope)
    let tolerance = Tolerance(
      relative: 1e-6, absolute: 5e-7, because: "one float32 evaluation; 1 - y² cancels near 1")
    if group.hasPrefix("gelu") {
      // GELU comes with a product; that by the identity is exact.
      let identity = Parameter(path: "identity", kind: .weight, shape: [x.columns, x.columns])
      for i in 0..<x.columns { identity.values[i * x.columns + i] = 1 }
      let y = scope.linear(x, weight: ParameterSpan(identity), bias: nil, activation: .gelu)
      try `case`.expect(y, inputs: ["x": x], in: scope, tolerance)
    } else {
      let y = scope.activation(group.hasPrefix("tanh") ? .tanh : .relu, x)
      try `case`.expect(y, inputs: ["x": x], in: scope, tolerance)
    }
  }
}
