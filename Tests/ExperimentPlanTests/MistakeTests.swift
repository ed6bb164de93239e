// Every mistake in a definition gets one line: where, what, expected, found, what to do.
import Foundation
import RetortFiles
import RetortOptions
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct MistakeTests {
  @Test func theSmallDefinitionIsRight() {
    #expect(DefinitionText.messages(DefinitionText.small) == [])
  }

  @Test(
    "one mistake, one line",
    arguments: [
      (
        "batch_size: 16", "batch_sise: 16",
        "x.yaml:29:7: unknown key 'batch_sise' in stages.sst2; did you mean 'batch_size'?"
      ),
      (
        "seed: 7", "seed: seven",
        "x.yaml:3:7: seed: expected a whole number from 0 to "
          + "9223372036854775807, found 'seven'"
      ),
      (
        "seed: 7", "seed: 7\nsede: 8",
        "x.yaml:4:1: unknown key 'sede'; did you mean 'seed'?"
      ),
      (
        "batch_size: 16",
        "batching: { batch_size: 16, accumulate: 1, group_by_length: true }",
        "x.yaml:29:67: stages.sst2.batching.group_by_length: expected false in a fine-tuning, found "
          + "true; batches are packed, so sentences of like length save nothing"
      ),
      (
        "seed: 7", "seed: 7\nrandom: torch-2.4-cpu",
        "x.yaml:4:9: random torch-2.4-cpu can only replay fine-tuning stages; stages.distil is not one; use "
          + "random: counter, or fine-tune that stage's model in a definition of its own"
      ),
      (
        "temperature: 2.0", "temperature: 0",
        "x.yaml:19:51: stages.distil.loss.soft_targets.temperature: expected a number above "
          + "0, found 0; logits are divided by it; 1 means no softening; DistilBERT uses 2"
      ),
      (
        "keep: 0.1", "keep: 0.2",
        "x.yaml:22:16: stages.distil.masking: mask + keep + random: expected a sum of 1, "
          + "found 1.1"
      ),
      (
        "probability: 0.15", "probability: 15",
        "x.yaml:22:31: stages.distil.masking.probability: expected a number above 0 and "
          + "at most 1, found 15"
      ),
      (
        "[0, 2, 4, 7, 9, 11]", "[0, 2, 4, 7, 9, 12]",
        "x.yaml:9:29: models.student.layers.5: expected a layer from 0 to 11, found 12; teacher has "
          + "12 layers, counted from 0"
      ),
      (
        "token_type: fold", "token_type: folded",
        "x.yaml:10:17: models.student.token_type: expected fold or drop, found 'folded'; did you "
          + "mean 'fold'?"
      ),
      (
        "teacher: teacher", "teacher: techer",
        "x.yaml:14:16: stages.distil.teacher: expected a model or stage, found 'techer'; did you "
          + "mean 'teacher'?"
      ),
      (
        "movie_reviews", "movie_review",
        "x.yaml:16:16: stages.distil.corpus.0: expected a known corpus or a path, found "
          + "'movie_review'; did you mean 'movie_reviews'? A text of your own is a path, or "
          + "data/corpora/movie_review.txt in the cache"
      ),
      (
        "glue/sst2", "glue/sst-2",
        "x.yaml:27:13: stages.sst2.task: expected a known task, found 'glue/sst-2'; did you "
          + "mean 'glue/sst2'?"
      ),
      (
        "hf-trainer-4.44", "hf-trainer-4.4",
        "x.yaml:28:15: stages.sst2.recipe: expected a recipe for finetune (hf-trainer-4.44), found "
          + "'hf-trainer-4.4'; did you mean 'hf-trainer-4.44'?"
      ),
      (
        "limit: { epochs: 3 }", "limit: { epochs: 3, steps: 4 }",
        "x.yaml:31:14: stages.sst2.limit: expected one of epochs, steps, tokens, found "
          + "epochs and steps"
      ),
      (
        "limit: { epochs: 3 }", "limit: { epochs: 0 }",
        "x.yaml:31:24: stages.sst2.limit.epochs: expected a whole number from 1 to "
          + "2147483647, found 0"
      ),
      (
        "learning_rate: 2e-5", "learning_rate: -2e-5",
        "x.yaml:30:22: stages.sst2.optimizer.learning_rate: expected a number of at least "
          + "0, found -2e-5"
      ),
      (
        "limit: { epochs: 1 }", "schedule: { warmup: 5 }",
        "x.yaml:23:27: stages.distil.schedule.warmup: expected a number from 0 to 1, "
          + "found 5"
      ),
      (
        "- id: sst2", "- id: distil",
        "x.yaml:24:9: stages.1.id: expected another name than the stage at x.yaml:12:9 has, "
          + "found 'distil'"
      ),
      (
        "- id: sst2", "- id: student",
        "x.yaml:24:9: stages.student.id is also a model's name; give the stage another name, since "
          + "stages refer to both"
      ),
      (
        "init_from: teacher", "init_from: sst2",
        "x.yaml:8:16: models.student.init_from circular reference: student → sst2 → distil → student; "
          + "make one of them start from a model"
      ),
      (
        "baselines: [no_distillation", "baselines: [no_distilation",
        "x.yaml:33:13: baselines.0: expected no_distillation or mlm_only or teacher or random_init, "
          + "found 'no_distilation'; did you mean 'no_distillation'?"
      ),
      (
        "format: 1", "format: 2",
        "x.yaml:1:9: format: expected 1, found 2; this program reads format 1"
      ),
      (
        "layers: [0, 2, 4, 7, 9, 11]", "layers: 3",
        "x.yaml:9:13: models.student.layers: expected a list of the source's layers, from 0, found 3; "
          + "write layers: [3]"
      ),
      (
        "    layers: [0, 2, 4, 7, 9, 11]\n", "",
        "x.yaml:7:5: models.student has no 'layers': expected a list of the source's layers, from 0, "
          + "as in layers: [0, 2, 4, 7, 9, 11]"
      ),
      (
        "architecture: distilbert", "architecture: distilbart",
        "x.yaml:7:19: models.student.architecture: expected bert or distilbert, found 'distilbart'; "
          + "did you mean 'distilbert'?"
      ),
      (
        "token_type: fold", "token_type: fold\n    layer_count: 5",
        "x.yaml:11:18: models.student.layer_count: expected 6, as 'layers' has, found 5; leave "
          + "layer_count out, or name as many layers"
      ),
      (
        "init: stored", "init: copied",
        "x.yaml:5:86: models.teacher.head.init: expected new or stored, found 'copied'; 'copied' is for "
          + "models made with init_from, random_weights not set"
      ),
      (
        "recipe: hf-trainer-4.44", "recipe: [1]",
        "x.yaml:28:15: stages.sst2.recipe: expected a recipe for finetune (hf-trainer-4.44), found a "
          + "list of 1"
      ),
      (
        "model: distil", "model: destil",
        "x.yaml:26:14: stages.sst2.model: expected a model or stage, found 'destil'; did you mean "
          + "'distil'?"
      ),
      (
        "- id: sst2\n", "-\n",
        "x.yaml:25:5: stages.1 has no 'id': expected a name, as in id: distil"
      ),
      (
        "- id: sst2\n", "- id:\n",
        "x.yaml:24:5: stages.1 has no 'id': expected a name, as in id: distil"
      ),
      (
        "finetune:", "finetun:",
        "x.yaml:25:5: unknown key 'finetun' in stages.sst2; did you mean 'finetune'?"
      ),
      ("models:\n", "modles:\n", "x.yaml:4:1: unknown key 'modles'; did you mean 'models'?"),
      ("stages:\n", "stage:\n", "x.yaml:11:1: unknown key 'stage'; did you mean 'stages'?"),
      (
        "limit: { epochs: 3 }", "limit: { epochs: 9223372036854775807 }",
        "x.yaml:31:24: stages.sst2.limit.epochs: expected a whole number from 1 to 2147483647, found "
          + "9223372036854775807"
      ),
      (
        "temperature: 2.0", "temperature: 1.0e-320",
        "x.yaml:19:51: stages.distil.loss.soft_targets.temperature: expected a number above 0 that "
          + "float32 holds, in size 1.2e-38 to 3.4e38, found 1.0e-320; logits are divided by it; 1 "
          + "means no softening; DistilBERT uses 2"
      ),
      (
        "learning_rate: 2e-5", "learning_rate: .inf",
        "x.yaml:30:22: stages.sst2.optimizer.learning_rate: expected a finite number of at least 0, "
          + "found '.inf'"
      ),
      (
        "limit: { epochs: 1 }", "schedule: { cycles: 2 }",
        "x.yaml:23:19: stages.distil.schedule.cycles belongs to name: cosine, found name: linear; leave "
          + "it out, or write name: cosine"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "hidden: { weight: 1.0, compare: mse, states: [[2, 1], [2, 7]], over_pairs: sum, positions: all, average: tokens }",
        "x.yaml:21:67: stages.distil.loss.hidden.states.1.1: expected a hidden state of the "
          + "student from 0 to 6, found 7; 0 is the output of the embeddings, 6 that of the last layer"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "hidden: { weight: 1.0, compare: mse, states: [[2, 1], [2, 1]], over_pairs: sum, positions: all, average: tokens }",
        "x.yaml:21:63: stages.distil.loss.hidden.states.1: [2, 1] is given twice; keep one"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "hidden: { weight: 1.0, compare: mse, states: uniform, positions: all, average: tokens }",
        "x.yaml:21:17: stages.distil.loss.hidden has no 'over_pairs': expected sum or mean; TinyBERT and TextBrewer "
          + "sum over pairs of layers; PKD's code takes the mean"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "gram: { weight: 1.0, of: features, states: [[[0, 1], [0, 1]], [[1, 2], [1, 2]]], average: sequences }",
        "x.yaml:21:15: stages.distil.loss.gram has no 'over_pairs': expected sum or mean; TinyBERT and TextBrewer "
          + "sum over pairs of layers; PKD's code takes the mean"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "attention: { weight: 1.0, of: scores, compare: mse, heads: each, blocks: uniform, average: pairs }",
        "x.yaml:21:20: stages.distil.loss.attention has no 'over_pairs': expected sum or mean; TinyBERT and "
          + "TextBrewer sum over pairs of layers; PKD's code takes the mean"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "hidden: { weight: 1.0, compare: mse, states: last, positions: all, average: tokens, projection: "
          + "{ shared: true, bias: true, init: identity, learning_rate: 1.0e-3, weight_decay: 0, clip: apart } }",
        "x.yaml:21:105: stages.distil.loss.hidden.projection: expected hidden sizes that differ, found 768 in both models; "
          + "leave the projection out, or write force: true in it"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "hidden_mse: { weight: 1.0, pairs: [{ student: 1, teacher: 2 }] }",
        "x.yaml:21:9: stages.distil.loss.hidden_mse is a key of an earlier version; write hidden: { compare: mse, states: "
          + "[[TEACHER, STUDENT], …], over_pairs: sum, positions: all, average: tokens, … } with a projection "
          + "where the hidden sizes differ"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "relations: { weight: 1.0, of: [q-q], heads: 48, blocks: [[12, 5]], average: rows }",
        "x.yaml:21:67: stages.distil.loss.relations.blocks.0.0: expected a block of the teacher from 0 to 11, "
          + "found 12; blocks are counted from 0; a pair is [teacher, student]"
      ),
      (
        "cosine: { weight: 1.0, layer: last }",
        "relations: { weight: 1.0, of: [q-q], heads: 36, blocks: last, average: rows }",
        "x.yaml:21:53: stages.distil.loss.relations.heads: expected a divisor of the hidden size 768 of the "
          + "teacher and 768 of the student, found 36; the next smaller one that divides both is 32"
      ),
      (
        "name: small", "name: small\n<<: { budget: none }",
        "x.yaml:3:1: YAML merge keys (<<) are not read; write the keys out"
      ),
      (
        "  student:\n", "  student:\n    <<: { layers: [1] }\n",
        "x.yaml:7:5: YAML merge keys (<<) are not read; write the keys out"
      ),
      (
        "seed: 7", "seed: 7\nsweep: { stages.distil.loss: [{ soft_target: { weight: 1 } }] }",
        "x.yaml:4:31: sweep value {soft_target: {weight: 1}}: unknown key 'soft_target' in "
          + "stages.distil.loss; did you mean 'soft_targets'?"
      ),
      (
        "      loss:\n        soft_targets: { weight: 5.0, temperature: 2.0, positions: all }\n"
          + "        masked_lm: { weight: 2.0 }\n        cosine: { weight: 1.0, layer: last }\n",
        "      loss: []\n",
        "x.yaml:18:13: stages.distil.loss: expected at least one term, found a list of 0"
      ),
    ])
  func oneMistake(old: String, new: String, message: String) {
    let found = DefinitionText.messages(DefinitionText.small(old, new))
    #expect(found == [message])
  }

  @Test(
    "what follows from a mistake is not reported as well",
    arguments: [
      ("seed: 7\n", "", "the definition has no 'seed'"),
      ("seed: 7\n", "seed: '7'\n", "seed: expected a whole number"),
      ("[movie_reviews]", "[own]\ncorpora: 5", "corpora: expected a map"),
      ("task: glue/sst2", "task: own\ntasks: []", "tasks: expected a map"),
      ("- id: distil", "- id: 4", "stages.0.id: expected a name"),
    ])
  func noFollowUps(old: String, new: String, message: String) {
    // Lines of a new top-level key go to the end.
    let parts = new.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let ownKey = parts.count == 2 && parts[1].contains(":") ? String(parts[1]) : ""
    let text = DefinitionText.small(old, ownKey.isEmpty ? new : String(parts[0])) + ownKey + "\n"
    let found = DefinitionText.messages(text)
    #expect(found.count == 1 && found[0].contains(message), "\(found)")
  }

  @Test("a head that is missing where models begin is missing once")
  func missingHead() {
    let text = SmallExperiment.text.replacing(
      "    head: { kind: masked_lm, init: new }\n", with: "")
    let found = DefinitionText.messages(text)
    #expect(
      found.count == 1 && found[0].contains("stages.teacher_mlm.model needs a masked_lm head"),
      "\(found)")
  }

  @Test("beside an unknown optimizer, and beside one wrong number of a sum, all else is looked at")
  func besideAMistake() {
    func messages(_ old: String, _ new: String) -> [String] {
      DefinitionText.messages(DefinitionText.small(old, new))
    }
    let optimizer = messages(
      "learning_rate: 2e-5", "optimizer: { name: adamx, learning_rate: -1, epsilon: 0 }")
    #expect(optimizer.count == 3, "\(optimizer)")
    let masking = messages("probability: 0.15", "probability: 2")
    #expect(masking.count == 1, "\(masking)")
    let both = messages(
      "masking: { probability: 0.15, smoothing: 0.7, mask: 0.8",
      "masking: { probability: 2, smoothing: 0.7, mask: 0.9")
    #expect(both.count == 2, "\(both)")
  }

  @Test("A name whose own declaration is wrong is not called unknown as well")
  func wrongDeclarations() {
    var text = DefinitionText.small("[movie_reviews]", "[own]")
    text = text.replacing("glue/sst2", with: "mine")
    text += "corpora: { own: { generated: { grammar: film_reviews, lines: 0, seed: 1 } } }\n"
    text += "tasks: { mine: 7 }\n"
    let found = DefinitionText.messages(text)
    #expect(found.count == 2, "found: \(found)")
    #expect(found.first?.contains("corpora.own.generated.lines: expected") ?? false)
    #expect(found.last?.contains("tasks.mine: expected a map") ?? false)
  }

  @Test func allMistakesAtOnceInTheOrderOfTheFile() {
    var text = DefinitionText.small("seed: 7", "seed: -7")
    text = text.replacing("weight: 5.0", with: "wieght: 5.0")
    text = text.replacing("select_best: eval_loss", with: "select_best: loss")
    let found = DefinitionText.messages(text)
    #expect(found.map { $0.split(separator: ":")[1] } == ["3", "19", "32"])
  }

  @Test func repeatedKeysAreAllFoundWithBothPlaces() {
    let text =
      DefinitionText.small("seed: 7", "seed: 7\nseed: 8\nname: again")
      + "unknown: 1\n"
    #expect(
      DefinitionText.messages(text) == [
        "x.yaml:4:1: the key 'seed' is given twice (first at x.yaml:3:1); keep one of them",
        "x.yaml:5:1: the key 'name' is given twice (first at x.yaml:2:1); keep one of them",
        "x.yaml:37:1: unknown key 'unknown'; possible here: format, name, question, hypothesis, budget, seed, "
          + "random, corpora, tasks, vocabulary, models, stages, baselines, measures, sweep, ablate, "
          + "compare_with, time_inference",
      ])
  }

  @Test(
    "YAML 1.1's words for true and false are text",
    arguments: ["yes", "no", "on", "off", "True", "y", "1"])
  func onlyTrueAndFalse(word: String) {
    let text = DefinitionText.small("batch_size: 16", "group_by_length: \(word)")
    let found = DefinitionText.messages(text)
    #expect(found.count == 1)
    #expect(
      found.first?.hasPrefix(
        "x.yaml:29:24: stages.sst2.batching.group_by_length: expected true or false") == true
    )
    let meant = [
      "yes": "true", "on": "true", "y": "true", "True": "true", "no": "false", "off": "false",
    ]
    #expect(found.first?.hasSuffix(meant[word].map { "; write \($0)" } ?? "found 1") == true)
  }

  @Test(
    "what is not YAML, or not plain values",
    arguments: [
      ("", "x.yaml:1:1: the text is empty"),
      ("- 1\n- 2\n", "x.yaml:1:1: the definition: expected a map of key: value, found a list of 2"),
      ("seven\n", "x.yaml:1:1: the definition: expected a map of key: value, found 'seven'"),
      ("name: [1, 2\nseed: 3\n", "x.yaml:2:5: not YAML: did not find expected ',' or ']'"),
      ("a: *b\n", "x.yaml:1:4: not YAML: found undefined alias"),
      (
        "name: !import_call {key: os.system}\n", "x.yaml:1:7: the YAML tag !import_call is not read"
      ),
      (
        "a: 1\n---\nb: 2\n",
        "x.yaml:2:1: a second YAML document begins here; write one document a file"
      ),
      ("\u{7}: 1\n", "x.yaml:1:1: not YAML: control characters are not allowed"),
    ])
  func notADefinition(text: String, message: String) {
    let found = DefinitionText.messages(text)
    #expect(found.contains { $0.hasPrefix(message) }, "found: \(found)")
  }

  @Test func aliasesThatMultiplyAreRefused() {
    var text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
    for level in 1...9 {
      let alias = "*a\(level - 1)"
      text +=
        "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ","))]\n"
    }
    #expect(
      DefinitionText.messages(text) == ["x.yaml:1:1: more than 20000 values; split the file"])
  }

  @Test func deepNestingIsRefusedNotFollowed() {
    let found = DefinitionText.messages("a: " + String(repeating: "[", count: 50_000))
    #expect(found.count == 1)
    #expect(
      found[0].hasSuffix(
        "lists and maps are nested too deeply; a definition needs fewer than ten levels"))
  }

  /// A definition damaged anywhere is read or refused, never more.
  @Test("damaged definitions", arguments: ExperimentFilesTests.names)
  func damaged(name: String) throws {
    let path = "\(ExperimentFiles.folder)/\(name).yaml"
    let original = Array(try String(contentsOfFile: path, encoding: .utf8).unicodeScalars)
    var state: UInt64 = 42
    // SplitMix64 (Steele, Lea, Flood 2014).
    func below(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) % UInt64(bound))
    }
    let damage = Array("{}[]:,-#&*!|>'\"%@` \n\t0.xé".unicodeScalars)
    for _ in 0..<200 {
      var scalars = original
      for _ in 0...below(3) {
        let place = below(scalars.count)
        switch below(3) {
        case 0: scalars[place] = damage[below(damage.count)]
        case 1: scalars.remove(at: place)
        default: scalars.insert(damage[below(damage.count)], at: place)
        }
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      let found = DefinitionText.messages(String(view))
      #expect(found.allSatisfy { !$0.contains("\n") })
    }
  }

  @Test func aFileThatIsNotThereOrNotText() throws {
    let temporary = try TemporaryFolder()
    let bad = "\(temporary.path)/bad.yaml"
    let bytes: [UInt8] = Array("format: 1\nname: é".utf8) + [0xFF, 0x0A]
    try AtomicFile.replace(path: bad, with: bytes)
    #expect(
      throws: DefinitionError([
        Diagnostic(
          .file(path: bad, line: 2, column: 1), "not UTF-8 at byte 18",
          advice: "save the file as UTF-8")
      ])
    ) { try LoadedDefinition.load(path: bad) }
    #expect(throws: DefinitionError.self) { try LoadedDefinition.load(path: "/nowhere/x.yaml") }
    do {
      _ = try LoadedDefinition.load(path: "/nowhere/x.yaml")
    } catch {
      #expect(
        error.description
          == "/nowhere/x.yaml:1:1: no such file: expected a definition in YAML; see Experiments/ "
          + "for examples")
    }
  }

  @Test(
    "--set is read by the same rules and names itself",
    arguments: [
      (
        "stages.sst2.sed=43",
        "--set stages.sst2.sed=43: unknown key 'sed' in stages.sst2; did you mean 'seed'?"
      ),
      (
        "stages.sst3.seed=43", "--set stages.sst3.seed=43: no stage 'sst3'; did you mean 'sst2'?"
      ),
      (
        "stages.sst2.batch_size=0",
        "--set stages.sst2.batch_size=0: stages.sst2.batching.batch_size: expected a whole "
          + "number from 1 to 2147483647, found 0"
      ),
      ("seed", "--set seed: no '=': expected --set key.path=value"),
      (
        "name.first=x",
        "--set name.first=x: 'name.first' leads through 'small', which has no keys; set the key "
          + "above it"
      ),
      (
        "models.student.layers=[0, 12]",
        "--set models.student.layers=[0, 12]: models.student.layers.1: expected a layer from 0 to "
          + "11, found 12; teacher has 12 layers, counted from 0"
      ),
    ])
  func wrongOption(option: String, message: String) {
    #expect(DefinitionText.messages(DefinitionText.small, overrides: [option]) == [message])
  }

  @Test func aChildWithAMistakeHidesNothingBesideIt() {
    let text = DefinitionText.small("seed: 7", "seed: seven")
      .replacing("layers: [0, 2, 4, 7, 9, 11]", with: "layers: [0, 2, 4, 7, 9, 12]")
      .replacing("recipe: hf-trainer-4.44", with: "recipe: hf-trainer-4.44\n      batch_sise: 4")
    let messages = DefinitionText.messages(text)
    #expect(messages.contains { $0.contains("seed: expected a whole number") }, "\(messages)")
    #expect(messages.contains { $0.contains("a layer from 0 to 11") }, "\(messages)")
    #expect(messages.contains { $0.contains("did you mean 'batch_size'?") }, "\(messages)")
    #expect(Set(messages).count == messages.count)
  }

  @Test(
    "mistakes beside each other are all found",
    arguments: [
      (
        "stages.distil.freeze=[layer.0, layers.9]",
        [
          "stages.distil.freeze.0: expected parameters to keep as they are",
          "stages.distil.freeze.1: expected layers.0 to layers.5, found layers.9",
        ]
      ),
      (
        "stages.distil.loss.hidden={ weight: 1, compare: mse, states: [[19, 7], [1]], over_pairs: sum, positions: all, average: tokens }",
        [
          "hidden.states.0.1: expected a hidden state of the student from 0 to 6, found 7",
          "hidden.states.0.0: expected a hidden state of the teacher from 0 to 12, found 19",
          "hidden.states.1: expected a pair [teacher, student]",
        ]
      ),
    ])
  func siblings(option: String, messages: [String]) {
    let found = DefinitionText.messages(DefinitionText.small, overrides: [option])
    #expect(found.count == messages.count, "\(found)")
    for message in messages { #expect(found.contains { $0.contains(message) }, "\(found)") }
  }

  @Test(
    "a name that is wrong hides no second one that is given twice",
    arguments: ["baselines", "ablate"])
  func repetitions(key: String) {
    let value = key == "ablate" ? "cosine" : "teacher"
    let text = DefinitionText.small(
      "baselines: [no_distillation, mlm_only, teacher]", "\(key): [\(value), x, \(value)]")
    let found = DefinitionText.messages(text)
    #expect(found.count == 2, "\(found)")
    #expect(found[0].contains(key == "ablate" ? "ablate.1 'x' is not in" : "\(key).1: expected "))
    #expect(found[1].hasSuffix("\(key).2: \(value) is given twice; keep one"))
  }

  @Test("a model whose sizes do not go together hides nothing that is made of it")
  func sizes() {
    let found = DefinitionText.messages(
      SmallExperiment.text.replacing("hidden_size: 32", with: "hidden_size: 31")
        .replacing("layers: [1]", with: "layers: [1, 7]")
        .replacing("maximum_positions: 128", with: "maximum_positions: 8"))
    #expect(
      found.contains { $0.contains("sizes.hidden_size: expected a multiple of head_count (2)") })
    #expect(found.contains { $0.contains("models.student.layers.1: expected a layer from 0 to 1") })
    #expect(found.contains { $0.contains("sequence_length: expected at most 8") }, "\(found)")
    #expect(!found.contains { $0.contains("cannot be built") })
    #expect(
      DefinitionText.messages(
        SmallExperiment.text.replacing("layer_count: 2", with: "layer_count: 4000000000000"))
        == [
          "x.yaml:19:20: models.teacher.sizes.layer_count: expected a whole number from 1 to 4096, found 4000000000000"
        ]
    )
  }

  @Test func whatDependsOnAMistakeIsNotReportedAgain() {
    // The teacher is wrong: nothing is said of the student made of it, nor of the stages that name it.
    let text = DefinitionText.small("{ from: hub:google-bert", "{ frm: hub:google-bert")
    let messages = DefinitionText.messages(text)
    #expect(messages.count == 1, "\(messages)")
  }

  @Test func aMisspeltKeyIsOneMistake() {
    let messages = DefinitionText.messages(
      DefinitionText.small,
      overrides: ["stages.distil.loss={soft_targets: {weigth: 1, temperature: 2, positions: all}}"])
    #expect(messages.count == 1, "\(messages)")
    #expect(messages[0].contains("did you mean 'weight'?"))
  }
}
