// The JSON reader's refusals and the layout's line rules.

import Testing

@testable import Reporting

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
    let error = #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    #expect(error?.line == line)
    #expect(error?.column == column)
  }

  @Test("nesting that would exhaust the stack is refused")
  func deep() {
    #expect(throws: JSONSyntaxError.self) {
      try JSONParser.parse(String(repeating: "[", count: 100_000))
    }
  }

  @Test("strings survive escaping")
  func strings() throws {
    let string = "quote \" backslash \\ newline \n tab \t bell \u{07} umlaut ü emoji 🧪"
    #expect(try JSONParser.parse(JSONTree.string(string).line) == .string(string))
    #expect(try JSONParser.parse("\"\\ud83e\\uddea\\u00fc\\/\"") == .string("🧪ü/"))
  }

  @Test("numbers keep their digits")
  func numbers() throws {
    #expect(try JSONParser.parse("-0.10e+05") == .number("-0.10e+05"))
  }

  @Test("keys are sorted, number arrays packed, flat objects one a line")
  func layout() throws {
    let tree = try JSONParser.parse(
      """
      {"b": [{"y": 1, "x": {"q": 2}}, {"x": [1], "y": 2}], "a": [1, 2.5, 3e-5], "c": [], "d": {}}
      """)
    #expect(
      tree.text == """
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
