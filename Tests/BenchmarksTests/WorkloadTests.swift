// What benchmarks read, and the state that they begin from.
import RetortDistillation
import RetortOptimization
import RetortTensorEngine
import RetortText
import Testing

@testable import RetortBenchmarks

@Suite struct WorkloadTests {
  @Test("made-up sentences are as long as SST-2's, and the same every time")
  func madeUpSentences() {
    let made = MadeUpSentences.make(count: 20_000, vocabularySize: 30_522, seed: 42)
    let lengths = made.sequences.lengths
    // 13.32 tokens with a deviation of 9.5: the mean of 20,000 is off by 0.07 or less in two cases of three.
    #expect(abs(Double(made.sequences.tokenCount) / 20_000 - 897_039 / 67_349) < 0.3)
    #expect(lengths.min() == 3)
    #expect(lengths.allSatisfy { $0 <= 66 })
    let first = made.sequences[0]
    #expect(first.first == 101 && first.last == 102)
    #expect(made.sequences.tokenIDs.allSatisfy { (101...102).contains($0) || $0 >= 1000 })
    let again = MadeUpSentences.make(count: 20, vocabularySize: 30_522, seed: 42)
    #expect(
      again.sequences.tokenIDs[...] == made.sequences.tokenIDs.prefix(again.sequences.tokenCount))
  }

  @Test("connected text is cut into whole sequences and masked by place")
  func connectedText() {
    var sentences = TokenSequences()
    for start in stride(from: 1000, to: 1060, by: 4) {
      sentences.append([101] + (start..<start + 4).map { Int32($0) } + [102])
    }
    // 60 words in pieces of 14.
    let text = ConnectedText(sentences, length: 16, count: 9, batchSize: 3, maskID: 103)
    #expect(text.sequenceCount == 4)
    #expect(Array(text.sequences[1]) == [101] + (1014..<1028).map { Int32($0) } + [102])
    let batch = text.batch([0, 1], at: BatchPlace(step: 0, microBatch: 0))
    #expect(batch.maskedCount == 4)
    #expect(batch.labels.indices.filter { batch.labels[$0] >= 0 } == [3, 10, 19, 26])
    #expect(batch.labels[19] == 1016 && batch.packed.tokenIDs[19] == 103)
    #expect(text.order(ofEpoch: 5)[1] == [3])
    let whole = ConnectedText(sentences, length: 16, count: 9, batchSize: 3, maskID: nil)
      .batch([0, 1], at: BatchPlace(step: 0, microBatch: 0))
    #expect(whole.maskedCount == 0 && !whole.packed.tokenIDs.contains(103))
    #expect(
      ConnectedText(sentences, length: 16, count: 2, batchSize: 3, maskID: 103).sequenceCount == 2)
  }

  @Test("a late state is that of step 3,000, subnormal where words are long unread")
  func lateState() throws {
    let words = Parameter(path: "words", kind: .embedding, shape: [22_200, 2])
    let bias = Parameter(path: "bias", kind: .bias, shape: [3])
    let optimizer = AdamWOptimizer(
      AdamW(
        learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0,
        maximumGradientNorm: .infinity),
      parameters: [words, bias])
    optimizer.makeLate(words: words)
    #expect(optimizer.stepCount == 3000)
    let state = optimizer.states[0]
    for (row, first, second) in [
      (0, 1e-7, 1e-12), (19_999, 1e-7, 1e-12), (20_000, 1e-41, 1e-14), (22_129, 1e-41, 1e-14),
      (22_130, 1e-7, 1e-12),
    ] as [(Int, Float, Float)] {
      #expect(state.firstMoment.values[2 * row + 1] == first)
      #expect(state.secondMoment.values[2 * row + 1] == second)
    }
    #expect(state.firstMoment.values[2 * 20_000].isSubnormal)
    #expect(optimizer.states[1].firstMoment.values[2] == 1e-7)
  }

  @Test("steps go round the batches, the last one smaller")
  func order() {
    let order = TimedOrder(count: 10, batchSize: 4, warmup: 2)
    #expect((0..<4).map { order.examples(ofStep: $0) } == [8..<10, 0..<4, 4..<8, 8..<10])
  }

  @Test("a number that differs with the threads, or is none, is a failure")
  func failures() {
    #expect(StepBenchmark.failures(of: "loss", oneThread: [1, 2], all: [1, 2]).isEmpty)
    #expect(
      StepBenchmark.failures(of: "loss", oneThread: [1, 2], all: [1, 2.0.nextUp]).count == 1)
    #expect(StepBenchmark.failures(of: "loss", oneThread: [.nan], all: [.nan]).count == 1)
  }

  @Test("ceilings are those of this machine: neither loop has been left out")
  func ceilings() {
    let ceilings = MachineCeilings(measuredOn: Engine(threadCount: 1))
    // The slowest processor with AVX2 makes some 10 GFLOP/s, the fastest core with AVX-512 some 400.
    #expect((1e10...1e12).contains(ceilings.flopsPerSecond))
    #expect((5e8...1e12).contains(ceilings.bytesPerSecond))
  }
}
