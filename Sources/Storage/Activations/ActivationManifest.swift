// What an unfinished activation store is for, and how far it has come.
import RetortFiles
import RetortStrictJSON

/// One array of a store: it grows by whole rows.
struct ActivationColumn: Codable, Equatable, Sendable {
  let path: String
  let type: ElementType
  /// Sizes of one row; empty for single numbers.
  var rowShape: [Int] = []
  /// A list of offsets has one more than there are rows: the 0 it begins with.
  var beginsWithZero = false

  var rowByteCount: Int { rowShape.reduce(type.byteCount, *) }
}

extension ElementType: Codable {}

/// `manifest.json` of an `A.h5.partial` folder. A shard that is not in it does not exist.
struct ActivationManifest: Codable, Equatable, Sendable {
  var version = SealedKind.activationStore.version
  let form: String
  let columns: [ActivationColumn]
  /// What else of the layout must be the same in every shard.
  var parameters: [String: String] = [:]
  /// Digests and names of what the activations are of.
  let source: [String: String]
  var shards: [Shard] = []

  /// One finished file: the bytes of its rows, column after column.
  struct Shard: Codable, Equatable, Sendable {
    let name: String
    /// Sequences or batches in it.
    let units: Int
    /// Rows a column.
    let rows: [Int]
    /// Values too large for binary16, clipped.
    let overflows: Int
    /// XXH64 of the file.
    let digest: String
  }

  var unitCount: Int { shards.reduce(0) { $0 + $1.units } }
  var overflowCount: Int { shards.reduce(0) { $0 + $1.overflows } }

  func rowCount(_ column: Int) -> Int { shards.reduce(0) { $0 + $1.rows[column] } }

  func byteCount(of shard: Shard) -> Int {
    zip(columns, shard.rows).reduce(0) { $0 + $1.0.rowByteCount * $1.1 }
  }

  static let name = "manifest.json"

  static func path(in folder: String) -> String { "\(folder)/\(name)" }

  func write(in folder: String) throws(ActivationStoreError) {
    do {
      try AtomicFile.replace(path: Self.path(in: folder), with: JSONTree(self).document)
    } catch let error as FileError {
      throw .file(error)
    } catch {
      preconditionFailure("a manifest holds only what JSON can: \(error)")
    }
  }

  /// The manifest of a folder, nil if there is none.
  static func read(in folder: String) throws(ActivationStoreError) -> ActivationManifest? {
    let path = path(in: folder)
    let text: [UInt8]
    do {
      text = try MappedFile.contents(path: path)
    } catch .notFound {
      return nil
    } catch {
      throw .file(error)
    }
    let manifest: ActivationManifest
    do {
      manifest = try JSONTree.parse(text).decode()
    } catch {
      throw .damaged(path: path, what: "not a manifest of this version: \(error)")
    }
    guard manifest.version == SealedKind.activationStore.version,
      manifest.shards.allSatisfy({ $0.rows.count == manifest.columns.count })
    else { throw .damaged(path: path, what: "not a manifest of this version") }
    return manifest
  }

  /// What of this manifest differs from another, shards aside; nil if they are for the same store.
  func difference(from other: ActivationManifest) -> String? {
    if form != other.form { return "form (\(form), not \(other.form))" }
    if columns != other.columns { return "layout" }
    return Self.difference(parameters, other.parameters) ?? Self.difference(source, other.source)
  }

  private static func difference(_ ours: [String: String], _ others: [String: String]) -> String? {
    let names = Set(ours.keys).union(others.keys).sorted()
    guard let name = names.first(where: { ours[$0] != others[$0] }) else { return nil }
    return "\(name) (\(ours[name] ?? "none"), not \(others[name] ?? "none"))"
  }
}
