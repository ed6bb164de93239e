"""term_trajectories.h5: 50 steps of training on terms of losses, without dropout, each step and the weights after it.

Models: `bert` and `distilbert` of tiny_models.h5; `second` (BERT, 2 layers of 32) and `narrow` (DistilBERT, 2 layers of 24),
whose weight is integer_hash.py's unit(name, i) / 2 by Hugging Face name, a LayerNorm's scale 1 + that, and so are
projections by the names under which they are stored. Teachers are in eval mode.

  projections_together, projections_apart
                narrow taught by bert: masked_lm + 0.5 * MSE of projected states (teacher 0 -> student 0, 3 -> 2), the
                projections in a group of their own with a rate and a decay of their own, clipped with the student or not
  schedules     distilbert taught by bert: soft targets (T = 2, all positions) weighted from 2 to 0.5 in a straight line over
                the first 60 % of the steps, masked_lm by 0.5, from step 20 on 1.5, and 1 * cosine
  teachers      distilbert, a classifier, taught by two: a = bert, b = second. 0.5 * divergence from the mean of both
                softmaxes at T = 2 + 0.3 * divergence from the softmax of the mean logits at T = 3, without T^2
                + 0.2 * MSE of states with a (3 -> 3) + 0.4 * (1 - cos) of states with b (2 -> 2), each over all positions
                + 0.3 * cross-entropy
  relations     distilbert taught by bert, nothing masked: 1 * MiniLM (q-k and v-v of the last blocks, 4 heads, mean over
                sequences) + 0.5 * MiniLMv2 (q-q, k-k, v-v of blocks 1 and 2, a third each, 16 heads, mean over rows)
                + 0.2 * MSE of attention scores (blocks 0 -> 0 and 2 -> 1, summed, mean over pairs of tokens)
  sentences     narrow taught by bert, nothing masked, batches of six: 1 * InfoNCE (temperature 0.1) of means over tokens at
                length 1, the student's projected, clipped with the student, + 2 * squared difference of the similarities of
                the first tokens' states

  /<run>
    ids [T], offsets [N+1], batch_offsets [11]   ten batches one after another; step s uses batch s % 10
    classes [N] or masked_labels [T]             (-100: not masked)
    loss and each term, float64 [50]             before the update of each step; terms without their weights
    gradient_norms, learning_rates float64 [50]  before clipping; used in the step
    weights/<name>                               after step 50: every seventh value in row-major order, from the first; of
                                                 projections as own.<name>
  attributes: settings of the optimizer; float32_loss_deviation and float32_weight_deviation: how far the same run in
    float32 strays from this one, the most of one thread and two (key biases left out, which only rounding moves)

In float64 from float32 weights, padded and masked; AdamW, a linear schedule with warm-up.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
)

import integer_hash
import tiny_models
from attention_losses import Observed, attention, both, relations
from distillation_losses import cosine_loss, divergence
from fixture_file import FixtureFile, destination
from trajectories import (
    STEPS,
    inputs_of,
    loss_deviation,
    make_batches,
    put_batches,
    train,
    weight_deviation,
)

SEED = 20261129
SETTINGS = dict(
    learning_rate=5e-4, beta1=0.9, beta2=0.98, epsilon=1e-6, weight_decay=0.01,
    max_grad_norm=1.0, warmup_steps=5, total_steps=STEPS,
)  # fmt: skip
OWN = dict(own_learning_rate=2e-3, own_weight_decay=0.2)

SECOND = BertConfig(
    vocab_size=tiny_models.VOCABULARY,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=64,
    num_labels=tiny_models.CLASSES,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
    attn_implementation="eager",
)
NARROW = DistilBertConfig(
    vocab_size=tiny_models.VOCABULARY,
    dim=24,
    n_layers=2,
    n_heads=4,
    hidden_dim=48,
    max_position_embeddings=64,
    num_labels=tiny_models.CLASSES,
    dropout=0.0,
    attention_dropout=0.0,
    seq_classif_dropout=0.0,
    attn_implementation="eager",
)


def hashed(module, prefix=""):
    """With weights that need not be stored."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            base = 1 if tiny_models.is_norm(name) and name.endswith("weight") else 0
            values = integer_hash.values(prefix + name, parameter.shape, scale=0.5)
            parameter.copy_(torch.from_numpy(values) + base)
    return module.eval()


