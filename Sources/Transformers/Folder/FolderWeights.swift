// The weights of a model's folder, in one file or in several.
import RetortFiles
import RetortStorage
import RetortStrictJSON

/// The form in which a folder keeps its weights; of several the first counts, as in transformers 4.44.2.
public enum WeightForm: String, Sendable, CaseIterable {
  case safetensors = "model.safetensors"
  case shardedSafetensors = "model.safetensors.index.json"
  case torch = "pytorch_model.bin"
  case shardedTorch = "pytorch_model.bin.index.json"

  /// Whether the named file says in which files the tensors are.
  var isIndex: Bool { rawValue.hasSuffix(".index.json") }

  /// - Parameter names: of the files in a folder.
  public init?(among names: some Collection<String>) {
    guard let form = Self.allCases.first(where: { names.contains($0.rawValue) }) else { return nil }
    self = form
  }

  func open(_ path: String) throws(ModelFolderError) -> any WeightFile {
    switch self {
    case .safetensors, .shardedSafetensors:
      do { return try SafetensorsFile(path: path) } catch { throw .safetensors(error) }
    case .torch, .shardedTorch:
      do { return try TorchFile(path: path) } catch { throw .torch(error) }
    }
  }
}

/// The tensors of a folder, of all its weight files together.
public struct FolderWeights: WeightFile {
  /// The weight file, or the index of several.
  public let path: String
  public let form: WeightForm
  private let files: [any WeightFile]
  private let places: [String: Int]

  /// Opens the file, or the index and all files that it names. Nothing is read but names, shapes and places.
  /// - Throws: for a file that is missing or malformed, and for everything in which an index and its files disagree.
  public init(folder: String, form: WeightForm) throws(ModelFolderError) {
    (path, self.form) = ("\(folder)/\(form.rawValue)", form)
    guard form.isIndex else {
      let file = try form.open(path)
      files = [file]
      places = Dictionary(file.tensorNames.map { ($0, 0) }, uniquingKeysWith: { $1 })
      return
    }
    let index = try WeightIndex(path: path)
    var (files, places): ([any WeightFile], [String: Int]) = ([], [:])
    var problems: [String] = []
    for name in index.files {
      let file = try form.open("\(folder)/\(name)")
      let expected = index.tensors(in: name)
      let found = Set(file.tensorNames)
      for tensor in expected.subtracting(found).sorted() {
        problems.append("\(name) has no tensor \(tensor.debugDescription)")
      }
      for tensor in found.subtracting(expected).sorted() {
        problems.append("\(name) has a tensor \(tensor.debugDescription) that it does not name")
      }
      for tensor in expected { places[tensor] = files.count }
      files.append(file)
    }
    guard problems.isEmpty else { throw .index(path: path, problems: problems) }
    (self.files, self.places) = (files, places)
  }

  public var sourceDescription: String { path }
  public var tensorNames: [String] { files.flatMap(\.tensorNames) }
  public var metadata: [String: String] {
    files.reduce(into: [:]) { all, file in all.merge(file.metadata) { first, _ in first } }
  }

  private func file(of name: String) -> (any WeightFile)? { places[name].map { files[$0] } }

  public func shape(ofTensor name: String) -> [Int]? { file(of: name)?.shape(ofTensor: name) }

  public func elementType(ofTensor name: String) -> String? {
    file(of: name)?.elementType(ofTensor: name)
  }

  public func read(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws {
    guard let file = file(of: name) else {
      throw ModelFolderError.index(
        path: path, problems: ["no file has a tensor \(name.debugDescription)"])
    }
    try file.read(tensor: name, into: values)
  }
}

extension WeightForm {
  /// Every file that the weights are read from, the index first.
  func paths(in folder: String) throws(ModelFolderError) -> [String] {
    let path = "\(folder)/\(rawValue)"
    return isIndex ? [path] + (try WeightIndex(path: path).files.map { "\(folder)/\($0)" }) : [path]
  }

  /// SHA-256 in hexadecimal: of the one file or, where there are several, of a line with the name and the digest of
  /// each, in order.
  public func digest(in folder: String) throws(ModelFolderError) -> String {
    let paths = try paths(in: folder)
    do {
      guard isIndex else { return try SHA256.hexDigest(ofFile: paths[0]) }
      var lines = ""
      for path in paths {
        lines += "\(path.split(separator: "/").last ?? "") \(try SHA256.hexDigest(ofFile: path))\n"
      }
      return SHA256.hexDigest(of: lines)
    } catch { throw .file(error) }
  }
}

/// Which file each tensor is in: the `weight_map` of an index.json.
private struct WeightIndex {
  /// Names beside the index, sorted.
  let files: [String]
  private let map: [String: Set<String>]

  init(path: String) throws(ModelFolderError) {
    func wrong(_ problem: String) -> ModelFolderError { .index(path: path, problems: [problem]) }
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: path) } catch { throw .file(error) }
    let object: [String: JSONTree]
    do { object = try ConfigurationText.members(of: bytes) } catch {
      throw wrong("not a JSON object: \(error)")
    }
    guard let members = object["weight_map"]?.members, !members.isEmpty else {
      throw wrong("expected weight_map, an object of file names by tensor")
    }
    var map: [String: Set<String>] = [:]
    for member in members {
      // A name that leads out of the folder would read a file that is not the model's.
      guard let name = member.value.text, !name.isEmpty, !name.contains("/"), name != "..",
        name != ".", !name.utf8.contains(0)
      else {
        throw wrong(
          "weight_map: \(member.key.debugDescription) is in \(member.value.line), expected the name of "
            + "a file in the same folder")
      }
      map[name, default: []].insert(member.key)
    }
    self.map = map
    files = map.keys.sorted()
  }

  func tensors(in file: String) -> Set<String> { map[file] ?? [] }
}
