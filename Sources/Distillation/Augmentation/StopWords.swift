// English words that say little by themselves.

/// Words that are left as they are where content words are replaced.
enum StopWords {
  /// Those of TinyBERT's augmentation, as words of letters alone in lower case: NLTK's list of English stop words without
  /// its question words (what, which, who, whom, when, where, why, how). The parts before and after an apostrophe are words of their own.
  static let english: Set<String> = Set(
    """
    a about above after again against ain all am an and any are aren as at be because been before being below between
    both but by can couldn d did didn do does doesn doing don down during each few for from further had hadn has hasn
    have haven having he her here hers herself him himself his i if in into is isn it its itself just ll m ma me
    mightn more most mustn my myself needn no nor not now o of off on once only or other our ours ourselves out over
    own re s same shan she should shouldn so some such t than that the their theirs them themselves then there these
    they this those through to too under until up ve very was wasn we were weren while will with won wouldn y you your
    yours yourself yourselves
    """.split(whereSeparator: \.isWhitespace).map { String($0) })

  /// Whether a word is left alone: it is not of letters only, or a stop word. Letters are those of any alphabet; TinyBERT's
  /// program leaves words with other letters than a to z alone.
  static func leave(_ word: String) -> Bool {
    !word.unicodeScalars.allSatisfy(\.properties.isAlphabetic)
      || english.contains(word.lowercased())
  }
}
