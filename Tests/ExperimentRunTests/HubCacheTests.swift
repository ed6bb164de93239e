import Foundation
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan

@Suite("Models of the hub: addresses and Hugging Face's cache")
struct HubCacheTests {
  private let temporary: TemporaryFolder
  private let locations: Locations
  private static let commit = String(repeating: "0123456789", count: 4)

  init() throws {
    temporary = try TemporaryFolder()
    locations = Locations(
      cache: temporary.file("cache"), mirror: temporary.file("mirror"),
      huggingFaceCache: temporary.file("hf"))
  }

  /// A snapshot as huggingface_hub stores it: files by their digests, and links to them.
  private func store(
    _ commit: String = commit, files: [String], as reference: String?, in model: String = "o--n"
  ) throws {
    let repository = "hf/models--\(model)"
    if let reference { try temporary.write("\(repository)/refs/\(reference)", commit) }
    for (number, name) in files.enumerated() {
      let link = URL(fileURLWithPath: temporary.file("\(repository)/snapshots/\(commit)/\(name)"))
      try temporary.write("\(repository)/blobs/\(commit)\(number)")
      try FileManager.default.createDirectory(
        at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: link.path, withDestinationPath: "../../blobs/\(commit)\(number)")
    }
  }

  private let files = ["config.json", "model.safetensors", "vocab.txt"]

  @Test("the environment names the cache, in the order of huggingface_hub")
  func environment() {
    var environment = ["HOME": "/home/x"]
    for (name, value, expected) in [
      ("PATH", "", "/home/x/.cache/huggingface/hub"),
      ("XDG_CACHE_HOME", "/x", "/x/huggingface/hub"),
      ("HF_HOME", "/h", "/h/hub"), ("HUGGINGFACE_HUB_CACHE", "/old", "/old"),
      ("HF_HUB_CACHE", "", "/old"), ("HF_HUB_CACHE", "~/new", "/home/x/new"),
    ] {
      environment[name] = value
      #expect(Locations(environment: environment).huggingFaceCache == expected, "\(name)")
    }
  }

  @Test("a model is found by the commit that its reference names, without a copy")
  func found() throws {
    try store(files: files, as: "main")
    let expected = temporary.file("hf/models--o--n/snapshots/\(Self.commit)")
    for text in ["hub:o/n", "hub:o/n@main", "hub:o/n@\(Self.commit)"] {
      let address = try #require(ModelAddress(text))
      #expect("\(address)" == text)
      #expect(try locations.locate(address).path == expected)
    }
    let other = String(repeating: "ab", count: 20)
    try store(other, files: files, as: "refs/pr/1")
    #expect(
      try locations.locate(.hub(owner: "o", name: "n", revision: "refs/pr/1")).path
        .hasSuffix("snapshots/\(other)"))
    // Folders of our own come first; they hold the revision that their name says.
    for name in files { try temporary.write("mirror/hub/o/n/\(name)") }
    #expect(
      try locations.locate(.hub(owner: "o", name: "n")).path == temporary.file("mirror/hub/o/n"))
    #expect(
      try locations.locate(.hub(owner: "o", name: "n", revision: "main")).path == expected)
    for name in files { try temporary.write("mirror/hub/o/n@main/\(name)") }
    #expect(
      try locations.locate(.hub(owner: "o", name: "n", revision: "main")).path
        == temporary.file("mirror/hub/o/n@main"))
  }

  @Test("a model that was fetched by its old name, without owner, is found by its new one")
  func oldName() throws {
    let address = ModelAddress.hub(owner: "google-bert", name: "bert-base-uncased")
    #expect(throws: LocationError.self) { try locations.locate(address) }
    try store(files: files, as: "main", in: "bert-base-uncased")
    #expect(
      try locations.locate(address).path
        == temporary.file("hf/models--bert-base-uncased/snapshots/\(Self.commit)"))
    #expect(throws: LocationError.self) {
      try locations.locate(.hub(owner: "o", name: "bert-base-uncased"))
    }
  }

  private func problem(_ text: String) throws -> String {
    let address = try #require(ModelAddress(text))
    let error = #expect(throws: LocationError.self) { try locations.locate(address) }
    #expect(error?.problems.count == 1)
    return error?.problems.first ?? ""
  }

  @Test("what is missing there is said")
  func missing() throws {
    #expect(try problem("hub:o/n").contains("hf/models--o--n: no such folder"))
    try store(files: ["config.json"], as: "main")
    #expect(
      try problem("hub:o/n").contains("\(Self.commit): no model.safetensors, no vocab.txt"))
    #expect(try problem("hub:o/n@v2").contains("refs/v2: no such file"))
    #expect(try problem("hub:o/n@v2").contains("https://huggingface.co/o/n/tree/v2"))
    try temporary.write("hf/models--o--n/refs/odd", "../../..")
    #expect(try problem("hub:o/n@odd").contains("expected the 40 digits of a commit"))
  }

  @Test("other forms of the files are as good")
  func forms() throws {
    try store(
      files: ["config.json", "pytorch_model.bin.index.json", "tokenizer.json"], as: "main")
    #expect(try locations.locate(.hub(owner: "o", name: "n")).weightForm() == .shardedTorch)
  }

  @Test(
    "a model of another family is refused for what it is, before anything else is looked for",
    arguments: ["roberta", "gpt2", "xlm-roberta", "mobilebert"])
  func otherFamilies(_ name: String) throws {
    try temporary.write("m/config.json", "{\"model_type\": \"\(name)\", \"n_ctx\": 1}")
    let text = try problem(temporary.file("m"))
    #expect(text.contains("model_type is \"\(name)\", expected \"bert\" or \"distilbert\""))
    let error = #expect(throws: ModelFolderError.self) {
      try HuggingFaceFolder(path: temporary.file("m"))
    }
    guard case .configuration(.unsupported(_, name))? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("names of older scripts and of other programs are recognized")
  func meant() throws {
    for (text, expected) in [
      ("bert-base-uncased", "hub:google-bert/bert-base-uncased"),
      ("distilbert-base-cased", "hub:distilbert/distilbert-base-cased"),
      ("google-bert/bert-base-uncased", "hub:google-bert/bert-base-uncased"),
      ("o/n@v1", "hub:o/n@v1"),
    ] {
      #expect(try problem(text).hasSuffix("did you mean \(expected)?"))
    }
    #expect(
      ModelAddress.meant(by: "hub:bert-base-uncased").map { "\($0)" }
        == "hub:google-bert/bert-base-uncased")
    for text in ["./o/n", "o/n/m", "o", "hub:nobody", "o/c.h5"] {
      #expect(ModelAddress.meant(by: text) == nil)
    }
    for text in [
      "hub:o", "hub:o/n@", "hub:o/n@a/../b", "hub:o/n@a//b", "hub:../n", "hub:o/n@a@b", "",
    ] {
      #expect(ModelAddress(text) == nil)
    }
  }
}
