/// The words of the generated film reviews, with what they are worth.

/// A word or a phrase and its polarity: negative below 0, positive above, stronger further away.
struct Opinion: Sendable {
  let text: String
  let value: Double

  init(_ text: String, _ value: Double) { (self.text, self.value) = (text, value) }
}

/// A verb in the forms that the grammar needs: "it moves us", "it does not move us".
struct OpinionVerb: Sendable {
  let third: String
  let base: String
  let value: Double

  init(_ third: String, _ base: String, _ value: Double) {
    (self.third, self.base, self.value) = (third, base, value)
  }
}

/// What is talked about.
struct Aspect: Sendable {
  let text: String
  let isPlural: Bool
  /// How much it says of the whole.
  let weight: Double

  init(_ text: String, plural: Bool = false, _ weight: Double = 1) {
    (self.text, isPlural, self.weight) = (text, plural, weight)
  }
}

/// Of opinion words the first of a list are frequent and the last are rare, as in any language.
enum SentimentLexicon {
  static let adjectives: [Opinion] =
    [
      Opinion("good", 1), Opinion("bad", -1), Opinion("funny", 1), Opinion("dull", -1),
      Opinion("great", 2), Opinion("boring", -1.5), Opinion("moving", 1.5), Opinion("weak", -1),
      Opinion("smart", 1), Opinion("silly", -1), Opinion("fine", 1), Opinion("flat", -1),
      Opinion("charming", 1.5), Opinion("awful", -2), Opinion("clever", 1),
      Opinion("tedious", -1.5),
      Opinion("brilliant", 2), Opinion("terrible", -2), Opinion("fresh", 1), Opinion("stale", -1),
      Opinion("warm", 1), Opinion("cold", -1), Opinion("engaging", 1.5), Opinion("clumsy", -1),
      Opinion("witty", 1.5), Opinion("lame", -1.5), Opinion("honest", 1), Opinion("phony", -1.5),
      Opinion("beautiful", 1.5), Opinion("ugly", -1.5), Opinion("gripping", 2),
      Opinion("lifeless", -2),
      Opinion("subtle", 1), Opinion("shallow", -1), Opinion("original", 1),
      Opinion("derivative", -1),
      Opinion("superb", 2), Opinion("dreadful", -2), Opinion("graceful", 1),
      Opinion("heavy-handed", -1),
      Opinion("tender", 1), Opinion("mawkish", -1), Opinion("inventive", 1.5),
      Opinion("formulaic", -1),
      Opinion("riveting", 2), Opinion("unwatchable", -2), Opinion("delightful", 1.5),
      Opinion("grating", -1.5), Opinion("thoughtful", 1), Opinion("pretentious", -1.5),
      Opinion("luminous", 2), Opinion("atrocious", -2), Opinion("assured", 1),
      Opinion("muddled", -1),
      Opinion("poignant", 1.5), Opinion("insipid", -1.5), Opinion("exhilarating", 2),
      Opinion("excruciating", -2), Opinion("sly", 1), Opinion("labored", -1),
      Opinion("sublime", 2), Opinion("abysmal", -2), Opinion("deft", 1), Opinion("turgid", -1.5),
    ]

  static let verbs: [OpinionVerb] = [
    OpinionVerb("works", "work", 1), OpinionVerb("fails", "fail", -1.5),
    OpinionVerb("delights", "delight", 1.5), OpinionVerb("drags", "drag", -1),
    OpinionVerb("charms", "charm", 1.5), OpinionVerb("bores", "bore", -1.5),
    OpinionVerb("shines", "shine", 1.5), OpinionVerb("disappoints", "disappoint", -1.5),
    OpinionVerb("moves us", "move us", 1.5), OpinionVerb("falls flat", "fall flat", -1.5),
    OpinionVerb("surprises", "surprise", 1), OpinionVerb("grates", "grate", -1),
    OpinionVerb("entertains", "entertain", 1), OpinionVerb("rambles", "ramble", -1),
    OpinionVerb("soars", "soar", 2), OpinionVerb("collapses", "collapse", -2),
    OpinionVerb("sparkles", "sparkle", 1.5), OpinionVerb("stumbles", "stumble", -1),
    OpinionVerb("enchants", "enchant", 2), OpinionVerb("insults us", "insult us", -2),
  ]

