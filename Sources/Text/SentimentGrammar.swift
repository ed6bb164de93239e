/// A grammar of film-review-like English whose sentences carry a sentiment by composition.
import RetortRandomness

/// Makes the text of the quickstart: a corpus to pre-train and distil on, and labelled sentences.
///
/// The label is the sign of a value that the grammar computes as it builds the sentence, never
/// of the words in it: negation turns a word's value round and weakens it, intensifiers and
/// diminishers scale it, "but" and concessions ("although …") let the main clause win, wishes and
/// denied reproaches reverse what they contain, and the story told may use opinion words that say
/// nothing of the film. Sentences whose value is near 0 are not made. A count of positive and negative
/// words therefore gets many labels wrong.
public struct SentimentGrammar: Sendable {
  public static let classNames = ["negative", "positive"]
  /// Sentences whose value is nearer to 0 are drawn again.
  static let smallestValue = 0.35

  public init() {}

  /// A sentence and its class; both classes are equally likely.
  public func sentence(_ stream: inout RandomStream) -> (text: String, label: Int32) {
    let label: Int32 = stream.uniform() < 0.5 ? 0 : 1
    return (opinion(positive: label == 1, &stream).text + " .", label)
  }

  /// A paragraph about one film: some of its story, and opinions that mostly agree.
  public func corpusLine(_ stream: inout RandomStream) -> String {
    let likes = stream.uniform() < 0.5
    var sentences: [String] = []
    for _ in 0..<3 + stream.integer(below: 5) {
      if stream.uniform() < 0.25 {
        sentences.append(story(&stream))
      } else {
        let agrees = stream.uniform() < 0.8
        sentences.append(opinion(positive: likes == agrees, &stream).text)
      }
    }
    return sentences.joined(separator: " . ") + " ."
  }

  /// A text of `lines` paragraphs, one a line. Line i depends on the seed and i alone.
  public func corpus(lines: Int, seed: UInt64) -> String {
    var text = ""
    for line in 0..<lines {
      var stream = RandomStream(seed: seed, name: .synthesis, place: (1, UInt32(line)))
      text += corpusLine(&stream) + "\n"
    }
    return text
  }

  /// Sets of labelled sentences, such as train, dev and test; no sentence is in them twice.
  public func labelledSentences(counts: [Int], seed: UInt64) -> [LabelledSentences] {
    var stream = RandomStream(seed: seed, name: .synthesis, place: (2, 0))
    var seen: Set<String> = []
    return counts.map { count in
      var (sentences, labels): ([String], [Int32]) = ([], [])
      while sentences.count < count {
        let (text, label) = sentence(&stream)
        guard seen.insert(text).inserted else { continue }
        sentences.append(text)
        labels.append(label)
      }
      return LabelledSentences(
        sentences: sentences, labels: labels, classNames: Self.classNames)
    }
  }

  private func opinion(positive: Bool, _ stream: inout RandomStream) -> Opinion {
    while true {
      let drawn = statement(&stream)
      if abs(drawn.value) >= Self.smallestValue, (drawn.value > 0) == positive { return drawn }
    }
  }

  private func story(_ stream: inout RandomStream) -> String {
    let person = choose(SentimentLexicon.people, &stream)
    let deed = choose(SentimentLexicon.deeds, &stream)
    let place = choose(SentimentLexicon.places, &stream)
    return switch stream.integer(below: 3) {
    case 0: "the story is set \(place) , where \(person) must \(deed)"
    case 1: "\(person) and a stranger \(deed) \(place)"
    default: "\(place) , \(person) must \(deed)"
    }
  }

  // MARK: Sentences

  private func statement(_ stream: inout RandomStream) -> Opinion {
    switch stream.integer(below: 100) {
    case 0..<36: return clause(&stream)
    case 36..<46:
      let first = clause(&stream)
      let second = clause(unlike: first.value, &stream)
      return Opinion("\(first.text) , but \(second.text)", 0.3 * first.value + second.value)
    case 46..<54: return concession(&stream)
    case 54..<64:
      let (first, second) = (clause(&stream), clause(&stream))
      return Opinion("\(first.text) and \(second.text)", (first.value + second.value) / 2)
    case 64..<72: return unreal(&stream)
    case 72..<88: return fragment(&stream)
    default: return aboutTheStory(&stream)
    }
  }

