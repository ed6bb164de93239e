// Which of the runs that a sweep and an ablation ask for a record is.

extension RunRecord {
  /// One point of a definition's sweep and ablation.
  public struct Variant: Codable, Sendable, Equatable {
    /// A key path and the value that the sweep gives it.
    public struct Setting: Codable, Sendable, Equatable {
      public var path: String
      public var value: String

      public init(path: String, value: String) {
        self.path = path
        self.value = value
      }

      /// Runs that differ in seeds alone are repetitions of each other.
      public var isSeed: Bool { path == "seed" || path.hasSuffix(".seed") }

      var text: String { "\(path)=\(value)" }
    }

    /// In the order of the definition's sweep.
    public var settings: [Setting]
    /// What is left out: a term of the loss by its key, or `init`; nil where nothing is.
    public var ablation: String?
    /// What pages call the term that is left out; nil where nothing is, and in earlier records.
    public var ablationTitle: String?

    public init(settings: [Setting], ablation: String? = nil, ablationTitle: String? = nil) {
      self.settings = settings
      self.ablation = ablation
      self.ablationTitle = ablationTitle
    }

    /// Whatever it is called.
    public static func == (a: Variant, b: Variant) -> Bool {
      a.settings == b.settings && a.ablation == b.ablation
    }

    /// Its name: `stages.sst2.seed=43, without cosine`.
    public var point: String {
      var words = settings.map(\.text)
      if let ablation {
        words.append(ablation == Self.initialization ? "random init" : "without \(ablation)")
      }
      return words.isEmpty ? "full loss" : words.joined(separator: ", ")
    }

    /// The ablation that leaves out the student's initialisation from the teacher, and no term of the loss.
    public static let initialization = "init"

    /// The variant without its seeds: what its repetitions have in common.
    public var condition: Variant {
      Variant(
        settings: settings.filter { !$0.isSeed }, ablation: ablation, ablationTitle: ablationTitle)
    }

    /// Its seeds in one text: runs that agree in it can be paired.
    public var seedText: String { settings.filter(\.isSeed).map(\.text).joined(separator: ", ") }
  }

  /// What a run's folder and its record are called: the experiment's name, and its point behind an `@`.
  public static func name(experiment: String, point: String?) -> String {
    point.map { "\(experiment)@\($0.fileSafe)" } ?? experiment
  }
}

extension RunRecord.Experiment {
  /// The variant that this run is; nil for a definition that is run once.
  public var variant: RunRecord.Variant? { variants?.first { $0.point == point } }
}

extension String {
  /// With a dash for every character that does not belong in a file's name.
  public var fileSafe: String {
    String(
      map { character in
        character.isASCII
          && (character.isLetter || character.isNumber || "._=-".contains(character))
          ? character : "-"
      })
  }
}
