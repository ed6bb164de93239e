// Distils a student of half the depth from a teacher, on text of one's own.
import Glibc
import RetortDistillation
import RetortOptimization
import RetortTensorEngine
import RetortText
import RetortTransformers

// Text, a vocabulary of it, and its ids.
let lines = SentimentGrammar().corpus(lines: 200, seed: 1).split(separator: "\n").map(String.init)
var trainer = WordPieceTrainer(
  size: 500, options: TokenizerOptions(lowercase: true, stripAccents: nil, splitsCJK: true))
for line in lines { trainer.add(line) }
let vocabulary = try trainer.train()
let text = TokenSequences(
  lines, tokenizer: BertTokenizer(vocabulary: vocabulary, options: trainer.options),
  maximumLength: 64, threads: 2)

// A teacher. This one has random values; HuggingFaceFolder(path:).loadModel(…) gives one that knows something.
let teacher = TransformerModel(
  configuration: ModelFamily.bert.configuration(
    vocabularySize: vocabulary.count, hiddenSize: 64, layerCount: 4, headCount: 4,
    feedForwardSize: 128, maximumPositions: 64),
  heads: [.maskedLanguage])
teacher.initialize(seed: 1)

// Its student begins with every other layer.
let student = TransformerModel(
  configuration: teacher.configuration.student(family: .distilbert, layerCount: 2),
  heads: [.maskedLanguage])
try StudentInitialization(layers: [0, 2], tokenTypes: .fold, maskedLanguageHead: .all)
  .apply(to: student, from: teacher, seed: 1)

let engine = Engine(threadCount: 2)
let progress = try MaskedLanguageTraining(
  student: student, teacher: LiveTeacher(model: teacher, engine: engine),
  batches: MaskedCorpus(
    corpus: text, tokenCounts: text.tokenCounts(vocabularySize: vocabulary.count),
    vocabulary: vocabulary,
    masking: MaskingRule(probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1),
    batchSize: 8, groupsByLength: true, seed: 1),
  settings: TrainingSettings(
    objective: Objective(
      WeightedTerm(5, SoftTargets(temperature: 2, positions: .all)),
      WeightedTerm(2, MaskedLanguage()), WeightedTerm(1, HiddenCosine())),
    optimization: OptimizationSettings(
      optimizer: AdamW(learningRate: 5e-4), warmup: .fraction(0.1), schedule: LinearSchedule()),
    batchSize: 8, accumulation: 1, limit: .epochs(4), seed: 1, curve: .points(10)),
  engine: engine
).run()

for point in progress.curve {
  print("step \(point.step): loss \(point.total), terms \(point.terms)")
}
guard let first = progress.curve.first, let last = progress.curve.last, last.total < first.total
else {
  print("the loss has not fallen")
  exit(1)
}
