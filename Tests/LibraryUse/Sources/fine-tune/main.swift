// Fine-tunes a classifier, from random first values, on sentences of one's own.
import Glibc
import RetortDistillation
import RetortOptimization
import RetortTensorEngine
import RetortText
import RetortTransformers

// Sentences with their classes: 0 is cold, 1 is warm. Every sixth is kept from the training.
let words: [(String, Int32)] = [
  ("icy", 0), ("frozen", 0), ("chilly", 0), ("hot", 1), ("sunny", 1), ("boiling", 1),
]
let places = ["street", "kitchen", "garden", "lake", "market", "harbour", "attic", "valley"]
let examples = words.flatMap { word, label in
  places.map { (text: "The \($0) was \(word) all day.", label: label) }
}
let heldOut = examples.indices.filter { $0 % 6 == 0 }
let trained = examples.indices.filter { $0 % 6 != 0 }

// A vocabulary of these sentences, and their ids.
var trainer = WordPieceTrainer(
  size: 200, options: TokenizerOptions(lowercase: true, stripAccents: nil, splitsCJK: true))
for example in examples { trainer.add(example.text) }
let vocabulary = try trainer.train()
let tokenizer = BertTokenizer(vocabulary: vocabulary, options: trainer.options)
let data = LabelledSequences(
  sequences: TokenSequences(
    examples.map(\.text), tokenizer: tokenizer, maximumLength: 32, threads: 2),
  labels: examples.map(\.label))

// A small DistilBERT with two classes.
let model = TransformerModel(
  configuration: ModelFamily.distilbert.configuration(
    vocabularySize: vocabulary.count, hiddenSize: 32, layerCount: 2, headCount: 2,
    feedForwardSize: 64, maximumPositions: 32, labels: ["cold", "warm"]),
  heads: [.classification])
model.initialize(seed: 1)

let engine = Engine(threadCount: 2)
let progress = try FineTuning(
  model: model, training: data.examples(trained), validation: data.examples(heldOut),
  settings: TrainingSettings(
    objective: Objective(WeightedTerm(1, CrossEntropy())),
    optimization: OptimizationSettings(
      optimizer: AdamW(learningRate: 2e-3), warmup: .fraction(0.1), schedule: LinearSchedule()),
    batchSize: 8, accumulation: 1, limit: .epochs(20), seed: 1, curve: .points(10)),
  selectBest: .evaluationLoss, engine: engine
).run()

for epoch in progress.epochs {
  print("epoch \(epoch.epoch): loss \(epoch.meanLoss), accuracy \(epoch.evaluation?.accuracy ?? 0)")
}
let result = try ClassificationEvaluation.evaluate(
  model, on: data.examples(heldOut), in: ComputeScope(engine: engine, recording: false))
guard result.accuracy > 0.9 else {
  print("learnt too little: \(result.accuracy)")
  exit(1)
}
print("\(result.correct) of \(result.count) sentences it has not seen")
