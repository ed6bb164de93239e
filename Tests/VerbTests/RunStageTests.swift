// A stage's model by the name of its run: `RUN#STAGE`.
import Foundation
import RetortFiles
import Testing

@Suite struct RunStageTests {
  /// What a run says it left can be typed as it stands, and a stage's name is a model for every verb.
  @Test func theLastLinesOfARunAreCommandsThatWork() throws {
    let experiment = try TinyExperiment()
    let (folder, run) = (experiment.folder.path, experiment.runFolder)
    let result = try experiment.run("run")
    #expect(result.status == 0, "\(result.errors)")
    let lines = Array(result.errorLines.suffix(4))
    #expect(lines.first == "student: \(run)#sentiment")
    let commands = try lines.dropFirst().map { line in
      let command = try #require(line.split(separator: "  # ").first)
      return command.split(separator: " ").map(String.init)
    }
    // The program as it was called, so that the lines work where it is on no path.
    #expect(commands.allSatisfy { FileManager.default.isExecutableFile(atPath: $0[0]) })
    #expect(commands.map { $0[1] } == ["predict", "export", "inspect"])
    func retort(_ arguments: [String], input: String = "") throws -> RetortProcess {
      try RetortProcess.run(
        arguments, input: Data(input.utf8), environment: experiment.environment(), folder: folder)
    }
    let answer = try retort(Array(commands[0].dropFirst()), input: "a fine film\n")
    #expect(answer.status == 0, "\(answer.errors)")
    #expect(answer.output.split(separator: "\t").count == 3)
    let exported = try retort(Array(commands[1].dropFirst()))
    #expect(exported.status == 0, "\(exported.errors)")
    let again = try retort(
      ["predict", "--model", "quickstart-sentiment"], input: "a fine film\n")
    #expect(again.output == answer.output)
    let inspected = try retort(Array(commands[2].dropFirst()))
    #expect(inspected.output.contains("checkpoint") && inspected.output.contains("classifier"))

    // Of every stage, the baselines' too, in other verbs.
    let text = experiment.folder.file("text.txt")
    try AtomicFile.replace(path: text, with: "a fine film\n")
    for arguments in [
      ["predict", "--model", "\(run)#sentiment.no_distillation"],
      ["predict", "--model", "\(run)/record.json#sentiment"],
      ["activations", "--model", "\(run)#distil", "--text", text, "--out", "a.h5"],
      ["tokenize", "--vocab", "\(run)#sentiment"],
      ["import", "\(run)#teacher_mlm", "--out", "teacher.h5"],
      ["bench", "infer", "--model", "\(run)#sentiment", "--help"],
    ] {
      let result = try retort(arguments, input: "a fine film\n")
      #expect(result.status == 0, "\(arguments): \(result.errors)")
    }
    // In a definition too.
    try AtomicFile.replace(
      path: experiment.folder.file("again.yaml"),
      with: """
        format: 1
        name: again
        question: Does it go on from a stage of another run?
        seed: 1
        random: counter
        tasks:
          sentiment: { generated: { grammar: film_reviews, train: 32, dev: 20, test: 0, seed: 12 } }
        models:
          tuned: { from: "\(run)#sentiment" }
        stages:
          - id: more
            finetune: { model: tuned, task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64,
                        batch_size: 16, limit: { epochs: 1 }, select_best: last }

        """)
    let more = try retort(["run", "again.yaml"])
    #expect(more.status == 0, "\(more.errors)")
    #expect(try retort(["inspect", "Runs/again"]).output.contains("stage \(run)#sentiment"))
    // A run that a definition begins from is not replaced by it.
    let record = try String(contentsOfFile: "\(run)/record.json", encoding: .utf8)
    for more in [[], ["--dry-run"], ["--resume"]] {
      expectFailure(
        try retort(
          ["run", "again.yaml", "--set", "name=quickstart", "--runs", "\(run)/.."] + more),
        saying: "is the folder of the run that the definition begins from (\(run)#sentiment)")
    }
    #expect(try String(contentsOfFile: "\(run)/record.json", encoding: .utf8) == record)
    // The record of a run that is replaced stays.
    let other = try retort(["run", "again.yaml", "--set", "seed=2"])
    #expect(
      other.status == 0
        && other.errors.contains("its record is now Runs/again/earlier/record-1.json"))
    #expect(try retort(["show", "Runs/again/earlier/record-1.json"]).output == more.output)
    expectFailure(
      try retort(["run", "again.yaml", "--set", "models.tuned.from=\(run)#none"]),
      saying: "#none: no stage")

