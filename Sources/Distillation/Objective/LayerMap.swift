// Which layers of a teacher are compared with which of a student.
import RetortOptions

/// A layer of a teacher and the student's that is compared with it.
public struct LayerPair: Sendable, Hashable {
  public var teacher: Int
  public var student: Int

  public init(teacher: Int, student: Int) { (self.teacher, self.student) = (teacher, student) }
}

/// Pairs of layers, as a definition says them: hidden states, numbered from 0, the output of the embeddings, to the number of
/// blocks; or blocks, numbered from 0.
public enum LayerMap: Sendable, Hashable {
  case pairs([LayerPair])
  /// Every layer of the student. With a teacher of k times as many blocks, hidden state m of the student has hidden state k·m of
  /// the teacher, and block m has block k·(m + 1) - 1.
  /// - Source: Jiao et al. 2020 (arXiv 1909.10351), section 3.1: the uniform function g.
  case uniform
  /// The last of both.
  case last

  /// What layers are numbered.
  public enum Layers: Sendable {
    case hiddenStates, blocks

    /// The number of the last layer of a model.
    func last(layerCount: Int) -> Int { self == .hiddenStates ? layerCount : layerCount - 1 }
  }

  /// The pairs, in the order of the student's layers unless the definition has another one; nil where they follow from numbers of
  /// layers that are not known, or that do not fit.
  public func pairs(
    of layers: Layers, student: ModelDimensions, teacher: ModelDimensions
  ) -> [LayerPair]? {
    if case .pairs(let pairs) = self { return pairs }
    guard let inner = student.layerCount, let outer = teacher.layerCount else { return nil }
    if self == .last {
      return [
        LayerPair(
          teacher: layers.last(layerCount: outer), student: layers.last(layerCount: inner))
      ]
    }
    guard outer % inner == 0 else { return nil }
    let step = outer / inner
    return switch layers {
    case .hiddenStates: (0...inner).map { LayerPair(teacher: step * $0, student: $0) }
    case .blocks: (0..<inner).map { LayerPair(teacher: step * ($0 + 1) - 1, student: $0) }
    }
  }

  /// What does not fit the models: `uniform` of a student whose layers are no divisor of the teacher's. That a numbered layer is
  /// missing is the observations' to say.
  /// - Parameter key: that the map is written under.
  public func problems(
    key: String, student: ModelDimensions, teacher: ModelDimensions
  ) -> [TermProblem] {
    guard self == .uniform, let inner = student.layerCount, let outer = teacher.layerCount,
      outer % inner != 0
    else { return [] }
    return [
      TermProblem(
        key: key, expected: "a teacher with a multiple of the student's \(inner) layers",
        found: "uniform with \(outer)", advice: "write the pairs, as in \(key): [[2, 1], [4, 2]]")
    ]
  }

  /// Whether there may be more than one pair.
  public var mayHaveSeveral: Bool {
    switch self {
    case .pairs(let pairs): pairs.count > 1
    case .uniform: true
    case .last: false
    }
  }
}

extension LayerMap {
  /// In a formula: "2→1 4→2", the teacher's first.
  public var words: String {
    switch self {
    case .pairs(let pairs): pairs.map(\.words).joined(separator: " ")
    case .uniform: "uniform"
    case .last: "last"
    }
  }

  /// The keys below a term's own under which a layer of the student is written.
  /// - Parameter key: of the map.
  public func keys(_ key: String, ofStudentLayer layer: Int) -> [String] {
    guard case .pairs(let pairs) = self else { return [] }
    return pairs.indices.filter { pairs[$0].student == layer }.map { "\(key).\($0).1" }
  }

  /// The same of the teacher.
  public func keys(_ key: String, ofTeacherLayer layer: Int) -> [String] {
    guard case .pairs(let pairs) = self else { return [] }
    return pairs.indices.filter { pairs[$0].teacher == layer }.map { "\(key).\($0).0" }
  }

  /// How a definition writes it.
  /// - Parameter example: of pairs.
  public static func type(example: String = "[[2, 1], [4, 2]]") -> OptionType<LayerMap> {
    let pairs = OptionType<[LayerPair]>.list(
      of: LayerPair.type, ListRule(least: 1, isDistinct: true, oneAlone: false),
      words: "a list of pairs [teacher, student]", tooFew: "at least one pair [teacher, student]"
    )
    let words = "pairs [[teacher, student], …] or uniform or last"
    return OptionType(
      schema: .any([.choice(["uniform", "last"]), pairs.schema]), words: words, example: example,
      standIn: .last,
      read: { node, key, map in
        if node.items != nil { return pairs.read(node, key, map).map { .pairs($0) } }
        switch node.scalar {
        case "uniform": return .uniform
        case "last": return .last
        default:
          map.reportWrong(
            node, key, expected: words,
            advice: node.scalar.flatMap { Spelling.nearest(to: $0, among: ["uniform", "last"]) }
              .map { "did you mean '\($0)'?" })
          return nil
        }
      },
      write: { layers in
        switch layers {
        case .pairs(let list): pairs.write(list)
        case .uniform: .text("uniform")
        case .last: .text("last")
        }
      })
  }
}

extension LayerPair {
  /// `[teacher, student]`.
  static let type: OptionType<LayerPair> = {
    let both = OptionType<[Int]>.list(
      of: .integer(atLeast: 0), ListRule(least: 2, most: 2, oneAlone: false),
      words: "a pair [teacher, student]", standIn: [0, 0])
    return OptionType(
      schema: both.schema, words: both.words, example: "[2, 1]",
      standIn: LayerPair(teacher: 0, student: 0),
      read: { node, key, map in
        both.read(node, key, map).map { LayerPair(teacher: $0[0], student: $0[1]) }
      }, write: { both.write([$0.teacher, $0.student]) })
  }()

  /// "4→2", the teacher's first.
  var words: String { "\(teacher)→\(student)" }
}
