// Files that a verb writes beside its results.
import Foundation

enum OutputFile {
  /// A slip of the keyboard must not put a result in place of what it was made from.
  static func refuse(_ path: String, ifAmong inputs: [String], option: String) throws {
    func standardized(_ path: String) -> String {
      URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
    guard !inputs.map(standardized).contains(standardized(path)) else {
      throw CommandFailure("\(option) \(path): is one of the files compared; name another file")
    }
  }
}
