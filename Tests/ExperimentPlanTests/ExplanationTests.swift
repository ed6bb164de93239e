// The text of `retort explain`.
import RetortFiles
import RetortOptions
import RetortTestSupport
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct ExplanationTests {
  @Test func aWholeExplanation() throws {
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml", overrides: ["baselines=[mlm_only]"])
    let text = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues,
      sizes: ["distil": DataSize(sequences: 5000, tokens: 900_000)],
      tasks: [
        .builtIn(NamedTask(GLUETask.sst2)): KnownTask(size: DataSize(sequences: 67_349))
      ]
    ).text
    #expect(text.hasPrefix("small\n  seed 7, random numbers: counter\n"))
    for line in [
      "      layer 2   ───►  layer 1",
      "      layer 1",
      "     loss = 5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over all positions",
      "          + 2 · CE(masked tokens), mean over masked tokens",
      "          + 1 · (1 - cos(h_teacher, h_student)), last layer, mean over all positions",
      "    left out (weight 0): soft targets, cosine",
      "    frozen: position_embeddings",
      "    steps: 20 (20 an epoch of 5,000 sequences, 900,000 tokens)",
      "    steps: 12,630 (4,210 an epoch of 67,349 examples)",
    ] {
      #expect(text.contains(line.drop { $0 == " " }), "missing: \(line)\n\(text)")
    }
  }

  @Test("without its file, the size of a task is said not to be known")
  func unknownSize() throws {
    let loaded = try LoadedDefinition.load(text: DefinitionText.small, path: "x.yaml")
    let text = PlanExplanation(ResolvedPlan(loaded.definition), filled: []).text
    #expect(!text.contains("67") && !text.contains("12,630"))
    #expect(
      text.contains(
        "limit: 3 epochs; the number of steps is not known: the training file of glue/sst2 is not at hand"
      ))
  }

  @Test("counts of steps are those of the file", arguments: ["\n", ""])
  func sizeFromTheFile(end: String) throws {
    let folder = try TemporaryFolder()
    let data = folder.file("data/glue/SST-2")
    try Folder.create(path: data)
    try AtomicFile.replace(
      path: "\(data)/train.tsv", with: "sentence\tlabel\na\t0\nb\t1\nc\t1" + end)
    let locations = Locations(cache: folder.path, mirror: nil)
    #expect(
      locations.known(.builtIn(NamedTask(GLUETask.sst2)))?.size == nil, "the folder is not whole")
    for name in ["dev.tsv", "test.tsv"] {
      try AtomicFile.replace(path: "\(data)/\(name)", with: "")
    }
    #expect(locations.known(.builtIn(NamedTask(GLUETask.sst2)))?.size == DataSize(sequences: 3))
  }

  @Test("the drawing is of the schedule that trains", arguments: [0.0, 0.25])
  func curve(warmup: Double) throws {
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml",
      overrides: ["stages.sst2.schedule={name: linear, warmup: \(warmup)}"])
    let training = try #require(loaded.definition.stage(id: "sst2")).training
    let line = LearningRateCurve.line(training, counts: nil)
    let drawn = line.split(separator: "|")[1].map { " ▁▂▃▄▅▆▇█".distance(of: $0) }
    #expect(drawn.count == 40)
    let peak = Int(40 * warmup)
    #expect(drawn[peak] == 8 && drawn[39] == 0, "\(line)")
    #expect(drawn[peak...].elementsEqual(drawn[peak...].sorted(by: >)))
    #expect(drawn[...peak].elementsEqual(drawn[...peak].sorted()))
    #expect(line.hasSuffix(warmup == 0 ? "| linear to 0" : "warm-up over 25 %, then linear to 0"))
  }

  @Test(
    "numbers for reading",
    arguments: [
      (5.0, "5"), (2e-5, "2e-5"), (1.0e-8, "1e-8"), (0.98, "0.98"), (1.5e-5, "1.5e-5"),
    ])
  func numbers(value: Double, text: String) {
    #expect(PlainNumber.text(value) == text)
    #expect(PlainNumber.percent(0.15) == "15 %")
  }

  @Test("every experiment can be explained", arguments: ExperimentFilesTests.names)
  func explains(name: String) throws {
    let loaded = try LoadedDefinition.load(path: "\(ExperimentFiles.folder)/\(name).yaml")
    let text = PlanExplanation(ResolvedPlan(loaded.definition), filled: loaded.filledValues).text
    for stage in loaded.definition.stages { #expect(text.contains(stage.id)) }
    #expect(!text.split(separator: "\n").contains { $0.hasSuffix(" ") })
  }
}

extension String {
  fileprivate func distance(of character: Character) -> Int {
    firstIndex(of: character).map { distance(from: startIndex, to: $0) } ?? -1
  }
}
