import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

/// Hidden states of made-up sequences: sequence i has i % 5 + 1 tokens.
private struct Sequences {
  static let hiddenSize = 8

  static func tokens(_ index: Int) -> [Int32] { (0...(index % 5)).map { Int32(index * 10 + $0) } }

  /// Values that binary16 holds exactly.
  static func hidden(_ index: Int, layer: Int) -> [Float] {
    (0..<(tokens(index).count * hiddenSize)).map { Float(index + $0 + layer * 100) * 0.5 }
  }
}

@Suite("Activations of a text")
struct TextActivationTests {
  private let source = ["model": "0123", "text": "4567"]

  private func layout(_ precision: ActivationPrecision) -> ExampleActivationLayout {
    ExampleActivationLayout(
      ModelOutputs(
        ["0", "6"].map {
          .init(.hiddenState($0), width: Sequences.hiddenSize, precision: precision)
        } + [.init(.pooled("mean"), width: 2, precision: .f32)], layerCount: 6))
  }

  private func append(_ indices: Range<Int>, to writer: ExampleActivationWriter) throws {
    for index in indices {
      try Sequences.tokens(index).withUnsafeBufferPointer { tokens in
        try Sequences.hidden(index, layer: 0).withUnsafeBufferPointer { first in
          try Sequences.hidden(index, layer: 6).withUnsafeBufferPointer { last in
            try [Float(index), 1].withUnsafeBufferPointer { pooled in
              try writer.append(
                tokenIDs: tokens, offsets: [0, Int32(tokens.count)],
                outputs: [
                  OutputValues([
                    .hiddenState("0"): first, .hiddenState("6"): last, .pooled("mean"): pooled,
                  ])
                ])
            }
          }
        }
      }
    }
  }

  private func check(_ store: ExampleActivationStore, count: Int) throws {
    #expect(store.sequenceCount == count)
    #expect(Array(store.tokenIDs) == (0..<count).flatMap(Sequences.tokens))
    for index in 0..<count {
      let rows = store.rows(ofSequence: index)
      for layer in [0, 6] {
        var values = [Float](repeating: 0, count: rows.count * Sequences.hiddenSize)
        try values.withUnsafeMutableBufferPointer {
          try store.readHidden("\(layer)", rows: rows, into: $0)
        }
        #expect(values == Sequences.hidden(index, layer: layer))
      }
    }
    // Gathered, in any order.
    let chosen = [count - 1, 3, 4, 0, 3]
    let rows = try #require(store.rows(ofSequences: chosen))
    #expect(try store.outputs.tokenIDs(rows) == chosen.flatMap(Sequences.tokens))
    let model = try #require(store.outputs.model(nil))
    for (output, expected) in [
      (.hiddenState("6"), chosen.flatMap { Sequences.hidden($0, layer: 6) }),
      (.pooled("mean"), chosen.flatMap { [Float($0), 1] }),
    ] as [(ModelOutput, [Float])] {
      var values = [Float](repeating: 0, count: expected.count)
      try values.withUnsafeMutableBufferPointer {
        try store.outputs.read(output, of: model, rows: rows, into: $0)
      }
      #expect(values == expected)
    }
    #expect(store.rows(ofSequences: [0, count]) == nil)
  }

