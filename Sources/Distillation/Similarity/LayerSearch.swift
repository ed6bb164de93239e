// Which layers of a teacher those of a student are nearest to, found before a training begins.
import RetortRandomness
import RetortTensorEngine
import RetortText
import RetortTransformers

/// Finds the pairs of layers that terms leave to a search, from the states of student and teacher on the stage's own text, both
/// run without dropout and with no word masked. The alignment is `LayerSimilarity`'s; the map is `NearestLayers`'.
///
/// What is found depends on both models, the text, the number of sequences and the seed, and not on the number of threads.
public final class LayerSearch {
  private let student: TransformerModel
  private let teacher: any TeacherSource
  private let text: any SequenceSource
  private let seed: UInt64
  private let engine: Engine
  private var tables: [Key: Table] = [:]

  /// Tokens that are computed together, at least.
  private static let batchTokens = 1024

  private struct Key: Hashable {
    var teacher: String?
    var sequences: Int
    var seed: UInt64
  }

  struct Table {
    /// [states of the student][states of the teacher]
    var alignment: [[Double]]
    var sequences: Int
    var tokens: Int
  }

  /// What was found for a term.
  public struct Finding: Sendable, Equatable {
    public var term: String
    public var layers: LayerMap.Layers
    public var pairs: [LayerPair]
    /// Linear CKA of each pair.
    public var alignment: [Double]
    public var sequences: Int
    public var tokens: Int
  }

  /// - Parameters:
  ///   - student: as it begins.
  ///   - teacher: that is run on a batch when it is asked; one or several.
  ///   - text: what the stage learns from.
  ///   - seed: the stage's.
  public init(
    student: TransformerModel, teacher: any TeacherSource, text: any SequenceSource, seed: UInt64,
    engine: Engine
  ) {
    (self.student, self.teacher, self.text) = (student, teacher, text)
    (self.seed, self.engine) = (seed, engine)
  }

  /// The objective with every map found.
  /// - Throws: `LayerSearchError`, or what a teacher throws.
  public func objective(_ objective: Objective) throws -> (Objective, [Finding]) {
    var findings: [Finding] = []
    let found = try objective.mappingSearches { name, teacher, layers, nearest in
      let finding = try find(nearest, layers, of: teacher, for: name)
      findings.append(finding)
      return finding.pairs
    }
    return (found, findings)
  }

  private func find(
    _ nearest: NearestLayers, _ layers: LayerMap.Layers, of name: String?, for term: String
  ) throws -> Finding {
    let table = try similarities(
      to: name, on: nearest.sequences, seed: nearest.seed ?? seed, for: term)
    // A block counts by the state that it ends with.
    let first = layers == .hiddenStates ? 0 : 1
    let similarity = table.alignment[first...].map { Array($0[first...]) }
    guard similarity.count <= similarity[0].count else {
      throw LayerSearchError.fewerLayers(
        term: term, student: student.configuration.layerCount,
        teacher: table.alignment[0].count - 1)
    }
    let places = NearestLayers.increasing(similarity)
    return Finding(
      term: term, layers: layers,
      pairs: places.enumerated().map { LayerPair(teacher: $1, student: $0) },
      alignment: places.enumerated().map { similarity[$0][$1] },
      sequences: table.sequences, tokens: table.tokens)
  }

