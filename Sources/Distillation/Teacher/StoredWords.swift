// What a store has, in words.
import RetortOptions
import RetortStorage

extension [ModelOutputs] {
  /// Of one model, or of several by their names.
  public var words: String {
    map { ($0.name.map { "\($0): " } ?? "") + $0.words }.joined(separator: "; ")
  }
}

extension ModelOutputs {
  /// "last hidden states of 384, f32; queries and keys of block 5 of 384, f16".
  public var words: String {
    let logits = topLogits.map {
      "\($0.count) largest logits of \($0.positions.rawValue) positions, " + $0.precision.rawValue
        + ($0.temperatures.isEmpty
          ? "" : ", T = " + $0.temperatures.map(PlainNumber.text).joined(separator: ", "))
    }
    return ([logits].compactMap { $0 } + groups.map(\.words)).joined(separator: "; ")
  }

  /// Neighbouring columns that are told of together.
  private struct Group {
    var what: String
    var items: [String]
    var of: String
    let column: Column

    var words: String {
      let parts = [what, items.joined(separator: ", ") + of].filter { !$0.isEmpty }
      return "\(parts.joined(separator: " ")) of \(column.width), \(column.precision.rawValue)"
    }
  }

  private var groups: [Group] {
    var groups: [Group] = []
    for column in columns {
      var group: Group
      switch column.output {
      case .hiddenState(let layer):
        group = Group(what: "hidden states", items: [layer], of: "", column: column)
      case .projection(let name, let block):
        let several = name == "query" ? "queries" : name + "s"
        group = Group(what: "", items: [several], of: " of block \(block)", column: column)
      case .pooled(let pooling):
        group = Group(what: "vectors of sequences", items: ["(\(pooling))"], of: "", column: column)
      case .classLogits:
        group = Group(what: "class logits", items: [], of: "", column: column)
      }
      if let last = groups.last, last.what == group.what, last.of == group.of,
        last.column.width == column.width, last.column.precision == column.precision
      {
        groups[groups.count - 1].items += group.items
      } else {
        groups.append(group)
      }
    }
    for index in groups.indices where groups[index].items == [ModelOutput.lastLayer] {
      groups[index].what = "last hidden states"
      groups[index].items = []
    }
    return groups
  }
}
