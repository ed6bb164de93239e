// The map of layers that follows from how alike they are.
import RetortOptions
import RetortStorage

/// Every layer of a student with one of its teacher: the pairs whose linear CKA on a text has the largest sum among all maps that
/// increase with the student's layers and use no layer of the teacher twice. Where the nearest layer of each one is above that of
/// the one before, it is that map. Of equal sums the one with the lower layers of the teacher is taken. A block counts by the
/// hidden state that it ends with.
///
/// The layers are those that the student begins with. They are compared once, before the first step, and the map stays as it is.
public struct NearestLayers: Sendable, Hashable {
  /// How many sequences of the stage's text the layers are compared on; all of them, if there are fewer.
  public var sequences: Int
  /// Of the choice among the sequences; nil for the stage's seed.
  public var seed: UInt64?
  /// Nil until it has been found.
  public var found: [LayerPair]?

  public init(sequences: Int = standardCount, seed: UInt64? = nil, found: [LayerPair]? = nil) {
    precondition(sequences > 0, "layers compared on no text")
    (self.sequences, self.seed, self.found) = (sequences, seed, found)
  }

  public static let standardCount = 256

  /// The map for a table of similarities.
  /// - Parameter similarity: [student's layers][teacher's layers], of which the teacher has at least as many; both from the first
  ///   one that is compared. All finite.
  /// - Returns: for each layer of the student its place in the rows of the table.
  public static func increasing(_ similarity: [[Double]]) -> [Int] {
    guard let columns = similarity.first?.count else { return [] }
    precondition(similarity.count <= columns, "\(similarity.count) layers among \(columns)")
    // The largest sum of the rows so far, with the last of them at each column; and where the row before was then.
    var sums = [Double](repeating: 0, count: columns)
    var origins: [[Int]] = []
    for (index, row) in similarity.enumerated() {
      var next = [Double](repeating: -.infinity, count: columns)
      var origin = [Int](repeating: -1, count: columns)
      var best: Int?
      for column in row.indices where column >= index {
        if index > 0, best.map({ sums[column - 1] > sums[$0] }) ?? true { best = column - 1 }
        next[column] = row[column] + (best.map { sums[$0] } ?? 0)
        origin[column] = best ?? -1
      }
      sums = next
      origins.append(origin)
    }
    var places: [Int] = []
    var place = sums.indices.reduce(0) { sums[$1] > sums[$0] ? $1 : $0 }
    for origin in origins.reversed() {
      places.append(place)
      place = origin[place]
    }
    return places.reversed()
  }

  /// In a formula: "0→0 3→1 6→2 (nearest)".
  var words: String {
    found.map { "\($0.words) (nearest)" }
      ?? "nearest (linear CKA on \(sequences) sequences, found before the first step)"
  }
}

// MARK: - In an objective

extension Objective {
  /// Whether a term compares layers that are yet to be found.
  public var searchesLayers: Bool {
    terms.contains { ($0.term as? any LayerMapTerm)?.layerMap.search != nil }
  }

  /// The same with what is found for each map that is yet to be found.
  /// - Parameter find: for a term's name, the first of its teachers (nil for the only one), what is numbered, and the search.
  func mappingSearches(
    _ find: (
      _ term: String, _ teacher: String?, _ layers: LayerMap.Layers, _ search: NearestLayers
    ) throws -> [LayerPair]?
  ) rethrows -> Objective {
    Objective(
      try terms.map { weighted in
        guard var term = weighted.term as? any LayerMapTerm, var search = term.layerMap.search
        else { return weighted }
        search.found = try find(
          weighted.name, weighted.teachers.first, type(of: term).layers, search)
        term.layerMap = .nearest(search)
        var weighted = weighted
        weighted.term = term
        return weighted
      })
  }

  /// The same with layers at even distances in the place of a search: what a training takes does not depend on which are compared.
  /// - Parameter teacher: one of several by its name, or the only one.
  public func assumingEvenLayers(
    student: ModelDimensions, teacher: (_ name: String?) -> ModelDimensions
  ) -> Objective {
    mappingSearches { _, name, layers, _ in
      guard let inner = student.layerCount, let outer = teacher(name).layerCount else {
        return nil
      }
      let first = layers == .hiddenStates ? 0 : 1
      return (first...inner).map {
        LayerPair(teacher: $0 * outer / inner - first, student: $0 - first)
      }
    }
  }
}

extension LayerMap {
  /// A search that has found nothing yet.
  fileprivate var search: NearestLayers? {
    guard case .nearest(let nearest) = self, nearest.found == nil else { return nil }
    return nearest
  }
}

// MARK: - In a checkpoint

extension Objective {
  /// What was found, by term: a training that goes on compares the same layers.
  var storedLayers: [String: StoredValue] {
    var values: [String: StoredValue] = [:]
    for weighted in terms {
      guard let term = weighted.term as? any LayerMapTerm,
        case .nearest(let nearest) = term.layerMap,
        let found = nearest.found
      else { continue }
      values[Self.layersKey(weighted.name)] = .integers(
        found.flatMap { [Int64($0.teacher), Int64($0.student)] })
    }
    return values
  }

  /// The same with what `storedLayers` has kept.
  func takingLayers(_ values: [String: StoredValue]) -> Objective {
    mappingSearches { term, _, _, _ in
      values[Self.layersKey(term)]?.integers.map { numbers in
        stride(from: 0, to: numbers.count - 1, by: 2).map {
          LayerPair(teacher: Int(numbers[$0]), student: Int(numbers[$0 + 1]))
        }
      }
    }
  }

  private static func layersKey(_ term: String) -> String { "nearest_layers_\(term)" }
}

// MARK: - In a definition

extension NearestLayers {
  static let type = OptionType<NearestLayers>.map(
    OptionList(
      { NearestLayers(sequences: $0, seed: $1) },
      OptionField(
        "sequences", \.sequences, .integer(atLeast: 1, example: "256"),
        alwaysWritten: standardCount,
        "How many sequences of the stage's text the layers are compared on, drawn without repetition; all, if there are fewer."
      ),
      OptionField(
        optional: "seed", \.seed, .seed,
        "Seed of the choice of those sequences. Default: the stage's seed.")))
}
