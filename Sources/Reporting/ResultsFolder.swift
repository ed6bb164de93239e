// Results/: run records in, pages and pictures out, always the same bytes.

import Foundation
import RetortFiles
import RetortRecords
import RetortStrictJSON

/// `records/*.json` and those under `records/parity`, `records/performance` and `records/similarity`
/// are the input; `README.md`, `<experiment>.md`, `methods.md`, `parity.md`, `performance.md`, `similarity.md`
/// and `*.svg` are drawn from them and from the references, and from nothing else: no clock, no machine,
/// no version. `defaults.md` sets the program's own values beside those of the references; it is drawn where the
/// references have Hugging Face's, and not in a project folder of one's own.
public struct ResultsFolder: Sendable {
  /// The folder itself, `Results`.
  public let path: String
  private let referenceFolder: String
  /// The program's defaults, for a page of their own; without any there is none.
  private let defaults: [AuditedDefault]

  /// - root: the repository, with `Results` and `Experiments/references` in it.
  public init(root: String, defaults: [AuditedDefault] = []) {
    self.init(
      path: root == "." ? "Results" : "\(root)/Results",
      references: "\(root)/Experiments/references", defaults: defaults)
  }

  public init(path: String, references: String, defaults: [AuditedDefault] = []) {
    self.path = path
    referenceFolder = references
    self.defaults = defaults
  }