class Tensors:
    """A batch through a model: logits and states of real rows."""

    def __init__(self, model, batch):
        inputs = inputs_of(batch)
        self.lengths = batch["lengths"]
        self.real = inputs["attention_mask"].bool()
        self.output = model(**inputs, output_hidden_states=True)

    @property
    def words(self):
        return self.output.logits[self.real]

    @property
    def classes(self):
        return self.output.logits

    def state(self, number):
        return self.output.hidden_states[number][self.real]

    def pooled(self):
        """Mean over the tokens of each sequence of the last state."""
        return torch.stack([x.mean(0) for x in torch.split(self.state(-1), self.lengths)])

    def first(self):
        return self.output.hidden_states[-1][:, 0]


def weighted(weights, **terms):
    return terms | dict(loss=sum(weight * term for weight, term in zip(weights, terms.values())))


def teaching(teacher, batch, like, make=Tensors):
    """What a teacher computes for a batch in the student's precision."""
    with torch.no_grad():
        return make(teacher.to(next(like.parameters()).dtype), batch)


def masked_words(student, batch):
    return F.cross_entropy(student.words, batch["masked_labels"], ignore_index=-100)


def projections(teacher, own):
    def terms(model, batch, step):
        t, s = teaching(teacher, batch, model), Tensors(model, batch)
        states = sum(
            F.mse_loss(own[f"{b}_to_{a}"](s.state(b)), t.state(a)) for a, b in ((0, 0), (3, 2))
        )
        return weighted((1, 0.5), masked_lm=masked_words(s, batch), hidden=states)

    return terms


def schedules(teacher):
    def terms(model, batch, step):
        t, s = teaching(teacher, batch, model), Tensors(model, batch)
        line = 2 + (0.5 - 2) * min(1, step / (0.6 * STEPS))
        return weighted(
            (line, 0.5 if step < 20 else 1.5, 1),
            soft_targets=divergence(s.words, t.words, 2.0),
            masked_lm=masked_words(s, batch),
            cosine=cosine_loss(s.state(-1), t.state(-1)),
        )

    return terms


def several_teachers(first, second):
    def terms(model, batch, step):
        a, b = teaching(first, batch, model), teaching(second, batch, model)
        s = Tensors(model, batch)
        mean = ((a.classes / 2).softmax(-1) + (b.classes / 2).softmax(-1)) / 2
        return weighted(
            (0.5, 0.3, 0.2, 0.4, 0.3),
            probabilities=4
            * F.kl_div((s.classes / 2).log_softmax(-1), mean, reduction="batchmean"),
            logits=divergence(s.classes, (a.classes + b.classes) / 2, 3.0) / 9,
            hidden=F.mse_loss(s.state(3), a.state(3)),
            direction=cosine_loss(s.state(2), b.state(2)),
            cross_entropy=F.cross_entropy(s.classes, batch["classes"]),
        )

    return terms


def observed(model, batch):
    return Observed(model, batch["ids"], batch["lengths"])


THIRD = 1 / 3


def attention_of_blocks(teacher):
    def terms(model, batch, step):
        t, s = teaching(teacher, batch, model, observed), observed(model, batch)
        lengths = batch["lengths"]
        maps = ((0, 0), (2, 1))
        return weighted(
            (1, 0.5, 0.2),
            minilm=relations(
                s.block(2), t.block(2), both({"q-k": 1.0, "v-v": 1.0}), 4, "sequences", lengths
            ),
            minilmv2=relations(
                s.block(2), t.block(1), both({"q-q": THIRD, "k-k": THIRD, "v-v": THIRD}), 16,
                "rows", lengths,
            ),
            attention=sum(
                attention(s.scores(b), t.scores(a), "scores", "mse", "each", "pairs")
                for a, b in maps
            ),
        )  # fmt: skip

    return terms


