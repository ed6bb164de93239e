// What becomes of lines that are not UTF-8: an option of every verb that reads free text.
import ArgumentParser
import RetortFormatting
import RetortText

/// `--invalid-utf8 RULE`.
struct MalformedTextOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to do with text that is not UTF-8: refuse it, saying where, or replace each malformed "
        + "sequence by U+FFFD.", valueName: "refuse|replace"))
  var invalidUtf8: InvalidUTF8Rule = .refuse

  /// Nothing is replaced without a word.
  func report(replacedLines count: Int) {
    guard count > 0 else { return }
    Console.shared.write(
      line: "\(count.grouped) \(count == 1 ? "line was" : "lines were") not UTF-8; U+FFFD stands "
        + "for what was malformed")
  }
}

extension InvalidUTF8Rule: ExpressibleByArgument {}
