// One place as seen from another.
import Foundation

enum RelativePath {
  /// - Parameters:
  ///   - target: relative to the working directory; an absolute one stays as it is.
  ///   - folder: relative to the working directory, or absolute.
  static func path(to target: String, from folder: String) -> String {
    guard !target.hasPrefix("/") else { return target }
    var (target, folder) = (parts(of: target)[...], parts(of: folder)[...])
    while let first = target.first, first == folder.first, target.count > 1 {
      target.removeFirst()
      folder.removeFirst()
    }
    return (folder.map { _ in ".." } + target).joined(separator: "/")
  }

  /// From the root on, without `.` and `..`.
  private static func parts(of path: String) -> [Substring] {
    let whole =
      path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    return whole.split(separator: "/").reduce(into: []) { parts, part in
      if part == ".." {
        _ = parts.popLast()
      } else if part != "." {
        parts.append(part)
      }
    }
  }
}
