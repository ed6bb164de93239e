// Distils a student of half the depth from a teacher, on text of one's own.
import RetortDistillation
import RetortOptimization
import RetortTensorEngine
import RetortText
import RetortTransformers

let lines = SentimentGrammar().corpus(lines: 200, seed: 1).split(separator: "\n").map(String.init)
var trainer = WordPieceTrainer(size: 500)
for line in lines { trainer.add(line) }
let vocabulary = try trainer.train()
let tokenizer = BertTokenizer(vocabulary: vocabulary, options: trainer.options)
let text = TokenSequences(lines, tokenizer: tokenizer, maximumLength: 64)

// This teacher has random values; HuggingFaceFolder(path:).loadModel(…) gives one that knows something.
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
    vocabulary: vocabulary, masking: MaskingRule(), batchSize: 8, seed: 1),
  settings: TrainingSettings(
    objective: Objective(
      WeightedTerm(5, SoftTargets(temperature: 2, positions: .all)),
      WeightedTerm(2, MaskedLanguage()), WeightedTerm(1, HiddenCosine())),
    optimization: OptimizationSettings(optimizer: AdamW(learningRate: 5e-4)),
    batchSize: 8, limit: .epochs(4), seed: 1),
  engine: engine
).run()
for point in progress.curve { print("step \(point.step): loss \(point.total)") }
precondition(progress.curve[progress.curve.count - 1].total < progress.curve[0].total)