  /// Every hidden state of the student beside every one of a teacher, computed once.
  /// - Parameters:
  ///   - name: the teacher's; nil for the only one.
  ///   - count: of sequences.
  func similarities(
    to name: String?, on count: Int, seed: UInt64, for term: String
  ) throws -> Table {
    let key = Key(teacher: name, sequences: count, seed: seed)
    if let known = tables[key] { return known }
    let teacher = name.map(teacher.named) ?? teacher
    guard let depth = teacher.dimensions.layerCount, let width = teacher.dimensions.hiddenSize
    else { preconditionFailure("a teacher of unknown size") }
    var stream = RandomStream(seed: seed, name: .resampling)
    let chosen = stream.permutation(count: text.count).prefix(count).sorted()
    let batches = batches(of: chosen)
    let tokens = batches.reduce(0) { $0 + $1.tokenCount }
    guard tokens > 1 else { throw LayerSearchError.tooFewTokens(term: term, count: tokens) }

    let own = student.configuration
    let sides: [(layers: Int, width: Int)] = [
      (own.layerCount + 1, own.hiddenSize), (depth + 1, width),
    ]
    let scope = ComputeScope(engine: engine, recording: false)
    var products = AlignmentSums(sides)
    // States less the means of the first batch; what those are off by is taken out at the end, so that each model runs once.
    var shifts: [[ColumnMeans]] = []
    var rest = sides.map { side in
      [ColumnSums](repeating: ColumnSums(width: side.width), count: side.layers)
    }
    for batch in batches {
      let states = try states(of: batch, sides.map(\.layers), teacher, in: scope)
      if shifts.isEmpty {
        shifts = zip(sides, states).map { side, states in
          states.map { state in
            var sums = ColumnSums(width: side.width)
            sums.add(state)
            return sums.means(rows: batch.tokenCount)
          }
        }
      }
      let shifted = zip(shifts, states).map { zip($0, $1).map { $0.centre($1) } }
      for side in 0...1 {
        for layer in shifted[side].indices { rest[side][layer].add(shifted[side][layer]) }
      }
      products.add(shifted, rows: batch.tokenCount, on: engine)
    }
    products.recentre(rest.map { $0.map { $0.exactMeans(rows: tokens) } }, rows: tokens)
    if let layer = products.notFinite {
      throw LayerSearchError.notFinite(term: term, isStudent: layer.side == 0, state: layer.layer)
    }
    if let constant = products.constant {
      throw LayerSearchError.constant(
        term: term, isStudent: constant.side == 0, state: constant.layer)
    }
    let table = Table(alignment: products.alignment, sequences: chosen.count, tokens: tokens)
    tables[key] = table
    return table
  }

  private func batches(of chosen: [Int]) -> [PackedBatch] {
    var batches: [PackedBatch] = []
    var (waiting, tokens) = ([Int](), 0)
    for sequence in chosen {
      waiting.append(sequence)
      tokens += text.length(of: sequence)
      guard tokens >= Self.batchTokens || sequence == chosen.last else { continue }
      batches.append(PackedBatch(waiting, of: text))
      (waiting, tokens) = ([], 0)
    }
    return batches
  }

  /// All hidden states of both, [T, C] each, by model and number.
  private func states(
    of batch: PackedBatch, _ counts: [Int], _ teacher: any TeacherSource, in scope: ComputeScope
  ) throws -> [[[Float]]] {
    scope.reset()
    let layout = SequenceLayout(batch)
    let numbers = counts.map { (0..<$0).map { HiddenLayer.number($0) } }
    let own = student.observe(
      batch, layout: layout, hiddenStates: Set(numbers[0]), logitRows: nil, classLogits: false,
      mode: .inference, in: scope)
    let targets = try teacher.targets(
      for: batch, layout: layout, at: BatchPlace(step: 0, microBatch: 0),
      request: TeacherRequest(hiddenStates: Set(numbers[1])))
    return zip(numbers, [own.tensors, targets.tensors]).map { numbers, tensors in
      numbers.map { tensors.hiddenState($0).copyValues() }
    }
  }
}

public enum LayerSearchError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooFewTokens(term: String, count: Int)
  case fewerLayers(term: String, student: Int, teacher: Int)
  /// The model is damaged, or its numbers are too large.
  case notFinite(term: String, isStudent: Bool, state: Int)
  /// All tokens have the same state there: nothing can be aligned with it.
  case constant(term: String, isStudent: Bool, state: Int)

  public var description: String {
    switch self {
    case .tooFewTokens(let term, let count):
      "\(term): expected a text of at least 2 tokens to find the nearest layers on, found \(count); write the pairs"
    case .fewerLayers(let term, let student, let teacher):
      "\(term): expected a teacher with at least the student's \(student) layers, found \(teacher); write the pairs"
    case .notFinite(let term, let isStudent, let state):
      "\(term): hidden state \(state) of the \(isStudent ? "student" : "teacher") has values that are not finite; the model is damaged"
    case .constant(let term, let isStudent, let state):
      "\(term): hidden state \(state) of the \(isStudent ? "student" : "teacher") is the same for every token, so that no layer "
        + "is nearest to it; write the pairs"
    }
  }
}
