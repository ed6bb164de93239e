// What the cache keeps besides stages: files that a run makes again where they are missing.
import Foundation
import RetortFiles

/// Tokenised corpora and generated data in `prepared/`, figures of models in `measures/`, times that `explain` measured in `forecasts/`.
public struct RemadeFile: Sendable {
  public let path: String
  public let byteCount: Int
  public let written: Date
  /// Of the stage that a time was measured of; nil of the others, which do not say what they are for.
  public let stage: String?

  /// Takes it out. Who has it open reads on.
  public func remove() throws { try FileManager.default.removeItem(atPath: path) }

  /// All of them, sorted by path. Links, and files that are being written, are none.
  public static func all(in locations: Locations) throws -> [RemadeFile] {
    try files(in: locations.forecasts) { name in
      name.split(separator: "-").first.map(String.init)
    } + files(in: locations.measures) { _ in nil } + files(in: locations.prepared) { _ in nil }
  }

  private static func files(
    in folder: String, stage: (String) -> String?
  ) throws -> [RemadeFile] {
    guard Folder.exists(path: folder) else { return [] }
    return try Folder.names(path: folder).sorted().compactMap { name in
      let path = "\(folder)/\(name)"
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard !name.hasPrefix("."), attributes[.type] as? FileAttributeType == .typeRegular else {
        return nil
      }
      return RemadeFile(
        path: path, byteCount: attributes[.size] as? Int ?? 0,
        written: attributes[.modificationDate] as? Date ?? .distantPast, stage: stage(name))
    }
  }
}