  /// A file that is not what the records give.
  public struct Difference: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
      /// Its content is another one.
      case stale
      case missing
      /// No record accounts for it.
      case unexpected
    }

    public var file: String
    public var kind: Kind

    public var description: String {
      switch kind {
      case .stale: "\(file): not what the records give; run `retort report`"
      case .missing: "\(file): missing; run `retort report`"
      case .unexpected: "\(file): no record accounts for it; delete it, or add its run's record"
      }
    }
  }

  /// File name under the folder to content.
  /// - Parameter added: records that are not in the folder yet; each takes the place of one of the same name.
  /// - Throws: a record or reference that cannot be read, naming it.
  public func render(adding added: [RunRecord] = []) throws(ResultsError) -> [String: String] {
    var records = try records()
    for record in added { records[record.fileName] = try Self.forPages(record) }
    let library: ReferenceLibrary
    do {
      library = try ReferenceLibrary(folder: referenceFolder)
    } catch {
      throw .reference(error)
    }
    let groups = Dictionary(grouping: records.values, by: \.experiment.name)
    var files: [String: String] = [:]
    var experiments: [ExperimentRuns] = []
    for (name, records) in groups.sorted(by: { $0.key < $1.key }) {
      var references: [Reference] = []
      for id in records.flatMap(\.experiment.compareWith) where !references.map(\.id).contains(id) {
        do {
          references.append(try library.reference(id))
        } catch {
          throw .reference(error)
        }
      }
      let runs = ExperimentRuns(name: name, records: records, references: references)
      experiments.append(runs)
      files.merge(ExperimentPage(runs).files) { _, new in new }
    }
    var pages: [(title: String, file: String)] = []
    if defaults.contains(where: { library.ids.contains($0.counterpart.reference) }) {
      do {
        files[DefaultsPage.file] = try DefaultsPage(defaults, references: library).text()
      } catch {
        throw .defaults(error)
      }
      pages.append((DefaultsPage.title, DefaultsPage.file))
    }
    let parity: ParityRecords
    do {
      parity = try ParityRecords(folder: "\(path)/records/parity")
    } catch {
      throw .record(error)
    }
    if !parity.isEmpty {
      files[ParityPage.file] = ParityPage(parity).text()
      pages.append((ParityPage.title, ParityPage.file))
    }
    let performance: PerformanceRecords
    do {
      performance = try PerformanceRecords(folder: "\(path)/records/performance")
    } catch {
      throw .record(error)
    }
    if !performance.isEmpty {
      files.merge(PerformancePage(performance).files) { _, new in new }
      pages.append((PerformancePage.title, PerformancePage.file))
    }
    if let terms = performance.terms {
      files[MethodsPage.file] = MethodsPage(
        terms, ladder: parity.ladder, publishedSizes: performance.publishedSizes
      ).text()
      pages.append((MethodsPage.title, MethodsPage.file))
    }
    let similarities = try similarities()
    if !similarities.isEmpty {
      files.merge(SimilarityPage(similarities).files) { _, new in new }
      pages.append((SimilarityPage.title, SimilarityPage.file))
    }
    files["README.md"] = IndexPage(experiments, pages: pages).text()
    for (name, text) in files where name.hasSuffix(".md") { files[name] = PageMarkup.page(text) }
    return files
  }

  /// Writes what `render` gives where it differs from what is there.
  /// - Returns: the names of the files written, sorted.
  @discardableResult
  public func write() throws(ResultsError) -> [String] { try write(render()) }

  /// Copies the records of runs into `records/` and writes the pages, or changes nothing where a page cannot be drawn.
  /// - Returns: the paths of the records, and the names of the pages written, sorted.
  public func publish(
    _ records: [RunRecord]
  ) throws(ResultsError) -> (records: [String], pages: [String]) {
    let files = try render(adding: records)
    var paths: [String] = []
    for record in records { paths.append(try add(record: record)) }
    return (paths, try write(files))
  }

  /// As it is read from the folder.
  private static func forPages(_ record: RunRecord) throws(ResultsError) -> RunRecord {
    do throws(RecordError) {
      let source = "run record"
      try record.checkName(source: source)
      return try RunRecord(
        tree: RecordText.tree(of: record, source: source).onOneLine, source: source)
    } catch {
      throw .record(error)
    }
  }

  private func write(_ files: [String: String]) throws(ResultsError) -> [String] {
    var written: [String] = []
    for (name, content) in files.sorted(by: { $0.key < $1.key }) {
      if try existing(name) == Array(content.utf8) { continue }
      do {
        try Folder.create(path: path)
        try AtomicFile.replace(path: "\(path)/\(name)", with: content)
      } catch {
        throw .file(error)
      }
      written.append(name)
    }
    return written
  }

  /// Everything under the folder that is not as `write` would leave it; empty if all is well.
  public func check() throws(ResultsError) -> [Difference] {
    let files = try render()
    var differences: [Difference] = []
    for (name, content) in files {
      guard let found = try existing(name) else {
        differences.append(Difference(file: name, kind: .missing))
        continue
      }
      if found != Array(content.utf8) { differences.append(Difference(file: name, kind: .stale)) }
    }
    let present: [String]
    do {
      present = try Folder.names(path: path)
    } catch .notFound {
      present = []
    } catch {
      throw .file(error)
    }
    for name in present where name.hasSuffix(".md") || name.hasSuffix(".svg") {
      if files[name] == nil { differences.append(Difference(file: name, kind: .unexpected)) }
    }
    return differences.sorted { $0.file < $1.file }
  }

  /// Copies a run's record into `records/`, in place of an earlier one of the same experiment and
  /// point.
  /// - Returns: the record's path.
  @discardableResult
  public func add(record: RunRecord) throws(ResultsError) -> String {
    let file = recordPath(of: record)
    let text: String
    do throws(RecordError) {
      try record.checkName(source: "run record")
      text = try record.text()
    } catch {
      throw .record(error)
    }
    do {
      try Folder.create(path: "\(path)/records")
      try AtomicFile.replace(path: file, with: text)
    } catch {
      throw .file(error)
    }
    return file
  }

  /// Where a run's record is kept.
  public func recordPath(of record: RunRecord) -> String { "\(path)/records/\(record.fileName)" }

  /// File name under records/ to record.
  public func records() throws(ResultsError) -> [String: RunRecord] {
    var records: [String: RunRecord] = [:]
    for name in try recordNames() {
      let source = "\(path)/records/\(name)"
      do throws(RecordError) {
        let record = try RunRecord.readForPages(path: source)
        guard record.hasUsableName, record.fileName == name else {
          throw RecordError.invalid(
            source: source, place: "experiment.name",
            reason: "the record of \(record.experiment.name) belongs in \(record.fileName)")
        }
        records[name] = record
      } catch {
        throw .record(error)
      }
    }
    return records
  }

  /// By name, sorted.
  private func similarities() throws(ResultsError) -> [(name: String, record: SimilarityRecord)] {
    let folder = "\(path)/records/similarity"
    var records: [(name: String, record: SimilarityRecord)] = []
    for name in try recordNames(under: "/similarity") {
      do throws(RecordError) {
        records.append((String(name.dropLast(5)), try .readForPages(path: "\(folder)/\(name)")))
      } catch {
        throw .record(error)
      }
    }
    return records
  }

  private func recordNames(under folder: String = "") throws(ResultsError) -> [String] {
    do {
      return try RecordFolder.names(path: "\(path)/records\(folder)")
    } catch {
      throw .record(error)
    }
  }

  /// A page's bytes; nil where there is none.
  private func existing(_ name: String) throws(ResultsError) -> [UInt8]? {
    do {
      return try MappedFile.contents(path: "\(path)/\(name)")
    } catch .notFound {
      return nil
    } catch {
      throw .file(error)
    }
  }
}

public enum ResultsError: Error, Equatable, CustomStringConvertible {
  case record(RecordError)
  case reference(ReferenceError)
  case file(FileError)
  case defaults(DefaultsError)

  public var description: String {
    switch self {
    case .defaults(let error): error.description
    case .record(let error): error.description
    case .reference(let error): error.description
    case .file(let error): error.description
    }
  }
}

extension RunRecord {
  /// Whether the experiment's name can be part of a file's name, and is not that of another page.
  var hasUsableName: Bool {
    let name = experiment.name
    return !name.isEmpty && !name.hasPrefix(".")
      && ![
        "README.md", DefaultsPage.file, MethodsPage.file, ParityPage.file, PerformancePage.file,
        SimilarityPage.file,
      ].contains("\(name).md")
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }

  fileprivate func checkName(source: String) throws(RecordError) {
    guard !hasUsableName else { return }
    throw .invalid(
      source: source, place: "experiment.name",
      reason: "\"\(experiment.name)\" cannot name a file; use letters, digits, . _ -")
  }
}