def sentence_vectors(teacher, own):
    def terms(model, batch, step):
        t, s = teaching(teacher, batch, model), Tensors(model, batch)
        u = F.normalize(own["pooled"](s.pooled()), dim=-1)
        v = F.normalize(t.pooled(), dim=-1)
        x, y = s.first(), t.first()
        similarities = F.mse_loss(
            F.normalize(x, dim=-1) @ F.normalize(x, dim=-1).T,
            F.normalize(y, dim=-1) @ F.normalize(y, dim=-1).T,
        )
        return weighted(
            (1, 2),
            info_nce=F.cross_entropy(u @ v.T / 0.1, torch.arange(len(u))),
            similarities=similarities,
        )

    return terms


def own_projections(*names):
    layers = {name: torch.nn.Linear(NARROW.dim, 32) for name in names}
    return hashed(torch.nn.ModuleDict(layers), "own.")


def put_run(fixture, run, model, batches, terms, own=None, **settings):
    """terms: of the projections and a step, if there are projections."""
    settings = SETTINGS | settings
    rough = [(copy.deepcopy(model), copy.deepcopy(own)) for _ in range(2)]

    def trained(model, own):
        return train(model, batches, terms(own) if own is not None else terms, settings, own)

    model, own = model.double(), own and own.double()
    history = trained(model, own)
    strays = []
    for threads, pair in enumerate(rough, 1):
        torch.set_num_threads(threads)
        found = trained(*pair)
        weights = [weight_deviation(a, b) for a, b in zip((model, own), pair) if a is not None]
        strays.append((loss_deviation(history, found), max(weights)))
    torch.set_num_threads(1)
    for name, values in history.items():
        fixture.put(f"{run}/{name}", np.array(values), np.float64)
    prefix = "distilbert." if model.base_model is model else ""
    for name, parameter in model.named_parameters():
        fixture.put(f"{run}/weights/{prefix}{name}", parameter.detach().reshape(-1)[::7])
    for name, parameter in own.named_parameters() if own is not None else ():
        fixture.put(f"{run}/weights/own.{name}", parameter.detach().reshape(-1)[::7])
    put_batches(fixture, run, batches)
    loss, weights = (max(pair) for pair in zip(*strays))
    fixture.attributes(
        run, float32_loss_deviation=loss, float32_weight_deviation=weights, **settings
    )
    norms = history["gradient_norms"]
    print(
        f"{run}: loss {history['loss'][0]:.4f} -> {history['loss'][-1]:.4f}, float32 strays by"
        f" {strays[0][0]:.1e} and {strays[1][0]:.1e} in loss, {strays[0][1]:.1e} and"
        f" {strays[1][1]:.1e} in weights; norms {min(norms):.2f} to {max(norms):.2f}"
    )


def main():
    with FixtureFile(destination(), SEED) as fixture:
        bert = tiny_models.masked_language_model("bert")

        def narrow():
            return hashed(DistilBertForMaskedLM(NARROW))

        for run, together in (("projections_together", True), ("projections_apart", False)):
            put_run(
                fixture, run, narrow(), make_batches(SEED, masked=True),
                lambda own: projections(bert, own), own_projections("0_to_0", "2_to_3"),
                clips_together=together, **OWN,
            )  # fmt: skip
        student = tiny_models.masked_language_model("distilbert")
        batches = make_batches(SEED + 1, masked=True)
        put_run(fixture, "schedules", student, batches, schedules(bert))
        student = tiny_models.sequence_classifier("distilbert")
        second = hashed(BertForSequenceClassification(SECOND))
        terms = several_teachers(tiny_models.sequence_classifier("bert"), second)
        put_run(fixture, "teachers", student, make_batches(SEED + 2, masked=False), terms)
        student = tiny_models.masked_language_model("distilbert").base_model
        batches = make_batches(SEED + 3, masked=False)
        put_run(fixture, "relations", student, batches, attention_of_blocks(bert))
        put_run(
            fixture, "sentences", narrow().base_model, make_batches(SEED + 4, masked=False, size=6),
            lambda own: sentence_vectors(bert, own), own_projections("pooled"),
            clips_together=True, **OWN,
        )  # fmt: skip


main()