    let tuned = try experiment.run(
      "finetune", "--from", "\(run)#distil", "--dry-run", "--set", "name=tuned")
    #expect(tuned.status == 0, "\(tuned.errors)")
    expectFailure(
      try experiment.run("finetune", "--from", "\(run)#distil", "--dry-run"),
      saying: "is the folder of the run that the definition begins from")
    // Earlier records keep their numbers.
    for (seed, number) in [(3, 2), (4, 3)] {
      let third = try retort(["run", "again.yaml", "--set", "seed=\(seed)"])
      #expect(third.errors.contains("Runs/again/earlier/record-\(number).json"))
    }
    try FileManager.default.removeItem(
      atPath: experiment.folder.file("Runs/again/earlier/record-1.json"))
    let kept = experiment.folder.file("Runs/again/earlier/record-3.json")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: kept))
    #expect(try retort(["run", "again.yaml", "--set", "seed=5"]).status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == bytes)

    expectFailure(
      try retort(["predict", "--model", "\(run)#sentimant"]),
      saying: "#sentimant: no stage", "teacher_mlm, distil, sentiment, sentiment.no_distillation")
    expectFailure(
      try retort(["predict", "--model", run]), saying: "expected a model, found a run folder",
      "\(run)#sentiment")
    expectFailure(
      try retort(["export", "nowhere#sentiment", "--out", "x"]), saying: "nowhere: expected a run")
    let elsewhere = experiment.environment(cache: "empty")
    expectFailure(
      try RetortProcess.run(["inspect", "\(run)#distil"], environment: elsewhere),
      saying: "#distil: its result is no longer in the stage cache", "retort run", "RETORT_CACHE")
  }

  @Test func theStagesOfARunThatWasStoppedAreThereAsFarAsTheyHaveFinished() throws {
    let experiment = try TinyExperiment()
    let running = try experiment.start("run")
    let deadline = ContinuousClock.now + .seconds(120)
    while !running.errorsSoFar.contains("distil 2/") {
      try #require(running.isRunning && ContinuousClock.now < deadline, "\(running.errorsSoFar)")
      usleep(2000)
    }
    running.send(signal: SIGINT)
    #expect(running.wait().status == 130)
    let run = experiment.runFolder
    let kept = "\(run)/checkpoints/distil.h5"
    try FileManager.default.moveItem(atPath: kept, toPath: experiment.folder.file("kept.h5"))
    let lost = try experiment.start("run", "--resume")
    let words = "distil: its checkpoint of step"
    while !lost.errorsSoFar.contains(words) {
      try #require(lost.isRunning && ContinuousClock.now < deadline, "\(lost.errorsSoFar)")
      usleep(2000)
    }
    lost.send(signal: SIGINT)
    #expect(lost.wait().status == 130)
    func inspect(_ stage: String) throws -> RetortProcess {
      try RetortProcess.run(["inspect", "\(run)#\(stage)"], environment: experiment.environment())
    }
    #expect(try inspect("teacher_mlm").status == 0)
    for stage in ["distil", "sentiment"] {
      expectFailure(
        try inspect(stage), saying: "#\(stage): the stage has not finished", "--resume",
        "name one that has: teacher_mlm")
    }
  }
}
