// Values to trees and back.
import Testing

@testable import RetortStrictJSON

@Suite("JSON coding")
struct JSONCodingTests {
  private struct Inner: Codable, Equatable, HasRetiredKeys {
    static let retiredKeys: Set<String> = ["gone"]
    var name: String
    var share: Float?
  }

  private enum Kind: String, Codable { case one, two }

  private struct Outer: Codable, Equatable {
    var zeta = 1
    var alpha: [Double] = [0.1, 5, 1e-300, .infinity, -.infinity]
    var seed = UInt64.max
    var inner = [Inner(name: "a", share: 0.1), Inner(name: "b", share: nil)]
    var table = ["y": 2, "x": 1]
    var kind = Kind.two
    var flag = true
    var none: Int?
  }

  @Test("a value is written with sorted keys and read back equal")
  func roundTrip() throws {
    let tree = try JSONTree(Outer())
    #expect(
      tree.line == """
        {"alpha": [0.1, 5, 1e-300, "inf", "-inf"], "flag": true, "inner": [{"name": "a", \
        "share": 0.1}, {"name": "b"}], "kind": "two", "seed": 18446744073709551615, \
        "table": {"x": 1, "y": 2}, "zeta": 1}
        """)
    #expect(try JSONTree.parse(tree.document).decode(Outer.self) == Outer())
    #expect(try JSONTree(Outer(), keys: .snakeCase).members?.count == 7)
    struct Measured: Encodable {
      var secondsPerStep = 1.5
      var isCached = false
    }
    #expect(
      try JSONTree(Measured(), keys: .snakeCase).line
        == "{\"is_cached\": false, \"seconds_per_step\": 1.5}")
  }

  @Test("every key that the type does not have is named, retired ones are not")
  func unknownKeys() throws {
    let text = """
      {"zeta": 1, "alpha": [], "seed": 0, "inner": [{"name": "a", "gone": {}, "nome": 1}],
       "table": {"any": 1}, "kind": "one", "flag": false, "nothing": null}
      """
    let tree = try JSONTree.parse(text)
    #expect(throws: JSONMismatch.unknownKeys(["inner[0].nome", "nothing"])) {
      try tree.decode(Outer.self)
    }
    #expect(try tree.decode(Outer.self, passingOverUnknownKeys: true).table == ["any": 1])
  }

  @Test(
    "a value of another kind is named with its place and what stands there",
    arguments: [
      ("\"zeta\": 1", "\"zeta\": 1.5", "zeta: expected a whole number, found 1.5"),
      ("\"zeta\": 1", "\"zeta\": 9223372036854775808", "zeta: expected a whole number, found 9"),
      ("\"seed\": 0", "\"seed\": -1", "seed: expected a whole number of at least 0, found -1"),
      ("\"alpha\": []", "\"alpha\": [0, 1e999]", "alpha[1]: expected a number, found 1e999"),
      ("\"alpha\": []", "\"alpha\": {}", "alpha: expected a list, found an object"),
      ("\"name\": \"a\"", "\"name\": null", "inner[0].name: null where a value is needed"),
      ("\"name\": \"a\"", "\"share\": 1", "inner[0].name: missing"),
      ("\"flag\": false", "\"flag\": \"no\"", "flag: expected true or false, found \"no\""),
    ])
  func mismatches(old: String, new: String, message: String) throws {
    let text = """
      {"zeta": 1, "alpha": [], "seed": 0, "inner": [{"name": "a"}], "table": {}, "kind": "one",
       "flag": false}
      """
    let tree = try JSONTree.parse(text.replacing(old, with: new))
    let error = #expect(throws: JSONMismatch.self) { try tree.decode(Outer.self) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test("whole numbers are exact beyond what a Double can hold")
  func exact() throws {
    #expect(try JSONTree.parse("[9007199254740993]").decode([Int].self) == [9_007_199_254_740_993])
    #expect(try JSONTree.parse("[3.0, 2e2]").decode([Int].self) == [3, 200])
  }

  private struct Ordered: Encodable, KeepsKeyOrder {
    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: Key.self)
      try values.encode(1, forKey: .z)
      try values.encode(2, forKey: .a)
    }
    enum Key: CodingKey { case z, a }
  }

  @Test func aTypeCanKeepTheOrderOfItsKeys() throws {
    #expect(try JSONTree(["only": Ordered()]).line == "{\"only\": {\"z\": 1, \"a\": 2}}")
  }
}
