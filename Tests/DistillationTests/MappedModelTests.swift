// A model whose weights are a view of its checkpoint: the same model, and the file is never written to.
import Files
import Foundation
import Storage
import TestSupport
import Testing
import Transformers

@Suite("Mapped models")
struct MappedModelTests {
  /// Matrices of 64 KiB and more, those of attention adjacent in memory and not in the file.
  private var configuration: TransformerConfiguration {
    TransformerConfiguration(
      family: .distilbert, vocabularySize: 200, hiddenSize: 128, layerCount: 2, headCount: 4,
      feedForwardSize: 192, maximumPositions: 16, tokenTypeCount: 0, layerNormEpsilon: 1e-12,
      hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0, initializerRange: 0.1,
      paddingID: 0, labels: ["no", "yes"], usesSinusoidalPositions: false)
  }

  /// How much of this process's memory is a view of a file.
  private static func mappedByteCount(of path: String) throws -> Int {
    let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
    return maps.split(separator: "\n").filter { $0.hasSuffix(path) }.reduce(0) { sum, line in
      let bounds = line.prefix { $0 != " " }.split(separator: "-").map { Int($0, radix: 16)! }
      return sum + bounds[1] - bounds[0]
    }
  }

  @Test("Values are those of a copied model; changing them leaves the file as it is")
  func sameAsCopied() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.h5")
    let original = TransformerModel(configuration: configuration, heads: [.classification])
    original.initialize([.encoder, .classification], seed: 5)
    var content = CheckpointContent()
    content.model = original.storedTensors
    try Checkpoint.write(path: path, content: content)
    extendLifetime(original)
    let bytes = try MappedFile.contents(path: path)

    let copied = TransformerModel(configuration: configuration, heads: [.classification])
    let mapped = TransformerModel(configuration: configuration, heads: [.classification])
    do {
      let weights = CheckpointWeights(try Checkpoint(path: path))
      try copied.load(from: weights, names: .own(configuration), seed: 0)
      try mapped.load(from: weights, names: .own(configuration), mapping: true, seed: 0)
    }
    // In bytes: how many mappings they are is the kernel's affair, which joins neighbours.
    let page = Int(getpagesize())
    let large = mapped.parameters.map { $0.values.count * MemoryLayout<Float>.stride }
      .filter { $0 >= 1 << 16 }
    #expect(large.count >= 10)
    #expect(try Self.mappedByteCount(of: path) == large.reduce(0) { $0 + $1 / page * page })
    for (one, other) in zip(mapped.parameters, copied.parameters) {
      #expect(one.path == other.path)
      #expect(one.values.elementsEqual(other.values), "\(one.path)")
      #expect(one.values.contains { $0 != 0 } || one.kind == .bias || one.kind == .normShift)
    }

    for parameter in mapped.parameters {
      for index in parameter.values.indices { parameter.values[index] += 1 }
    }
    for (one, other) in zip(mapped.parameters, copied.parameters) {
      #expect(zip(one.values, other.values).allSatisfy { $0 == $1 + 1 }, "\(one.path)")
    }
    #expect(try MappedFile.contents(path: path) == bytes)
  }
}