  @Test("what was written is read", arguments: ActivationPrecision.allCases)
  func roundTrip(precision: ActivationPrecision) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let writer = try ExampleActivationWriter(
      path: path, layout: layout(precision), source: source, limit: ShardLimit(bytes: 1000))
    try append(0..<50, to: writer)
    try writer.finish()
    #expect(try folder.names() == ["a.h5"])
    let store = try ExampleActivationStore(path: path)
    #expect(store.layout == layout(precision))
    #expect(store.source == source)
    #expect(store.overflowCount == 0)
    try check(store, count: 50)
    #expect(throws: ActivationStoreError.self) { try StageActivationStore(path: path) }
    #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
    let summary = try FileSummary(path: path)
    #expect(summary.kind == .activationStore)
    #expect(summary.arrays.map(\.path).contains("/hidden/6"))
  }

  @Test("a writer that never finished is gone on with behind its last shard")
  func resuming() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    func open(_ source: [String: String]) throws -> ExampleActivationWriter {
      try ExampleActivationWriter(
        path: path, layout: layout(.f16), source: source, limit: ShardLimit(bytes: 600))
    }
    do {
      // Few bytes, but as old as they may be.
      let writer = try ExampleActivationWriter(
        path: path, layout: layout(.f16), source: source, limit: ShardLimit(age: .zero))
      try append(0..<2, to: writer)
      #expect(writer.finishedSequenceCount == 2)
    }
    var finished = 0
    while finished < 60 {
      let writer = try open(source)
      #expect(writer.finishedSequenceCount >= finished)
      finished = writer.finishedSequenceCount
      // Each life appends some sequences and is dropped in the middle of a shard.
      try append(finished..<(finished + 13), to: writer)
      #expect(throws: ActivationStoreError.self) { try open(source) }  // one writer at a time
    }
    #expect(throws: ActivationStoreError.self) { try open(["model": "other", "text": "4567"]) }
    let writer = try open(source)
    finished = writer.finishedSequenceCount
    try append(finished..<80, to: writer)
    try writer.finish()
    try check(ExampleActivationStore(path: path), count: 80)
    #expect(try folder.names() == ["a.h5"])
  }

  @Test("a store begun for another source is not gone on with, and damage of a shard is found")
  func refusing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    do {
      let writer = try ExampleActivationWriter(
        path: path, layout: layout(.f32), source: source, limit: ShardLimit(bytes: 1))
      try append(0..<3, to: writer)
    }
    let other = #expect(throws: ActivationStoreError.self) {
      try ExampleActivationWriter(path: path, layout: layout(.f32), source: ["model": "9"])
    }
    #expect(other?.description.contains("model (0123, not 9)") == true)
    #expect(throws: ActivationStoreError.self) {
      try ExampleActivationWriter(path: path, layout: layout(.f16), source: source)
    }
    // Before anything is computed behind it; and at the end, if it was damaged since.
    let shard = "\(path).partial/1.shard"
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: shard)))
    var bytes = whole
    bytes[7] ^= 1
    try AtomicFile.replace(path: shard, with: bytes)
    let atOnce = #expect(throws: ActivationStoreError.self) {
      try ExampleActivationWriter(path: path, layout: layout(.f32), source: source)
    }
    try AtomicFile.replace(path: shard, with: whole)
    let writer = try ExampleActivationWriter(path: path, layout: layout(.f32), source: source)
    try AtomicFile.replace(path: shard, with: bytes)
    let atTheEnd = #expect(throws: ActivationStoreError.self) { try writer.finish() }
    for error in [atOnce, atTheEnd] {
      #expect(error?.description.contains("1.shard has changed") == true)
    }
  }

  @Test("values too large for binary16 are clipped and counted, in finished shards too")
  func overflow() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    for life in 0..<2 {
      let writer = try ExampleActivationWriter(
        path: path,
        layout: ExampleActivationLayout(
          ModelOutputs([.init(.hiddenState("1"), width: 2, precision: .f16)])), source: [:],
        limit: ShardLimit(bytes: 1))
      try [Int32(7)].withUnsafeBufferPointer { tokens in
        try [Float(1e6), 3].withUnsafeBufferPointer { values in
          try writer.append(
            tokenIDs: tokens, offsets: [0, 1], outputs: [OutputValues([.hiddenState("1"): values])])
        }
      }
      #expect(writer.overflowCount == life + 1)
      if life == 1 { try writer.finish() }
    }
    let store = try ExampleActivationStore(path: path)
    #expect(store.overflowCount == 2)
    var values: [Float] = [0, 0]
    try values.withUnsafeMutableBufferPointer { try store.readHidden("1", rows: 1..<2, into: $0) }
    #expect(values == [65504, 3])
  }
}

@Suite("Activations of a stage")
struct StageActivationTests {
  private static let k = 3
  private let source = ["teacher": "ab", "data": "cd"]

  /// Two sequences of 3 and 2 tokens; the second and the last token are masked.
  private func append(_ number: Int, to writer: StageActivationWriter) throws {
    let place = BatchPlace(epoch: number / 6, step: number / 2, microBatch: number % 2)
    let tokens = (0..<5).map { Int32(number * 5 + $0) }
    let labels: [Int32] = [-1, Int32(number), -1, -1, 9]
    let hidden = (0..<20).map { Float(number + $0) }
    let rows = writer.layout.models[0].topLogits?.positions == .masked ? 2 : 5
    let values = (0..<(rows * Self.k)).map { Float(number) - Float($0) * 0.25 }
    let ids = (0..<(rows * Self.k)).map { Int32($0 + number) }
    let normalizers = (0..<(rows * 2)).map { Float($0) + 0.1 * Float(number) }
    try tokens.withUnsafeBufferPointer { tokens in
      try labels.withUnsafeBufferPointer { labels in
        try hidden.withUnsafeBufferPointer { hidden in
          try values.withUnsafeBufferPointer { values in
            try ids.withUnsafeBufferPointer { ids in
              try normalizers.withUnsafeBufferPointer { normalizers in
                try writer.append(
                  StageActivationBatch(
                    place: place, tokenIDs: tokens, labels: labels, offsets: [0, 3, 5],
                    examples: [number * 2, number * 2 + 1]),
                  outputs: [
                    OutputValues(
                      [.hiddenState("last"): hidden],
                      topLogits: .init(values: values, ids: ids, logNormalizers: normalizers))
                  ])
              }
            }
          }
        }
      }
    }
  }

