// All references of a folder, found by the names that definitions use.

import Foundation
import RetortFiles

public struct ReferenceLibrary: Sendable {
  /// Sorted by id.
  public let references: [Reference]
  private let folder: String

  /// Reads every `.yaml` in the folder; a mistake in any of them is an error. A folder that does
  /// not exist is an empty library.
  public init(folder: String) throws(ReferenceError) {
    self.folder = folder
    let names: [String]
    do {
      names = try Folder.names(path: folder)
    } catch .notFound {
      names = []
    } catch {
      throw .unreadable(path: folder, reason: "could not be listed: \(error)")
    }
    references = try names.filter { $0.hasSuffix(".yaml") }
      .map { name throws(ReferenceError) in
        let path = "\(folder)/\(name)"
        let yaml: String
        do {
          yaml = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
          throw .unreadable(path: path, reason: "could not be read as UTF-8 text")
        }
        return try Reference(yaml: yaml, id: String(name.dropLast(5)), path: path)
      }
  }

  public var ids: [String] { references.map(\.id) }

  public func reference(_ id: String) throws(ReferenceError) -> Reference {
    guard let reference = references.first(where: { $0.id == id }) else {
      throw .unknown(id: id, folder: folder, known: ids)
    }
    return reference
  }
}