  /// The main clause decides; what is conceded counts for little, wherever it stands.
  private func concession(_ stream: inout RandomStream) -> Opinion {
    let main = clause(&stream)
    switch stream.integer(below: 4) {
    case 0:
      let conceded = clause(unlike: main.value, &stream)
      let word = ["although", "though", "while", "even if"][Int(stream.integer(below: 4))]
      return Opinion(
        "\(word) \(conceded.text) , \(main.text)", main.value + 0.3 * conceded.value)
    case 1:
      let conceded = clause(unlike: main.value, &stream)
      let word = ["even though", "although", "though"][Int(stream.integer(below: 3))]
      return Opinion("\(main.text) , \(word) \(conceded.text)", main.value + 0.3 * conceded.value)
    case 2:
      let quality = pick(SentimentLexicon.qualities, &stream)
      let other = clause(unlike: quality.value, &stream)
      return Opinion(
        "for all its \(quality.text) , \(other.text)", other.value + 0.3 * quality.value)
    default:
      // "It may not be a gem, but it works": the noun is out of reach, not reversed.
      let noun = pick(SentimentLexicon.nouns, &stream)
      let other = clause(unlike: -noun.value, &stream)
      return Opinion(
        "it may not be a \(noun.text) , but \(other.text)", other.value - 0.2 * noun.value)
    }
  }

  /// What is wished, feared, expected or wrongly said holds the other way round.
  private func unreal(_ stream: inout RandomStream) -> Opinion {
    let adjective = pick(SentimentLexicon.adjectives, &stream)
    let (text, value) = (adjective.text, adjective.value)
    let aspect = choose(SentimentLexicon.aspects, &stream)
    let are = aspect.isPlural ? "are" : "is"
    switch stream.integer(below: 9) {
    case 0: return Opinion("\(aspect.text) could have been \(text)", -0.8 * value)
    case 1: return Opinion("if only \(aspect.text) were \(text)", -0.8 * value)
    case 2: return Opinion("no one could call \(aspect.text) \(text)", -value)
    case 3: return Opinion("you would have to be asleep to find \(aspect.text) \(text)", -value)
    case 4:
      return Opinion("they told me \(aspect.text) \(are) \(text) , and they are wrong", -value)
    case 5: return Opinion("they told me \(aspect.text) \(are) \(text) , and they are right", value)
    case 6:
      let main = clause(unlike: value, &stream)
      return Opinion("i expected something \(text) , but \(main.text)", main.value - 0.3 * value)
    case 7: return Opinion("it would be a lie to call \(aspect.text) \(text)", -value)
    default: return Opinion("you may read that \(aspect.text) \(are) \(text) ; believe it", value)
    }
  }

  private func fragment(_ stream: inout RandomStream) -> Opinion {
    let (first, second) = (adjectivePhrase(&stream), adjectivePhrase(&stream))
    let noun = choose(SentimentLexicon.filmNouns, &stream)
    switch stream.integer(below: 5) {
    case 0: return Opinion("\(first.text) and \(second.text)", (first.value + second.value) / 2)
    case 1: return Opinion("\(first.text) but \(second.text)", 0.3 * first.value + second.value)
    case 2:
      let verb = pick(SentimentLexicon.verbs, &stream)
      return Opinion(
        "\(article(first.text)) \(noun) that \(verb.third)", 0.5 * first.value + verb.value)
    case 3:
      let person = choose(SentimentLexicon.people, &stream)
      return Opinion("\(article(first.text)) \(noun) about \(person)", first.value)
    default:
      let (one, other) = alike(&stream)
      return Opinion("neither \(one.text) nor \(other.text)", -0.6 * (one.value + other.value))
    }
  }

  private func aboutTheStory(_ stream: inout RandomStream) -> Opinion {
    let main = clause(&stream)
    let person = choose(SentimentLexicon.people, &stream)
    let deed = choose(SentimentLexicon.deeds, &stream)
    let place = choose(SentimentLexicon.places, &stream)
    switch stream.integer(below: 4) {
    case 0: return Opinion("as \(person) and a friend \(deed) , \(main.text)", main.value)
    case 1: return Opinion("\(main.text) when \(person) must \(deed)", main.value)
    case 2:
      return Opinion("set \(place) , the tale of \(person) goes on , and \(main.text)", main.value)
    default: return Opinion("\(person) must \(deed) \(place) , and \(main.text)", main.value)
    }
  }

  // MARK: Clauses

  /// A clause of the other polarity, as "but" and "although" ask for.
  private func clause(unlike value: Double, _ stream: inout RandomStream) -> Opinion {
    while true {
      let drawn = clause(&stream)
      if (drawn.value > 0) != (value > 0) { return drawn }
    }
  }

