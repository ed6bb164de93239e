// Hidden states of a text, recorded and read back.
import Foundation
import RetortFiles
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite struct TextActivationTests {
  private final class Stopper: RecordingObserver {
    var last: RecordingProgress?
    let limit: Int
    init(after limit: Int) { self.limit = limit }
    func recorded(_ progress: RecordingProgress) { last = progress }
    var stopIsRequested: Bool { (last?.done ?? 0) >= limit }
  }

  private let folder: TemporaryFolder
  private let model = Small.model(.bert, layers: 3, heads: [])
  private let engine = Engine(threadCount: 2)

  init() throws { folder = try TemporaryFolder() }

  /// Lines of 0 to 30 words; the longest are cut at the model's 24 positions.
  private static let lines: [String] = {
    var random = RandomInputs(3)
    return random.integers(400, below: 31).enumerated().map { number, length in
      (0..<length).map { "w\((Int($0) * 7 + number) % 35)" }.joined(separator: " ")
    }
  }()

  private func recording() throws -> TextActivationRecording {
    TextActivationRecording(
      model: model,
      tokenizer: BertTokenizer(
        vocabulary: try Small.vocabulary(), lowercase: true, stripAccents: nil, splitsCJK: true),
      maximumLength: 24, engine: engine)
  }

  private static func layout(
    _ layers: [Int], _ precision: ActivationPrecision
  ) -> ExampleActivationLayout {
    ExampleActivationLayout(
      ModelOutputs(
        layers.map { .init(.hiddenState("\($0)"), width: 16, precision: precision) },
        layerCount: 3))
  }

  private func record(
    _ name: String, layers: [Int] = [0, 2, 3], precision: ActivationPrecision = .f32,
    text: String = lines.joined(separator: "\n"), observer: (any RecordingObserver)? = nil
  ) throws -> ExampleActivationStore {
    let file = folder.file("text.txt")
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let writer = try ExampleActivationWriter(
      path: folder.file(name),
      layout: Self.layout(layers, precision),
      source: ["text": "t"])
    try recording().run(over: MappedFile(path: file), into: writer, observer: observer)
    try writer.finish()
    return try ExampleActivationStore(path: folder.file(name))
  }

  @Test(
    "hidden states are the encoder's", arguments: ActivationPrecision.allCases)
  func sameAsEncoder(precision: ActivationPrecision) throws {
    let store = try record("a.h5", precision: precision)
    #expect(store.sequenceCount == Self.lines.count && store.overflowCount == 0)
    let tokenizer = try recording().tokenizer
    let scope = ComputeScope(engine: engine, recording: false)
    for (number, line) in Self.lines.enumerated().filter({ $0.offset % 13 == 0 }) {
      let ids = tokenizer.encode(line, maximumLength: 24)
      let rows = store.rows(ofSequence: number)
      #expect(Array(store.tokenIDs[rows]) == ids)
      scope.reset()
      let states = model.encoder.encode(
        tokenIDs: ids, layout: SequenceLayout(offsets: [0, Int32(ids.count)]),
        request: HiddenStateRequest(lastLayer: nil, layers: [0, 2, 3]), mode: .inference, in: scope)
      for layer in [0, 2, 3] {
        var values = [Float](repeating: 0, count: rows.count * 16)
        try values.withUnsafeMutableBufferPointer {
          try store.readHidden("\(layer)", rows: rows, into: $0)
        }
        // Alone in its batch a line has the same bits.
        let computed = (states.layers[layer]?.copyValues() ?? []).withUnsafeBufferPointer {
          precision.rounded($0)
        }
        #expect(values == computed, "line \(number), \(layer)")
      }
    }
  }

  @Test("a recording that was stopped goes on to the same bits")
  func resuming() throws {
    _ = try record("whole.h5")
    let stopper = Stopper(after: 100)
    #expect(throws: RecordingError.self) { _ = try record("pieces.h5", observer: stopper) }
    #expect((100..<Self.lines.count).contains(stopper.last?.done ?? 0))
    // A writer that was lost may have ended anywhere.
    do {
      let writer = try ExampleActivationWriter(
        path: folder.file("pieces.h5"),
        layout: Self.layout([0, 2, 3], .f32),
        source: ["text": "t"], limit: ShardLimit(bytes: 20_000))
      let text = Self.lines.prefix(250).joined(separator: "\n")
      try text.write(toFile: folder.file("less.txt"), atomically: true, encoding: .utf8)
      try recording().run(over: MappedFile(path: folder.file("less.txt")), into: writer)
    }
    _ = try record("pieces.h5")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.file("pieces.h5")))
        == Data(contentsOf: URL(fileURLWithPath: folder.file("whole.h5"))))
  }

  @Test("values beyond binary16 are counted")
  func overflow() throws {
    let norm = try #require(model.parameters.last { $0.kind == .normScale })
    for i in norm.values.indices { norm.values[i] = 1e6 }
    let store = try record("a.h5", layers: [3], precision: .f16, text: "w1 w2")
    #expect(store.overflowCount > 0)
  }

  @Test("an empty text and invalid UTF-8 are refused")
  func badText() throws {
    #expect(throws: RecordingError.emptyText(path: folder.file("text.txt"))) {
      _ = try record("a.h5", text: "")
    }
    let path = folder.file("bad.txt")
    try Data([UInt8(ascii: "a"), 10, UInt8(ascii: "b"), 0xFF]).write(
      to: URL(fileURLWithPath: path))
    let writer = try ExampleActivationWriter(
      path: folder.file("b.h5"),
      layout: Self.layout([1], .f16), source: [:])
    #expect(throws: RecordingError.invalidUTF8(path: path, line: 2, byteOffset: 3)) {
      try recording().run(over: MappedFile(path: path), into: writer)
    }
  }
}
