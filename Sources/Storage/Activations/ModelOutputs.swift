// The columns of one model in an activation store.

/// What a store keeps of a model. Its columns lie in the file's root, or in `/teachers/<name>` where a store has
/// several: those of `ModelOutput`, and `/logits/values` and `/logits/ids` [R, k], `/logits/log_normalizers`
/// [R, temperatures]. Attributes of the same group say what the columns do not show.
public struct ModelOutputs: Equatable, Sendable {
  /// Of one of several; nil for the only one.
  public let name: String?
  /// In the order of the file.
  public let columns: [Column]
  /// The model's largest logits over the vocabulary, which make a different loss: what is not kept is one lump.
  public let topLogits: TopLogits?
  /// Blocks of its encoder: with them `last` is a number too. Nil in stores that do not say.
  public let layerCount: Int?
  /// Heads of its attention; nil in stores without projections.
  public let headCount: Int?

  public struct Column: Equatable, Sendable {
    public let output: ModelOutput
    /// C, or K of class logits.
    public let width: Int
    public let precision: ActivationPrecision

    public init(_ output: ModelOutput, width: Int, precision: ActivationPrecision) {
      (self.output, self.width, self.precision) = (output, width, precision)
    }

    var rowByteCount: Int { width * precision.byteCount }
  }

  public struct TopLogits: Equatable, Sendable {
    /// How many logits a row keeps, largest first.
    public let count: Int
    /// Temperatures T with a log-normaliser, log Σᵥ exp(zᵥ/T) over the whole vocabulary, each. The
    /// probability of the lump is then 1 - Σ exp(zₖ/T - log-normaliser). Empty where no loss term needs one: the file then
    /// has no column of log-normalisers.
    public let temperatures: [Double]
    /// Which tokens have a row.
    public let positions: TokenPositions
    public let precision: ActivationPrecision

    public init(
      count: Int, temperatures: [Double], positions: TokenPositions, precision: ActivationPrecision
    ) {
      self.count = count
      self.temperatures = temperatures
      self.positions = positions
      self.precision = precision
    }

    var rowByteCount: Int { count * (precision.byteCount + 4) + 4 * temperatures.count }
  }

  public init(
    _ columns: [Column] = [], topLogits: TopLogits? = nil, name: String? = nil,
    layerCount: Int? = nil, headCount: Int? = nil
  ) {
    precondition(!columns.isEmpty || topLogits != nil, "a store of no outputs")
    precondition(
      Set(columns.map(\.output)).count == columns.count, "two columns of the same output")
    self.columns = columns.sorted { $0.output.place.lexicographicallyPrecedes($1.output.place) }
    self.topLogits = topLogits
    self.name = name
    self.layerCount = layerCount
    self.headCount = headCount
  }

  public subscript(_ output: ModelOutput) -> Column? { columns.first { $0.output == output } }

  /// Names of the layers whose hidden states are there.
  public var hiddenLayers: [String] {
    columns.compactMap { if case .hiddenState(let layer) = $0.output { layer } else { nil } }
  }

  /// C, if any column tells.
  public var hiddenSize: Int? { columns.first { $0.output != .classLogits }?.width }

  /// K, if class logits are there.
  public var classCount: Int? { self[.classLogits]?.width }

  // MARK: In a file

  static let teachers = "/teachers"

  var group: String { name.map { "\(Self.teachers)/\($0)" } ?? "/" }

  func path(of output: ModelOutput) -> String { path(output.path) }
  func path(_ column: String) -> String { group == "/" ? "/\(column)" : "\(group)/\(column)" }

  var fileColumns: [ActivationColumn] {
    var found = columns.map {
      ActivationColumn(
        path: path(of: $0.output), type: $0.precision.elementType, rowShape: [$0.width])
    }
    if let topLogits {
      found += [
        ActivationColumn(
          path: path("logits/values"), type: topLogits.precision.elementType,
          rowShape: [topLogits.count]),
        ActivationColumn(path: path("logits/ids"), type: .int32, rowShape: [topLogits.count]),
      ]
      if !topLogits.temperatures.isEmpty {
        found.append(
          ActivationColumn(
            path: path("logits/log_normalizers"), type: .float32,
            rowShape: [topLogits.temperatures.count]))
      }
    }
    return found
  }

