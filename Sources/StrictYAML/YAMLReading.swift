// YAML text to a tree, with every place kept and all mistakes of form collected.
import RetortOptions
import Yams

/// Reads one YAML document into a `DefinitionNode`.
public struct YAMLReading {
  /// Marks the first of two equal keys so that reading can go on behind it; no key begins so.
  private static let duplicateMark: Unicode.Scalar = "\u{F8FF}"
  /// A definition has a few hundred values, a reference some more; aliases of aliases could ask for billions.
  private static let largestNodeCount = 20_000

  private let makeOrigin: (Int, Int) -> Origin
  private var diagnostics: [Diagnostic] = []
  private var nodeCount = 0
  /// First scalar of each key that was renamed, by where it stands.
  private var renamedKeys: [Place: Unicode.Scalar] = [:]

  private struct Place: Hashable {
    let line: Int
    let column: Int
  }

  private init(_ origin: @escaping (Int, Int) -> Origin) { makeOrigin = origin }

  /// - Parameters:
  ///   - text: one YAML document.
  ///   - origin: makes the origin of a value from its line and column.
  /// - Returns: the tree (nil when it cannot be read at all) and the mistakes met on the way.
  public static func tree(
    of text: String, origin: @escaping (_ line: Int, _ column: Int) -> Origin
  ) -> (tree: DefinitionNode?, diagnostics: [Diagnostic]) {
    var reading = YAMLReading(origin)
    let tree = reading.read(text)
    return (tree, reading.diagnostics)
  }

  private mutating func read(_ text: String) -> DefinitionNode? {
    // A byte order mark means nothing in UTF-8.
    var text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    // The library stops at the first map with a repeated key. Each such key is renamed in place
    // (one scalar, so no column moves) and the text read again, to find all mistakes at once.
    while renamedKeys.count < 64 {
      do {
        guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        else {
          report(
            1, 1, "the text is empty", advice: "see Experiments/ for examples")
          return nil
        }
        let tree = convert(root)
        guard nodeCount <= Self.largestNodeCount else {
          diagnostics = []
          report(1, 1, "more than \(Self.largestNodeCount) values", advice: "split the file")
          return nil
        }
        return tree
      } catch let error as YamlError {
        guard case .duplicatedKeysInMapping(_, let context) = error,
          let renamed = renameKey(at: context.mark, in: text)
        else {
          reportSyntax(error)
          return nil
        }
        text = renamed
      } catch {
        report(1, 1, "not YAML: \(error)", advice: nil)
        return nil
      }
    }
    report(1, 1, "more than 64 keys are given twice", advice: "keep one of each")
    return nil
  }

  private mutating func convert(_ node: Node) -> DefinitionNode {
    let place = makeOrigin(node.mark?.line ?? 1, node.mark?.column ?? 1)
    nodeCount += 1
    guard nodeCount <= Self.largestNodeCount else { return .text("", place) }
    switch node {
    case .scalar(let scalar):
      checkTag(scalar.tag, at: place)
      let isPlain = scalar.style == .plain || scalar.style == .any
      return DefinitionNode(
        content: isPlain ? .plain(scalar.string) : .quoted(scalar.string), origin: place)
    case .sequence(let sequence):
      checkTag(sequence.tag, at: place)
      var items: [DefinitionNode] = []
      for item in sequence { items.append(convert(item)) }
      return DefinitionNode(content: .list(items), origin: place)
    case .mapping(let mapping):
      checkTag(mapping.tag, at: place)
      return DefinitionNode(content: .map(convertEntries(mapping)), origin: place)
    case .alias:
      report(node.mark?.line ?? 1, node.mark?.column ?? 1, "an alias to nothing", advice: nil)
      return .text("", place)
    }
  }

