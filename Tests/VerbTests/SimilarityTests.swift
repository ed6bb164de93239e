// `retort similarity`: from two recordings to a page.
import Foundation
import Testing

@Suite struct SimilarityTests {
  private let model: TinyModel

  init() throws { model = try TinyModel() }

  private func record(_ name: String, _ text: String, layers: String = "all") throws -> String {
    let (file, out) = (model.folder.file("\(name).txt"), model.folder.file("\(name).h5"))
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let result = try model.retort(
      "activations", "--model", model.path, "--text", file, "--layers", layers, "--out", out)
    #expect(result.status == 0, "\(result.errors)")
    return out
  }

  @Test func aModelIsLikeItself() throws {
    let text = "a good film\nthe plot is dull\nnot very bad\n"
    let (all, some) = (try record("all", text), try record("some", text, layers: "0,2"))
    let file = model.folder.file("records/own.json")
    let result = try model.retort(
      "similarity", all, "--with", some, "--names", "whole,part", "--record", file)
    #expect(result.status == 0, "\(result.errors)")
    // Three sentences with [CLS] and [SEP].
    for part in ["3 sequences, 16 tokens", "linear CKA: whole down, part across", "mean cosine"] {
      #expect(result.output.contains(part), "\(part) in \(result.output)")
    }
    let json = try model.retort("similarity", all, "--with", some, "--json", "--threads", "1")
    let tree = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    for key in ["alignment", "cosine"] {
      let values = try #require(tree[key] as? [[Double]])
      #expect(values.count == 3 && values.allSatisfy { $0.count == 2 })
      #expect(abs(values[0][0] - 1) < 1e-6 && abs(values[2][1] - 1) < 1e-6 && values[1][0] < 0.999)
    }
    let recorded = try String(contentsOfFile: file, encoding: .utf8)
    #expect(recorded.contains("\"command\": \"retort similarity "))
    #expect(!recorded.contains("--record"))
  }

  @Test func refusesOtherTextsAndItsOwnInputs() throws {
    let (one, other) = (try record("one", "a good film\n"), try record("other", "a bad film\n"))
    expectFailure(
      try model.retort("similarity", one, "--with", other), saying: one, "line 1", "--max-length")
    expectFailure(
      try model.retort("similarity", one, "--with", one, "--record", one), saying: "--record")
    #expect(try model.retort("similarity", one, "--with", one, "--names", "a").status == 64)
    expectFailure(try model.retort("similarity", one, "--with", "none.h5"), saying: "none.h5")
  }
}