  var attributes: [String: StoredValue] {
    var attributes: [String: StoredValue] = [:]
    attributes["layer_count"] = layerCount.map { .integer(Int64($0)) }
    attributes["head_count"] = headCount.map { .integer(Int64($0)) }
    if let topLogits {
      attributes["logit_positions"] = .text(topLogits.positions.rawValue)
      if topLogits.temperatures.isEmpty {
        attributes["loss"] = .text("terms on the top \(topLogits.count) logits: not the full loss")
      } else {
        attributes["temperatures"] = .reals(topLogits.temperatures)
        attributes["loss"] = .text(
          "soft targets from the top \(topLogits.count) logits, the rest lumped: not the full loss")
      }
    }
    return attributes
  }

  /// What the columns do not tell, yet a store that is gone on with must share.
  var parameters: [String: String] {
    var parameters: [String: String] = [:]
    let prefix = name.map { "\($0)." } ?? ""
    parameters["\(prefix)layers"] = layerCount?.description
    parameters["\(prefix)heads"] = headCount?.description
    if let topLogits {
      parameters["\(prefix)positions"] = topLogits.positions.rawValue
      parameters["\(prefix)temperatures"] =
        topLogits.temperatures.map(\.description).joined(separator: " ")
    }
    return parameters
  }

  // MARK: Sizes

  /// Bytes of its columns.
  /// - Parameters:
  ///   - tokens: T.
  ///   - sequences: N.
  ///   - masked: how many of the tokens were masked.
  public func byteCount(tokens: Int, sequences: Int, masked: Int) -> Int {
    let rows = topLogits.map { $0.positions == .all ? tokens : masked } ?? 0
    return columns.reduce((topLogits?.rowByteCount ?? 0) * rows) {
      $0 + $1.rowByteCount * ($1.output.isOfTokens ? tokens : sequences)
    }
  }
}

extension ModelOutputs {
  /// The models of a file, by what their columns and attributes tell.
  static func all(in file: ActivationFile) throws(ActivationStoreError) -> [ModelOutputs] {
    let prefix = teachers + "/"
    let names = Set(
      file.columns.compactMap { path -> String? in
        guard path.hasPrefix(prefix) else { return nil }
        return path.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
      })
    guard !names.isEmpty else { return [try ModelOutputs(of: file, name: nil)] }
    var models: [ModelOutputs] = []
    for name in names.sorted() { models.append(try ModelOutputs(of: file, name: name)) }
    return models
  }

  private init(of file: ActivationFile, name: String?) throws(ActivationStoreError) {
    let group = name.map { "\(Self.teachers)/\($0)" } ?? "/"
    let prefix = group == "/" ? "/" : group + "/"
    var columns: [Column] = []
    for path in file.columns where path.hasPrefix(prefix) {
      guard let output = ModelOutput(path: String(path.dropFirst(prefix.count))) else { continue }
      let (width, type) = try file.row(of: path)
      guard let precision = ActivationPrecision(type) else {
        throw file.lacking("\(path) of type f16 or f32")
      }
      columns.append(Column(output, width: width, precision: precision))
    }
    var topLogits: TopLogits?
    if file.has("\(prefix)logits/values") {
      let (count, type) = try file.row(of: "\(prefix)logits/values")
      guard let precision = ActivationPrecision(type),
        let positions = TokenPositions(rawValue: try file.text("logit_positions", of: group))
      else { throw file.lacking("\(prefix)logits/values of type f16 or f32") }
      topLogits = TopLogits(
        count: count,
        temperatures: file.has("\(prefix)logits/log_normalizers")
          ? try file.reals("temperatures", of: group) : [],
        positions: positions, precision: precision)
    }
    guard !columns.isEmpty || topLogits != nil else { throw file.lacking("outputs of a model") }
    let layerCount = try file.optionalInteger("layer_count", of: group)
    let headCount = try file.optionalInteger("head_count", of: group)
    for column in columns {
      guard case .projection = column.output else { continue }
      guard let headCount, headCount > 0, column.width % headCount == 0 else {
        throw file.lacking("attribute head_count that divides \(column.width)")
      }
    }
    self.init(
      columns, topLogits: topLogits, name: name, layerCount: layerCount, headCount: headCount)
  }
}

extension [ModelOutputs] {
  /// Whether others have every output of these, as exact or more so. The largest logits must be the same ones: a store with
  /// others trains another loss.
  public func isContained(in others: [ModelOutputs]) -> Bool {
    allSatisfy { own in
      guard let other = others.first(where: { $0.name == own.name }),
        other.topLogits == own.topLogits
      else { return false }
      return own.columns.allSatisfy { column in
        other[column.output].map {
          $0.width == column.width && $0.precision.byteCount >= column.precision.byteCount
        } ?? false
      }
    }
  }
}
