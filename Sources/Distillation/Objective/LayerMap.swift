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
  /// Every layer between the embeddings' output and the last layer of the student. With a teacher of k times as many blocks,
  /// hidden state m of the student, from 1 to M - 1 of M, has hidden state k·m of the teacher, and block m, from 0 to M - 2,
  /// has block k·(m + 1) - 1: the pairs of `uniform` without the first and the last state. A student of one block has none.
  /// - Source: Sun et al. 2019 (arXiv 1908.09355), section 3.2: PKD-Skip, {2, 4, 6, 8, 10} of 12 for a student of 6.
  case skip
  /// The last of both.
  case last
  /// Every layer of the student with the one of the teacher that it is nearest to on a text, found once before the training.
  case nearest(NearestLayers)

  /// What layers are numbered.
  public enum Layers: Sendable {
    case hiddenStates, blocks

    /// The number of the last layer of a model.
    func last(layerCount: Int) -> Int { self == .hiddenStates ? layerCount : layerCount - 1 }
  }

  /// The pairs, in the order of the student's layers unless the definition has another one; nil where they follow from numbers of
  /// layers that are not known or do not fit, or are yet to be found.
  public func pairs(
    of layers: Layers, student: ModelDimensions, teacher: ModelDimensions
  ) -> [LayerPair]? {
    if let settledPairs { return settledPairs }
    guard let inner = student.layerCount, let outer = teacher.layerCount else { return nil }
    switch self {
    case .pairs, .nearest: return settledPairs
    case .last:
      return [
        LayerPair(
          teacher: layers.last(layerCount: outer), student: layers.last(layerCount: inner))
      ]
    case .uniform, .skip:
      guard outer % inner == 0, self == .uniform || inner > 1 else { return nil }
      let step = outer / inner
      let states = self == .uniform ? 0...inner : 1...inner - 1
      let pairs = states.map { LayerPair(teacher: step * $0, student: $0) }
      // Block m ends with state m + 1.
      return layers == .hiddenStates
        ? pairs
        : pairs.filter { $0.student > 0 }.map {
          LayerPair(teacher: $0.teacher - 1, student: $0.student - 1)
        }
    }
  }

  /// The pairs where no model is needed to tell them: as written, or as they were found.
  public var settledPairs: [LayerPair]? {
    switch self {
    case .pairs(let pairs): pairs
    case .nearest(let nearest): nearest.found
    case .uniform, .skip, .last: nil
    }
  }

  /// Whether which layers are compared depends on the models, and has not been settled.
  public var isOpen: Bool { self != .last && settledPairs == nil }

  /// The same with what follows from the numbers of layers written out.
  func resolved(
    of layers: Layers, student: ModelDimensions, teacher: ModelDimensions
  ) -> LayerMap {
    guard self == .uniform || self == .skip,
      let pairs = pairs(of: layers, student: student, teacher: teacher)
    else { return self }
    return .pairs(pairs)
  }

  /// What does not fit the models: `uniform` or `skip` of a student whose layers are no divisor of the teacher's, and others that
  /// numbers of layers rule out. That a numbered layer is missing is the observations' to say.
  /// - Parameters:
  ///   - key: that the map is written under.
  ///   - layers: what it numbers.
  public func problems(
    key: String, of layers: Layers, student: ModelDimensions, teacher: ModelDimensions
  ) -> [TermProblem] {
    guard let inner = student.layerCount, let outer = teacher.layerCount else { return [] }
    let last = LayerPair(
      teacher: layers.last(layerCount: outer), student: layers.last(layerCount: inner))
    let advice =
      "write the pairs [teacher, student], as in \(key): [[0, 0], [\(last.teacher), \(last.student)]]"
    switch self {
    case .skip where inner == 1:
      return [
        TermProblem(
          key: key, expected: "a student of at least 2 layers", found: "skip with 1",
          advice: "skip leaves the last layer out; write uniform or last")
      ]
    case .uniform where outer % inner != 0, .skip where outer % inner != 0:
      return [
        TermProblem(
          key: key, expected: "a teacher with a multiple of the student's \(inner) layers",
          found: "\(words) with \(outer)", advice: advice)
      ]
    case .nearest where outer < inner:
      return [
        TermProblem(
          key: key, expected: "a teacher with at least the student's \(inner) layers",
          found: "nearest with \(outer)", advice: advice)
      ]
    case .pairs, .uniform, .skip, .last, .nearest: return []
    }
  }

  /// Whether there may be more than one pair.
  public var mayHaveSeveral: Bool {
    switch self {
    case .pairs(let pairs): pairs.count > 1
    case .uniform, .skip, .nearest: true
    case .last: false
    }
  }
}

extension LayerMap {
  /// In a formula: "2→1 4→2", the teacher's first.
  public var words: String {
    switch self {
    case .pairs(let pairs): pairs.words
    case .uniform: "uniform"
    case .skip: "skip"
    case .last: "last"
    case .nearest(let nearest): nearest.words
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
    let names: [(String, LayerMap)] = [
      ("uniform", .uniform), ("skip", .skip), ("last", .last),
      ("nearest", .nearest(NearestLayers())),
    ]
    let search = OptionType<LayerMap>.oneKey([
      OptionAlternative(
        "nearest", NearestLayers.type,
        "Each layer of the student with the one of the teacher whose linear CKA with it is highest.",
        make: { .nearest($0) }, take: { if case .nearest(let search) = $0 { search } else { nil } })
    ])
    let words = "pairs [[teacher, student], …] or uniform, skip, last or nearest"
    return OptionType(
      schema: .any([.choice(names.map(\.0)), pairs.schema, search.schema]), words: words,
      example: example, standIn: .last,
      read: { node, key, map in
        if node.items != nil { return pairs.read(node, key, map).map { .pairs($0) } }
        if node.entries != nil { return search.read(node, key, map) }
        if let named = names.first(where: { $0.0 == node.scalar }) { return named.1 }
        map.reportWrong(
          node, key, expected: words,
          advice: node.scalar.flatMap { Spelling.nearest(to: $0, among: names.map(\.0)) }
            .map { "did you mean '\($0)'?" })
        return nil
      },
      write: { layers in
        switch layers {
        case .pairs(let list): pairs.write(list)
        case .uniform: .text("uniform")
        case .skip: .text("skip")
        case .last: .text("last")
        case .nearest: search.write(layers)
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
  public var words: String { "\(teacher)→\(student)" }
}

extension [LayerPair] {
  var words: String { map(\.words).joined(separator: " ") }
}
