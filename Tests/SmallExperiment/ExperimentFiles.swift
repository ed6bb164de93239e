// The definitions of this repository.
import Foundation

enum ExperimentFiles {
  static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Experiments").path()
}