  private static func layout(
    _ states: ActivationPrecision?, _ topLogits: ModelOutputs.TopLogits? = nil
  ) -> StageActivationLayout {
    StageActivationLayout(
      ModelOutputs(
        states.map { [.init(.hiddenState("last"), width: 4, precision: $0)] } ?? [],
        topLogits: topLogits))
  }

  static let layouts: [StageActivationLayout] = [
    layout(.f16), layout(.f32),
    layout(nil, .init(count: k, temperatures: [1, 2], positions: .masked, precision: .f32)),
    layout(.f32, .init(count: k, temperatures: [1, 2.5], positions: .all, precision: .f16)),
  ]

  @Test("outputs come back by epoch and step, also when the writer was stopped", arguments: 0..<4)
  func roundTrip(layoutNumber: Int) throws {
    let layout = Self.layouts[layoutNumber]
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    func open() throws -> StageActivationWriter {
      try StageActivationWriter(
        path: path, layout: layout, source: source, limit: ShardLimit(bytes: 400))
    }
    do {
      let writer = try open()
      for number in 0..<7 { try append(number, to: writer) }
    }
    let writer = try open()
    #expect(writer.finishedBatchCount == 6)
    for number in writer.finishedBatchCount..<12 { try append(number, to: writer) }
    try writer.finish()
    let store = try StageActivationStore(path: path)
    #expect(store.layout == layout)
    #expect(store.source == source)
    #expect(store.batchCount == 12)
    #expect(store.batchNumber(step: 4, microBatch: 1) == 9)
    #expect(store.batchNumber(step: 4, microBatch: 2) == nil)
    #expect(store.batchNumber(step: 6, microBatch: 0) == nil)
    for number in 0..<12 {
      let batch = store.batch(number)
      #expect(
        batch.place == BatchPlace(epoch: number / 6, step: number / 2, microBatch: number % 2))
      #expect(Array(batch.tokenIDs) == (0..<5).map { Int32(number * 5 + $0) })
      #expect(Array(batch.labels) == [-1, Int32(number), -1, -1, 9])
      #expect(batch.offsets == [0, 3, 5])
      #expect(batch.examples == [number * 2, number * 2 + 1])
      let (model, places) = (layout.models[0], store.rows(ofBatch: number))
      if !model.columns.isEmpty {
        var hidden = [Float](repeating: 0, count: 20)
        try hidden.withUnsafeMutableBufferPointer {
          try store.outputs.read(.hiddenState("last"), of: model, rows: places, into: $0)
        }
        #expect(hidden == (0..<20).map { Float(number + $0) })
      }
      if let logits = model.topLogits {
        let rows = places.logitCount
        #expect(rows == (logits.positions == .masked ? 2 : 5))
        var values = [Float](repeating: 0, count: rows * Self.k)
        try values.withUnsafeMutableBufferPointer {
          try store.outputs.readTopLogits(of: model, rows: places, into: $0)
        }
        #expect(values == values.indices.map { Float(number) - Float($0) * 0.25 })
        #expect(
          try store.outputs.topLogitIDs(of: model, rows: places)
            == values.indices.map { Int32($0 + number) })
        #expect(
          try store.outputs.logNormalizers(of: model, rows: places).last
            == Float(rows * 2 - 1) + 0.1 * Float(number))
      }
    }
  }

  @Test(
    "other temperatures or positions are another store, which does not take the place of a begun one"
  )
  func refusing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    func open(_ temperatures: [Double], _ positions: TokenPositions)
      throws -> StageActivationWriter
    {
      try StageActivationWriter(
        path: path,
        layout: Self.layout(
          nil,
          .init(count: 3, temperatures: temperatures, positions: positions, precision: .f32)),
        source: [:])
    }
    // Nothing is lost of a store in which nothing is finished.
    _ = try open([1, 3], .masked)
    do {
      let writer = try open([1, 2], .all)
      try append(0, to: writer)
      try writer.save()
    }
    #expect(try open([1, 2], .all).finishedBatchCount == 1)
    #expect(throws: ActivationStoreError.self) { try open([1, 3], .all) }
    #expect(throws: ActivationStoreError.self) { try open([1, 2], .masked) }
  }
}
