// Fine-tunes a classifier, from random first values, on sentences of one's own.
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
let sentences = words.flatMap { word, _ in places.map { "The \($0) was \(word) all day." } }
let labels = words.flatMap { _, label in places.map { _ in label } }

var trainer = WordPieceTrainer(size: 200)
for sentence in sentences { trainer.add(sentence) }
let vocabulary = try trainer.train()
let tokenizer = BertTokenizer(vocabulary: vocabulary, options: trainer.options)
let data = LabelledSequences(
  sequences: TokenSequences(sentences, tokenizer: tokenizer, maximumLength: 32), labels: labels)

let model = TransformerModel(
  configuration: ModelFamily.distilbert.configuration(
    vocabularySize: vocabulary.count, hiddenSize: 32, layerCount: 2, headCount: 2,
    feedForwardSize: 64, maximumPositions: 32, labels: ["cold", "warm"]),
  heads: [.classification])
model.initialize(seed: 1)

let progress = try FineTuning(
  model: model, training: data.examples((0..<48).filter { $0 % 6 != 0 }),
  validation: data.examples(stride(from: 0, to: 48, by: 6).map { $0 }),
  settings: TrainingSettings(
    objective: Objective(WeightedTerm(1, CrossEntropy())),
    optimization: OptimizationSettings(optimizer: AdamW(learningRate: 2e-3)),
    batchSize: 8, limit: .epochs(20), seed: 1),
  selectBest: .evaluationLoss, engine: Engine(threadCount: 2)
).run()
for epoch in progress.epochs {
  print("epoch \(epoch.epoch): loss \(epoch.meanLoss), accuracy \(epoch.evaluation?.accuracy ?? 0)")
}
precondition(progress.epochs.last?.evaluation?.accuracy ?? 0 > 0.9, "it has learned too little")
