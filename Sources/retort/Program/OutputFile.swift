// Files that a verb writes, compared with its inputs and with existing files.
import RetortExperimentPlan
import RetortFiles
import RetortStorage

enum OutputFile {
  /// What a verb writes and may therefore write over.
  enum Kind {
    case sealed(SealedKind)
    case predictions
    /// A file of any content.
    case any

    fileprivate var name: String {
      switch self {
      case .sealed(let kind): kind.rawValue
      case .predictions: "file of predictions"
      case .any: "file"
      }
    }

    /// Whether the file that is there is one of this kind.
    fileprivate func includes(_ path: String) throws(FileError) -> Bool {
      switch self {
      case .sealed(let kind): try SealedKind.ofFile(path: path) == kind
      case .predictions:
        try MappedFile.contents(path: path).starts(with: GLUESubmission.header.utf8)
      case .any: true
      }
    }
  }

  /// Refuses to put a result in the place of what it is made from, or of a file of another kind, or where nothing can be
  /// written. To be called before anything is computed.
  /// - Parameters:
  ///   - outputs: what will be written.
  ///   - inputs: files and folders that are read; of a folder every file in it counts.
  ///   - option: where the output was named, for the error message.
  static func check(
    _ outputs: [String], _ kind: Kind, reading inputs: [String], option: String
  ) throws {
    var read: [FileIdentity: String] = [:]
    for input in inputs {
      var paths = [input]
      if Folder.exists(path: input) {
        paths += try Folder.names(path: input).map { "\(input)/\($0)" }
      }
      for path in paths {
        if let identity = FileIdentity(path: path) { read[identity] = path }
      }
    }
    for output in outputs {
      if let folder = Folder.parent(of: output) {
        do throws(FileError) { try Folder.checkWritable(path: folder) } catch {
          throw CommandFailure("\(option) \(output): \(error)")
        }
      }
      guard let identity = FileIdentity(path: output) else { continue }
      if let input = read[identity] {
        throw CommandFailure(
          "\(option) \(output): is read too\(input == output ? "" : ", as \(input)"), and would be "
            + "replaced; name another file")
      }
      guard !Folder.exists(path: output) else {
        throw CommandFailure("\(option) \(output): is a folder, expected a file's name")
      }
      guard try kind.includes(output) else {
        throw CommandFailure(
          "\(option) \(output): is there and is no \(kind.name), so it is not replaced; name another "
            + "file, or remove it first")
      }
    }
  }
}
