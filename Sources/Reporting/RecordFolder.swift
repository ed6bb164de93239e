// Which records a folder holds.
import RetortFiles
import RetortRecords

enum RecordFolder {
  /// The names that end in `.json`, sorted; none where there is no such folder.
  /// - Throws: where the folder cannot be read: its records must not be taken for missing.
  static func names(path: String) throws(RecordError) -> [String] {
    do {
      return try Folder.names(path: path).filter { $0.hasSuffix(".json") }
    } catch .notFound {
      return []
    } catch {
      throw .file(error)
    }
  }
}
