// `retort tokenize` on standard input.
import Foundation
import RetortTestSupport
import Testing

@Suite struct TokenizeTests {
  static let words = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "film", "##s", "good", "is", "Film",
  ]

  private func withVocabulary<R>(
    _ body: (_ folder: String) throws -> R
  ) throws -> R {
    let folder = try TemporaryFolder()
    try (Self.words.joined(separator: "\n") + "\n").write(
      toFile: "\(folder.path)/vocab.txt", atomically: true, encoding: .utf8)
    return try withExtendedLifetime(folder) { try body(folder.path) }
  }

  @Test func writesTokensAsTheModelSeesThem() throws {
    try withVocabulary { folder in
      let result = try RetortProcess.run(
        ["tokenize", "--vocab", "\(folder)/vocab.txt"],
        input: Data("A FILM is good\n\nfilms unheard".utf8))
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        result.output == "[CLS] a film is good [SEP]\n[CLS] [SEP]\n[CLS] film ##s [UNK] [SEP]\n")
    }
  }

  @Test func writesIDsWithoutSpecials() throws {
    try withVocabulary { folder in
      let result = try RetortProcess.run(
        ["tokenize", "--vocab", folder, "--ids", "--no-specials"],
        input: Data("good films\n\n".utf8))
      #expect(result.output == "8 6 7\n\n")
    }
  }

  @Test func cutsLinesOnRequest() throws {
    try withVocabulary { folder in
      let result = try RetortProcess.run(
        ["tokenize", "--vocab", folder, "--max-length", "3"], input: Data("good film\n".utf8))
      #expect(result.output == "[CLS] good [SEP]\n")
    }
  }

  @Test func keepsCaseOnRequest() throws {
    let input = Data("Film film\n".utf8)
    try withVocabulary { folder in
      let result = try RetortProcess.run(["tokenize", "--vocab", folder, "--ids"], input: input)
      #expect(result.output == "2 6 6 3\n")
      let cased = try RetortProcess.run(
        ["tokenize", "--vocab", folder, "--ids", "--cased"], input: input)
      #expect(cased.output == "2 10 6 3\n")
    }
  }

  @Test func namesTheRowAndByteOfInvalidUTF8() throws {
    try withVocabulary { folder in
      let result = try RetortProcess.run(
        ["tokenize", "--vocab", folder], input: Data("good\na ".utf8) + [0xFF] + Data("\n".utf8))
      expectFailure(result, saying: "standard input:2", "byte 7")
      #expect(result.output == "[CLS] good [SEP]\n", "what came before is still worth having")
    }
  }

  @Test func replacesInvalidUTF8OnRequest() throws {
    try withVocabulary { folder in
      let result = try RetortProcess.run(
        ["tokenize", "--vocab", folder, "--invalid-utf8", "replace"],
        input: Data("go".utf8) + [0xE2, 0x82] + Data("od\na [MA".utf8) + [0xFF]
          + Data("SK]\nfilm\n".utf8))
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        result.output == "[CLS] good [SEP]\n[CLS] a [UNK] [UNK] [UNK] [SEP]\n[CLS] film [SEP]\n")
      #expect(
        result.errorLines == ["2 lines were not UTF-8; U+FFFD stands for what was malformed"])
      #expect(
        try RetortProcess.run(["tokenize", "--vocab", folder, "--invalid-utf8", "drop"]).status
          == 64)
    }
  }

  @Test func followsTheSettingsBesideTheVocabulary() throws {
    let input = Data("Film f\u{EF}lm FILM \u{4E2D}film\n".utf8)
    try withVocabulary { folder in
      for (settings, options, expected) in [
        ("{}", [], "6 6 6 1 6"),
        (#"{"do_lower_case": false}"#, [], "10 1 1 1 6"),
        (#"{"do_lower_case": true, "strip_accents": false}"#, [], "6 1 6 1 6"),
        (#"{"do_lower_case": false, "strip_accents": true}"#, [], "10 6 1 1 6"),
        (#"{"tokenize_chinese_chars": false}"#, [], "6 6 6 1"),
        (#"{"tokenize_chinese_chars": false}"#, ["--cased"], "10 1 1 1"),
      ] as [(String, [String], String)] {
        try settings.write(
          toFile: "\(folder)/tokenizer_config.json", atomically: true, encoding: .utf8)
        let result = try RetortProcess.run(
          ["tokenize", "--vocab", folder, "--ids", "--no-specials"] + options, input: input)
        #expect(result.output == "\(expected)\n", "\(settings) \(options): \(result.errors)")
      }
    }
  }

  @Test func namesAMissingVocabulary() throws {
    expectFailure(
      try RetortProcess.run(["tokenize", "--vocab", "/nonexistent/vocab.txt"]),
      saying: "/nonexistent/vocab.txt", "no such file")
  }

  @Test func saysThatStandardOutputIsFull() throws {
    try withVocabulary { folder in
      let process = Process()
      process.executableURL = RetortProcess.executable
      process.arguments = ["tokenize", "--vocab", folder]
      let (input, errors) = (Pipe(), Pipe())
      process.standardInput = input
      let full: FileHandle = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      process.standardOutput = full
      process.standardError = errors
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data("good\n".utf8))
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      let text = String(
        decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      #expect(process.terminationStatus == 1)
      #expect(text.contains("standard output: could not write"))
    }
  }

  @Test func writesAsTheInputArrives() throws {
    try withVocabulary { folder in
      let process = Process()
      process.executableURL = RetortProcess.executable
      process.arguments = ["tokenize", "--vocab", folder]
      let (input, output) = (Pipe(), Pipe())
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data("good\n".utf8))
      // Blocks for ever, and the test with it, if the program waited for the end of its input.
      let line = output.fileHandleForReading.availableData
      #expect(String(decoding: line, as: UTF8.self) == "[CLS] good [SEP]\n")
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }
}
