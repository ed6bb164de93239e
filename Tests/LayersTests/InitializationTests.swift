import RetortLayers
import Testing

@Suite("Initialisation")
struct InitializationTests {
  @Test("values depend on seed and path, not on what else is initialised")
  func independence() {
    func values(_ paths: [String], seed: UInt64) -> [String: [Float]] {
      let parameters = paths.map { Parameter(path: $0, kind: .weight, shape: [3, 5]) }
      parameters.initializeByKind(standardDeviation: 0.02, seed: seed)
      return Dictionary(
        uniqueKeysWithValues: parameters.map { ($0.path, Array($0.values)) })
    }
    let one = values(["a", "b", "c"], seed: 1)
    let other = values(["c", "d", "a"], seed: 1)
    #expect(one["a"] == other["a"])
    #expect(one["c"] == other["c"])
    #expect(one["a"] != one["b"])
    #expect(one["a"] != values(["a"], seed: 2)["a"])
  }

  @Test("each kind begins as transformers begin")
  func kinds() {
    for kind in ParameterKind.allCases {
      let parameter = Parameter(path: "p", kind: kind, shape: [40_000])
      parameter.initializeByKind(standardDeviation: 0.02, seed: 7)
      switch kind {
      case .bias, .normShift: #expect(parameter.values.allSatisfy { $0 == 0 })
      case .normScale: #expect(parameter.values.allSatisfy { $0 == 1 })
      case .weight, .embedding:
        let mean = parameter.values.reduce(0) { $0 + Double($1) } / 40_000
        let square = parameter.values.reduce(0) { $0 + Double($1) * Double($1) } / 40_000
        // Four standard errors: 0.02 / 200 for the mean, 0.02 / (200 * sqrt 2) for the deviation.
        #expect(abs(mean) < 4e-4)
        #expect(abs(square.squareRoot() - 0.02) < 3e-4)
      }
    }
  }

  @Test("adjacent projections give what single ones give")
  func adjacent() {
    let linears = Linear.adjacent(paths: ["q", "k"], inputSize: 6, outputSize: 4)
    linears.flatMap { $0.parameters }.initializeByKind(standardDeviation: 1, seed: 3)
    linears[1].bias.initialize(.ones, seed: 0)
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let x = scope.input((0..<12).map { Float($0) / 10 }, rows: 2, columns: 6)
    let both = AdjacentLinears(linears)(x, in: scope).copyValues()
    let first = linears[0](x, in: scope).copyValues()
    let second = linears[1](x, in: scope).copyValues()
    for row in 0..<2 {
      for column in 0..<4 {
        #expect(abs(both[row * 8 + column] - first[row * 4 + column]) < 1e-5)
        #expect(abs(both[row * 8 + 4 + column] - second[row * 4 + column]) < 1e-5)
      }
    }
    #expect(linears[0].parameterCount == 28)
  }
}
