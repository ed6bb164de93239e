// The JSON reader's refusals and the layout's line rules.

import Testing

@testable import RetortStrictJSON

@Suite("JSON tree")
struct JSONTreeTests {
  @Test(
    "refuses what is not JSON, at its place",
    arguments: [
      ("{\"a\": 1, \"a\": 2}", 1, 10), ("[1,]", 1, 4), ("{\"a\" 1}", 1, 6), ("01", 1, 3),
      ("[1\n 2]", 2, 2), ("tru", 1, 4), ("\"\\ud800\"", 1, 8), ("1 2", 1, 3), ("[1.]", 1, 4),
      ("\"a\nb\"", 2, 1), ("+1", 1, 1), ("nan", 1, 2),
    ])
  func refuses(text: String, line: Int, column: Int) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONTree.parse(text) }
    #expect(error?.line == line)
    #expect(error?.column == column)
  }

  @Test("nesting that would exhaust the stack is refused")
  func deep() {
    #expect(throws: JSONSyntaxError.self) {
      try JSONTree.parse(String(repeating: "[", count: 100_000))
    }
  }

  @Test("strings survive escaping")
  func strings() throws {
    let string = "quote \" backslash \\ newline \n tab \t bell \u{07} umlaut ü emoji 🧪"
    #expect(try JSONTree.parse(JSONTree.string(string).line) == .string(string))
    #expect(try JSONTree.parse("\"\\ud83e\\uddea\\u00fc\\/\"") == .string("🧪ü/"))
  }

  @Test("numbers keep their digits")
  func numbers() throws {
    #expect(try JSONTree.parse("-0.10e+05") == .number("-0.10e+05"))
  }

  @Test("Python's words for what JSON has no digits for are read where asked for")
  func pythonNumbers() throws {
    let text = Array("[NaN, -Infinity, Infinity]".utf8)
    #expect(throws: JSONSyntaxError.self) { try JSONTree.parse(text) }
    let values = try #require(try JSONTree.parse(text, numbers: .python).elements).map(\.real)
    #expect(values[0]?.isNaN == true)
    #expect(values[1...] == [-.infinity, .infinity])
  }

  @Test("bytes that are not UTF-8 are a mistake at their string", arguments: [0xFF, 0xC3, 0x80])
  func notUTF8(byte: UInt8) throws {
    let text = Array("{\"a\": 1,\n \"".utf8) + [byte] + Array("\": 2}".utf8)
    let error = #expect(throws: JSONSyntaxError.self) { try JSONTree.parse(text) }
    #expect(error?.line == 2 && error?.column == 2 && error?.byte == 10)
  }

  @Test("number arrays are packed, flat objects stand on one line")
  func layout() throws {
    let tree = try JSONTree.parse(
      """
      {"a": [1, 2.5, 3e-5], "b": [{"x": {"q": 2}, "y": 1}, {"x": [1], "y": 2}], "c": [], "d": {}}
      """)
    #expect(
      tree.document == """
        {
         "a": [
          1, 2.5, 3e-5
         ],
         "b": [
          {"x": {"q": 2}, "y": 1},
          {
           "x": [
            1
           ],
           "y": 2
          }
         ],
         "c": [],
         "d": {}
        }

        """)
  }
}