  private mutating func convertEntries(_ mapping: Node.Mapping) -> [DefinitionEntry] {
    var entries: [DefinitionEntry] = []
    var firstPlaces: [String: Origin] = [:]
    /// What merge keys name. It is read all the same, so that nothing is missing because of them.
    var merged: [Node] = []
    for (keyNode, valueNode) in mapping {
      let (line, column) = (keyNode.mark?.line ?? 1, keyNode.mark?.column ?? 1)
      guard case .scalar(let keyScalar) = keyNode else {
        report(line, column, "a key is a list or a map", advice: "keys are names")
        continue
      }
      var key = keyScalar.string
      if let first = renamedKeys[Place(line: line, column: column)] {
        key = String(first) + String(key.unicodeScalars.dropFirst())
        if firstPlaces[key] == nil {
          firstPlaces[key] = makeOrigin(line, column)
          continue
        }
      }
      if let first = firstPlaces[key] {
        report(
          line, column, "the key '\(key)' is given twice (first at \(first.label))",
          advice: "keep one of them")
      }
      if key == "<<", case .plain? = keyNode.scalar?.style {
        report(line, column, "YAML merge keys (<<) are not read", advice: "write the keys out")
        merged.append(valueNode)
        continue
      }
      guard !entries.contains(where: { $0.key == key }) else { continue }
      entries.append(
        DefinitionEntry(
          key: key, keyOrigin: makeOrigin(line, column), value: convert(valueNode)))
    }
    for node in merged.flatMap({ $0.sequence.map(Array.init) ?? [$0] }) {
      guard case .map(let others) = convert(node).content else { continue }
      for other in others where !entries.contains(where: { $0.key == other.key }) {
        entries.append(other)
      }
    }
    return entries
  }

  /// Files hold values only: no tag may ask for a type or a construction.
  private mutating func checkTag(_ tag: Tag, at place: Origin) {
    let name = tag.description
    // The library gives quoted text this tag itself.
    guard !name.isEmpty, name != "!", name != Tag.Name.str.rawValue else { return }
    diagnostics.append(
      Diagnostic(
        place, "the YAML tag \(name) is not read",
        advice: "leave it out: only plain values are read"))
  }

  /// `text` with the key that begins at `mark` made different from every other key.
  private mutating func renameKey(at mark: Mark, in text: String) -> String? {
    let place = Place(line: mark.line, column: mark.column)
    guard renamedKeys[place] == nil else { return nil }
    var scalars = Array(text.unicodeScalars)
    var (line, column) = (1, 1)
    for index in scalars.indices {
      if line == mark.line, column == mark.column {
        let isQuoted = scalars[index] == "\"" || scalars[index] == "'"
        let target = isQuoted ? index + 1 : index
        guard target < scalars.count else { return nil }
        renamedKeys[place] = scalars[target]
        scalars[target] = Self.duplicateMark
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
      }
      (line, column) = scalars[index] == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return nil
  }

  private mutating func report(_ line: Int, _ column: Int, _ problem: String, advice: String?) {
    diagnostics.append(Diagnostic(makeOrigin(line, column), problem, advice: advice))
  }

  private mutating func reportSyntax(_ error: YamlError) {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      if problem.hasPrefix("but found another document") {
        return report(
          mark.line, mark.column, "a second YAML document begins here",
          advice: "write one document a file")
      }
      if problem.contains("nesting level") {
        return report(
          mark.line, mark.column, "lists and maps are nested too deeply",
          advice: "a definition needs fewer than ten levels")
      }
      let surroundings = context.map { " \($0.text) (line \($0.mark.line))" } ?? ""
      report(
        mark.line, mark.column, "not YAML: \(problem)\(surroundings)",
        advice: "check indentation, quotes and brackets there")
    case .reader(let problem, _, let value, _):
      report(
        1, 1, "not YAML: \(problem) (U+\(String(UInt32(bitPattern: value), radix: 16)))",
        advice: "remove the character")
    case .duplicatedKeysInMapping(let names, let context):
      report(
        context.mark.line, context.mark.column,
        "keys given twice: \(names.joined(separator: ", "))", advice: "keep one of each")
    default:
      report(1, 1, "not YAML: \(error)", advice: nil)
    }
  }
}
