// One block of each family against PyTorch's, in odd shapes: blocks.h5.
import RetortRandomness
import RetortTestSupport
import Testing

@testable import RetortTransformers

@Suite("Blocks equal PyTorch's")
struct BlockParityTests {
  @Test(
    "output and all gradients", arguments: ModelFamily.allCases,
    ["one_token", "one_sequence", "unequal", "long", "equal"])
  func block(family: ModelFamily, shape: String) throws {
    let fixture = try Fixture("blocks.h5")
    let group = "\(family.rawValue)/\(shape)"
    func number(_ name: String) throws -> Int { Int(try fixture.number(name, of: group)) }
    var configuration = family.defaults
    configuration.vocabularySize = 8
    configuration.maximumPositions = 512
    configuration.layerCount = 1
    configuration.hiddenSize = try number("hidden_size")
    configuration.headCount = try number("head_count")
    configuration.feedForwardSize = try number("feed_forward_size")
    #expect(try fixture.number("epsilon", of: group) == configuration.layerNormEpsilon)
    let model = TransformerModel(configuration: configuration, heads: [])
    let block = model.encoder.blocks[0]
    let names = WeightNames.huggingFace(configuration).namesByPath(prefixed: false)
    // Up to the layer's number, whatever the family calls what is before it.
    let first = try #require(block.parameters.first.flatMap { names[$0.path] })
    let prefix = String(first.prefix(upTo: try #require(first.firstRange(of: ".0.")).upperBound))
    var parameters: [String: Parameter] = [:]
    for parameter in block.parameters {
      let name = try #require(names[parameter.path])
      try #require(name.hasPrefix(prefix))
      parameters[String(name.dropFirst(prefix.count))] = parameter
      parameter.fill(from: IntegerHash(name: String(name.dropFirst(prefix.count))))
    }

    let layout = SequenceLayout(offsets: try fixture.integers("\(group)/offsets"))
    let (rows, columns) = (layout.tokenCount, configuration.hiddenSize)
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let x = scope.input(
      IntegerHash(name: "\(shape)/x").values(rows * columns, scale: 4), rows: rows,
      columns: columns, differentiable: true)
    let y = block(
      x, layout: layout, selection: layout.allRows, mode: .inference, in: scope)
    try fixture.expectSummary(
      of: y.copyValues(), "\(group)/y", at: 0, relative: 1e-5, what: "\(group) y")
    scope.seedGradient(
      of: y, with: IntegerHash(name: "\(shape)/upstream").values(rows * columns, scale: 1))
    scope.backward()

    let stored = try fixture.text("parameter_names", of: group).split(separator: "\n")
    #expect(stored.count == parameters.count + 1)
    for (index, name) in stored.enumerated() {
      let gradient =
        name == "x"
        ? scope.gradientValues(of: x) ?? [] : parameters[String(name)]?.gradientArray ?? []
      // Shifting all scores of a row alike changes nothing, and one token attends to itself alone.
      let isOfKeyBias = name.hasSuffix("key.bias") || name.hasSuffix("k_lin.bias")
      let isOfScores = ["query", "key", "q_lin", "k_lin"].contains { name.contains($0) }
      if isOfKeyBias || isOfScores && shape == "one_token" {
        expectZero(
          gradient, within: 1e-5, because: "rounding of sums that cancel", "\(group) ∂\(name)")
      } else {
        try fixture.expectSummary(
          of: gradient, "\(group)/gradient", at: index, relative: isOfScores ? 5e-5 : 2e-5,
          what: "\(group) ∂\(name)")
      }
    }
  }
}
