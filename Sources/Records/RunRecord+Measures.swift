// What the models of a run were measured by besides their tasks, with intervals.

extension RunRecord {
  /// One measure, taken of several models on the same text or task.
  public struct Measure: Codable, Sendable, Equatable {
    /// What the definition calls it.
    public var name: String
    /// `masked_lm`
    public var kind: String
    /// What it measures, in a few words: `masked-LM loss`.
    public var title: String
    /// Name in `RunRecord.data`.
    public var data: String
    /// Sequences, or examples, that it was taken on.
    public var examples: Int
    /// How it was taken, in words: the masking, a temperature.
    public var conditions: [String]
    /// The model or stage that all were compared with; nil where there is none.
    public var with: String?
    /// Figures of the text itself; nil where there are none.
    public var ofText: [Figure]?
    /// In the order of the definition.
    public var models: [Model]

    public init(
      name: String, kind: String, title: String, data: String, examples: Int, conditions: [String],
      with: String? = nil, ofText: [Figure]? = nil, models: [Model]
    ) {
      self.name = name
      self.kind = kind
      self.title = title
      self.data = data
      self.examples = examples
      self.conditions = conditions
      self.with = with
      self.ofText = ofText
      self.models = models
    }

    public struct Model: Codable, Sendable, Equatable {
      /// The model's or stage's name.
      public var name: String
      public var figures: [Figure]

      public init(name: String, figures: [Figure]) {
        self.name = name
        self.figures = figures
      }
    }

    /// A value with its interval at 95 %; without ends where there is no interval.
    public struct Figure: Codable, Sendable, Hashable {
      /// `masked-LM loss`
      public var name: String
      public var value: Double
      public var low: Double?
      public var high: Double?
      /// From the first model's, example by example on the same examples; nil of the first itself.
      public var difference: Difference?

      public init(
        name: String, value: Double, low: Double?, high: Double?, difference: Difference? = nil
      ) {
        self.name = name
        self.value = value
        self.low = low
        self.high = high
        self.difference = difference
      }
    }

    public struct Difference: Codable, Sendable, Hashable {
      public var value: Double
      public var low: Double?
      public var high: Double?

      public init(value: Double, low: Double?, high: Double?) {
        (self.value, self.low, self.high) = (value, low, high)
      }
    }
  }

  /// Whether the teacher of a stage was better at what it taught than a student without it, as it was said before the student
  /// was trained.
  public struct TeacherCheck: Codable, Sendable, Equatable {
    public var stage: String
    public var teacher: String
    /// The model or stage that had no teacher.
    public var untaught: String
    /// The figures of both, and what follows.
    public var finding: String

    public init(stage: String, teacher: String, untaught: String, finding: String) {
      self.stage = stage
      self.teacher = teacher
      self.untaught = untaught
      self.finding = finding
    }
  }
}

extension RunRecord.Measure {
  /// What cannot be: two figures of one name, or a difference from a figure that the first model does not have. A model may lack
  /// figures: one of another width than its teacher has no cosine with it.
  var contradictions: [String] {
    let ofFirst = Set(models.first?.figures.map(\.name) ?? [])
    return models.flatMap { model in
      let names = model.figures.map(\.name)
      var facts: [String] = []
      if Set(names).count != names.count {
        facts.append("the measure \(name): \(model.name) has two figures of one name")
      }
      return facts
        + model.figures.filter { $0.difference != nil && !ofFirst.contains($0.name) }.map {
          "the measure \(name): \(model.name) has the difference of its \($0.name) from one that "
            + "\(models[0].name) does not have"
        }
    }
  }
}