  /// With an article where they need one after "it is".
  static let nouns: [Opinion] = [
    Opinion("triumph", 2), Opinion("mess", -2), Opinion("delight", 1.5), Opinion("bore", -1.5),
    Opinion("masterpiece", 2), Opinion("disaster", -2), Opinion("pleasure", 1),
    Opinion("chore", -1),
    Opinion("gem", 1.5), Opinion("dud", -1.5), Opinion("treat", 1), Opinion("letdown", -1),
    Opinion("marvel", 2), Opinion("travesty", -2), Opinion("success", 1), Opinion("failure", -1),
  ]

  /// What a film may have or lack.
  static let qualities: [Opinion] = [
    Opinion("wit", 1), Opinion("clichés", -1), Opinion("heart", 1), Opinion("padding", -1),
    Opinion("charm", 1), Opinion("noise", -0.8), Opinion("energy", 1), Opinion("bombast", -1),
    Opinion("imagination", 1.2), Opinion("self-pity", -1), Opinion("suspense", 1),
    Opinion("nonsense", -1.2), Opinion("insight", 1.2), Opinion("sentimentality", -0.8),
    Opinion("grace", 1), Opinion("plot holes", -1),
  ]

  static let aspects: [Aspect] = [
    Aspect("the film", 1.2), Aspect("the movie", 1.2), Aspect("it", 1.2), Aspect("the plot"),
    Aspect("the story"), Aspect("the acting"), Aspect("the script"), Aspect("the ending"),
    Aspect("the dialogue"), Aspect("the jokes", plural: true), Aspect("the director"),
    Aspect("the cast"), Aspect("the performances", plural: true), Aspect("the pacing", 0.9),
    Aspect("the humor"), Aspect("the characters", plural: true), Aspect("the music", 0.8),
    Aspect("the romance", 0.9), Aspect("the second half", 0.9), Aspect("the premise", 0.9),
    Aspect("the camera work", 0.8), Aspect("the action scenes", plural: true, 0.9),
    Aspect("the lead"), Aspect("the editing", 0.8), Aspect("the costumes", plural: true, 0.6),
    Aspect("the special effects", plural: true, 0.7),
  ]

  static let intensifiers = [
    "very", "really", "truly", "so", "quite simply", "deeply", "remarkably", "utterly",
    "consistently", "astonishingly",
  ]
  static let diminishers = ["a little", "rather", "somewhat", "mildly", "fairly", "faintly"]

  static let filmNouns = [
    "film", "movie", "comedy", "drama", "thriller", "picture", "story", "romance",
  ]

  // The rest says nothing of the film, also where it uses words that do elsewhere.
  static let people = [
    "a young widow", "two brothers", "a retired detective", "a teacher", "a girl and her father",
    "an old sailor", "three friends", "a lonely postman", "a jazz singer", "a country doctor",
    "a gang of thieves", "a soldier", "an orphan", "a chess player", "twin sisters",
    "a brilliant surgeon", "a terrible cook", "a charming swindler", "an awful landlord",
    "a clumsy waiter", "a beautiful stranger", "a cold-hearted banker", "a good priest",
    "a bad poet", "a clever child",
  ]
  static let deeds = [
    "return home after the war", "plan one last robbery", "lose everything in a fire",
    "cross the desert on foot", "fall in love at a funeral", "look for a missing letter",
    "open a restaurant by the sea", "learn to dance", "hide a secret from the village",
    "wait for a train that never comes", "build a boat", "win a beautiful house in a card game",
    "fail an exam and run away", "bore a whole town with stories", "inherit a terrible debt",
    "share a great secret", "start a newspaper", "buy an ugly dog",
  ]
  static let places = [
    "in a small town", "in the city", "by the sea", "in the mountains", "during a long winter",
    "in the last year of the war", "on a train to the north", "in a dull suburb",
    "in a great old house", "at a school for musicians", "in a bad part of town",
    "on a beautiful island", "over a single night", "in a village without a name",
  ]
}