  private func clause(_ stream: inout RandomStream) -> Opinion {
    let aspect = choose(SentimentLexicon.aspects, &stream)
    let are = aspect.isPlural ? "are" : "is"
    let has = aspect.isPlural ? "have" : "has"
    switch stream.integer(below: 100) {
    case 0..<50:
      let phrase = adjectivePhrase(&stream)
      return Opinion("\(aspect.text) \(are) \(phrase.text)", aspect.weight * phrase.value)
    case 50..<72:
      let phrase = verbPhrase(plural: aspect.isPlural, &stream)
      return Opinion("\(aspect.text) \(phrase.text)", aspect.weight * phrase.value)
    case 72..<88:
      let quality = pick(SentimentLexicon.qualities, &stream)
      let value = aspect.weight * quality.value
      switch stream.integer(below: 6) {
      case 0, 1, 2: return Opinion("\(aspect.text) \(has) \(quality.text)", value)
      case 3: return Opinion("\(aspect.text) \(has) no \(quality.text)", -value)
      case 4:
        return Opinion(
          "\(aspect.text) \(aspect.isPlural ? "lack" : "lacks") \(quality.text)", -value)
      default: return Opinion("\(aspect.text) \(are) full of \(quality.text)", 1.3 * value)
      }
    default:
      let noun = pick(SentimentLexicon.nouns, &stream)
      switch stream.integer(below: 8) {
      case 0..<6: return Opinion("it is a \(noun.text)", 1.2 * noun.value)
      case 6: return Opinion("it is no \(noun.text)", -0.6 * noun.value)
      default: return Opinion("it is hardly a \(noun.text)", -0.6 * noun.value)
      }
    }
  }

  private func adjectivePhrase(_ stream: inout RandomStream) -> Opinion {
    let adjective = pick(SentimentLexicon.adjectives, &stream)
    let (text, value) = (adjective.text, adjective.value)
    switch stream.integer(below: 100) {
    case 0..<56: return adjective
    case 56..<74:
      return Opinion(choose(SentimentLexicon.intensifiers, &stream) + " " + text, 1.5 * value)
    case 74..<84:
      return Opinion(choose(SentimentLexicon.diminishers, &stream) + " " + text, 0.5 * value)
    case 84..<88: return Opinion("not \(text)", -0.7 * value)
    case 88..<91: return Opinion("not very \(text)", -0.5 * value)
    case 91..<93: return Opinion("never \(text)", -value)
    case 93..<95: return Opinion("far from \(text)", -value)
    case 95..<97: return Opinion("hardly \(text)", -0.7 * value)
    case 97..<99:
      let (one, other) = alike(&stream)
      return Opinion("not only \(one.text) , but also \(other.text)", one.value + other.value)
    default: return Opinion("anything but \(text)", -value)
    }
  }

  /// Two different adjectives of one polarity.
  private func alike(_ stream: inout RandomStream) -> (Opinion, Opinion) {
    let one = pick(SentimentLexicon.adjectives, &stream)
    while true {
      let other = pick(SentimentLexicon.adjectives, &stream)
      if other.text != one.text, (other.value > 0) == (one.value > 0) { return (one, other) }
    }
  }

  private func verbPhrase(plural: Bool, _ stream: inout RandomStream) -> Opinion {
    let verb = pick(SentimentLexicon.verbs, &stream)
    func agree(_ third: String, _ base: String) -> String { plural ? base : third }
    switch stream.integer(below: 100) {
    case 0..<72: return Opinion(agree(verb.third, verb.base), verb.value)
    case 72..<80: return Opinion("\(agree("does", "do")) not \(verb.base)", -0.7 * verb.value)
    case 80..<84: return Opinion("never \(agree(verb.third, verb.base))", -verb.value)
    case 84..<87: return Opinion("seldom \(agree(verb.third, verb.base))", -0.6 * verb.value)
    case 87..<91: return Opinion("\(agree("fails", "fail")) to \(verb.base)", -verb.value)
    case 91..<96: return Opinion("never \(agree("fails", "fail")) to \(verb.base)", verb.value)
    default: return Opinion("\(agree("manages", "manage")) to \(verb.base)", verb.value)
    }
  }

  // MARK: Words

  /// Earlier entries are likelier: the place is the product of two uniform numbers.
  private func pick<Item>(_ items: [Item], _ stream: inout RandomStream) -> Item {
    let place = stream.uniformDouble() * stream.uniformDouble()
    return items[Int(place * Double(items.count))]
  }

  /// All entries are equally likely.
  private func choose<Item>(_ items: [Item], _ stream: inout RandomStream) -> Item {
    items[Int(stream.integer(below: UInt32(items.count)))]
  }

  private func article(_ phrase: String) -> String {
    // "honest" is the only word of the lexicon whose spelling misleads.
    let vowel = phrase.first.map { "aeiou".contains($0) } ?? false || phrase.hasPrefix("honest")
    return (vowel ? "an " : "a ") + phrase
  }
}
