import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortTransformers

/// Folders of the pinned transformers: Tests/Peers/torch_files_fixture.py.
@Suite("Forms of a folder's weights")
struct WeightFormTests {
  private let fixture = Fixture.path(of: "torch_files")

  /// The model's folder with other weights.
  /// - Parameter files: what is copied, by its name in the folder.
  private func folder(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["config.json", "vocab.txt", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        atPath: "\(fixture)/model/\(name)", toPath: folder.file(name))
    }
    for (name, source) in files {
      try FileManager.default.copyItem(atPath: "\(fixture)/\(source)", toPath: folder.file(name))
    }
    return folder
  }

  /// - Parameter beginning: of the files' names.
  private func shards(_ beginning: String) throws -> TemporaryFolder {
    let names = try Folder.names(path: "\(fixture)/shards").filter { $0.hasPrefix(beginning) }
    return try folder(
      Dictionary(uniqueKeysWithValues: names.map { ($0, "shards/\($0)") }))
  }

  private func model(_ folder: TemporaryFolder) throws -> [String: [Float]] {
    try HuggingFaceFolder(path: folder.path).loadModel(heads: [.classification], seed: 0).model
      .valuesByPath
  }

  private func published() throws -> [String: [Float]] {
    try model(try folder(["model.safetensors": "model/model.safetensors"]))
  }

  @Test("one model, in one file or several, of safetensors or torch")
  func equal() throws {
    let expected = try published()
    for folder in [
      try folder(["pytorch_model.bin": "zip.bin"]), try folder(["pytorch_model.bin": "legacy.bin"]),
      try shards("model"), try shards("pytorch_model"),
    ] {
      #expect(try model(folder) == expected)
    }
  }

  @Test("half precision is widened exactly", arguments: ["float16", "bfloat16"])
  func half(name: String) throws {
    let torch = try model(try folder(["pytorch_model.bin": "\(name).bin"]))
    #expect(try model(try folder(["model.safetensors": "\(name).safetensors"])) == torch)
    #expect(try published() != torch)
  }

  @Test("of several forms the one counts that transformers takes")
  func order() throws {
    let both = try folder([
      "pytorch_model.bin": "bfloat16.bin", "model.safetensors": "model/model.safetensors",
    ])
    #expect(try HuggingFaceFolder(path: both.path).weightForm == .safetensors)
    #expect(try model(both) == published())
  }

  @Test("the digest is that of the file, or of all files")
  func digest() throws {
    let one = try folder(["pytorch_model.bin": "zip.bin"])
    #expect(
      try WeightForm.torch.digest(in: one.path)
        == SHA256.hexDigest(ofFile: one.file("pytorch_model.bin")))
    let several = try shards("model")
    let digest = try WeightForm.shardedSafetensors.digest(in: several.path)
    let last = several.file("model-00003-of-00003.safetensors")
    try AtomicFile.replace(path: last, with: try MappedFile.contents(path: last) + [0])
    #expect(try WeightForm.shardedSafetensors.digest(in: several.path) != digest)
  }

  @Test("an index that does not fit its files is an error that says in what")
  func indices() throws {
    let index = "model.safetensors.index.json"
    func failure(
      _ change: (TemporaryFolder) throws -> Void
    ) throws -> String {
      let folder = try shards("model")
      try change(folder)
      let error = #expect(throws: ModelFolderError.self) { try model(folder) }
      return error?.description ?? ""
    }
    func replace(_ text: String, with other: String, in folder: TemporaryFolder) throws {
      let content = try String(contentsOfFile: folder.file(index), encoding: .utf8)
      try #require(content.contains(text))
      try folder.write(index, content.replacing(text, with: other))
    }
    let missing = try failure {
      try FileManager.default.removeItem(atPath: $0.file("model-00002-of-00003.safetensors"))
    }
    #expect(missing.contains("model-00002-of-00003.safetensors"))
    let elsewhere = try failure {
      try replace(
        "\"model-00003-of-00003.safetensors\"", with: "\"../x.safetensors\"", in: $0)
    }
    #expect(elsewhere.contains("expected the name of a file in the same folder"))
    let other = try failure {
      try replace("\"classifier.bias\"", with: "\"classifier.bios\"", in: $0)
    }
    #expect(other.contains("has no tensor \"classifier.bios\""))
    #expect(other.contains("has a tensor \"classifier.bias\" that it does not name"))
    let empty = try failure { try $0.write(index, "{\"weight_map\": {}}") }
    #expect(empty.contains("expected weight_map"))
  }
}
