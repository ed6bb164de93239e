"""attention_terms.h5: losses between attention maps and between self-attention relations, value and gradients.

Three sequences of 7, 4 and 5 tokens, one after another. Letters: T tokens, C width, H heads, R
relation heads. A restatement in float64, differentiated by torch, stands beside what toolkits
compute themselves; the script fails where it and a toolkit that is right disagree.

  /batch           offsets [4], student [T, 3·24] and teacher [T, 3·32]: q, k and v side by side
  /attention/<i>   attributes of, compare, heads (as in a definition), average, student_heads and
                   teacher_heads; loss, gradient [T, 3·24] of it;
                   attribute textbrewer, the loss by TextBrewer 0.2.1.post1, where it has one
  /relations/<i>   attributes pairs ("q-k:1.0 v-v:1.0"), heads (R), average; loss, gradient;
                   attribute bertdistiller, the loss by bertdistiller 0.1.2, where it has one
  /traps           attributes, each a loss of the first case of its kind computed in a way that is
                   in use and gives another value: textbrewer_unmasked, tinybert_padded,
                   textbrewer_padded_keys; exact ones beside them; huggingface_dropped, the largest attention
                   probability that a BERT of transformers gives out in training mode of one token at a dropout of 0.5
  /model           ids [T], attributes student_json and teacher_json; weights/<model>/<name>
  /model/<case>    attribute loss; gradient/<name> of the student's parameters that have one

BERT runs padded and masked, without dropout.
"""

import math
import types

import torch
import torch.nn.functional as F
from transformers import BertConfig, BertModel

import tiny_models
import toolkits
from attention_losses import Observed, attention, both, padded, relations, scores
from fixture_file import FixtureFile, destination

SEED = 20241128
LENGTHS = [7, 4, 5]
OFFSETS = [0, 7, 11, 16]
TOKENS = OFFSETS[-1]
PARTS = {"q": 0, "k": 1, "v": 2}
TINY = 1e-8


(TEXTBREWER,) = toolkits.alone("textbrewer", "losses")
BERTDISTILLER = toolkits.deep("bertdistiller", "distillation.minilm.trainer")


def part(tensor, letter):
    """q, k or v of a tensor [T, 3C] of them."""
    width = tensor.shape[1] // 3
    return tensor[:, PARTS[letter] * width : (PARTS[letter] + 1) * width]


def textbrewer(case, student, teacher):
    """What TextBrewer makes of the same maps; None where it has no such loss."""
    mask = tiny_models.attention_mask(LENGTHS)
    if case["average"] == "sequences":
        return None
    if case["compare"] == "kl":
        loss = {"each": TEXTBREWER.att_ce_loss, "mean": TEXTBREWER.att_ce_mean_loss}[case["heads"]]
        if case["heads"] == "mean" and case["of"] == "probabilities":
            return None
        # Padded keys must be out of the softmax, which the function takes itself.
        return loss(padded(student, -1e4), padded(teacher, -1e4), mask.double())
    if case["of"] == "probabilities":
        student, teacher = [m.softmax(-1) for m in student], [m.softmax(-1) for m in teacher]
    loss = {"each": TEXTBREWER.att_mse_loss, "sum": TEXTBREWER.att_mse_sum_loss}.get(case["heads"])
    return loss and loss(padded(student), padded(teacher), mask.double())


def entropy(case, teacher):
    """What a cross-entropy with the teacher has in addition to the divergence."""
    total = 0.0
    for t in teacher:
        t = t.mean(0, keepdim=True) if case["heads"] == "mean" else t
        q = t.softmax(-1)
        total = total - (q * q.log()).sum() / t.shape[0]
    return total / TOKENS


def bertdistiller(student, teacher, pairs, count):
    trainer = object.__new__(BERTDISTILLER.MiniLMTrainer)
    trainer.args = types.SimpleNamespace(num_relation_heads=count)
    trainer.kl_loss = torch.nn.KLDivLoss(reduction="sum")
    mask = tiny_models.attention_mask(LENGTHS)

    def vectors(x):
        x = tiny_models.padded(x, LENGTHS, 0.0)
        return trainer._transpose_for_scores_relations(x, x.shape[-1] // count)

    total = 0.0
    for (x, y), weight in pairs.items():
        maps = []
        for side in (teacher, student):
            a, b = vectors(part(side, x)), vectors(part(side, y))
            maps.append(a @ b.transpose(-1, -2) / math.sqrt(a.shape[-1]))
        total = total + weight * trainer._compute_kl_divergence(maps[0].detach(), maps[1], mask)
    return total


# Cases on given projections

ATTENTION = [
    dict(of="scores", compare="mse", heads="each", average="pairs"),
    dict(of="scores", compare="mse", heads="mean", average="pairs"),
    dict(of="scores", compare="mse", heads="sum", average="pairs"),
    dict(of="scores", compare="mse", heads="each", average="sequences"),
    dict(of="scores", compare="kl", heads="mean", average="rows"),
    dict(of="probabilities", compare="mse", heads="each", average="pairs"),
    dict(of="probabilities", compare="mse", heads="mean", average="sequences"),
    dict(of="probabilities", compare="mse", heads="sum", average="pairs"),
    dict(of="probabilities", compare="kl", heads="each", average="rows"),
    dict(of="probabilities", compare="kl", heads="each", average="sequences"),
    dict(of="probabilities", compare="kl", heads="mean", average="rows"),
]

RELATIONS = [
    ({"q-k": 1.0, "v-v": 1.0}, 4, "sequences"),
    ({"q-q": 0.5, "k-k": 0.25, "v-v": 2.0}, 8, "sequences"),
    ({"q-q": 1.0}, 1, "rows"),
    ({"q-k": 1.0, "q-q": 1.0, "k-k": 1.0, "v-v": 1.0}, 2, "rows"),
]


def put_attention(fixture, student, teacher):
    for index, case in enumerate(ATTENTION):
        # One map for all heads does not ask for as many heads.
        count = dict(student_heads=4, teacher_heads=4 if case["heads"] == "each" else 8)
        leaf = student.double().requires_grad_()
        wide = teacher.double()
        s = scores(part(leaf, "q"), part(leaf, "k"), count["student_heads"], LENGTHS)
        t = scores(part(wide, "q"), part(wide, "k"), count["teacher_heads"], LENGTHS)
        loss = attention(s, t, case["of"], case["compare"], case["heads"], case["average"])
        (gradient,) = torch.autograd.grad(loss, leaf, retain_graph=True)
        known = {}
        peer = textbrewer(case, s, t)
        if peer is not None:
            own = loss + entropy(case, t) if case["compare"] == "kl" else loss
            assert (peer - own).abs() < TINY, (case, peer, own)
            assert (torch.autograd.grad(peer, leaf)[0] - gradient).abs().max() < TINY, case
            known = dict(textbrewer=peer.item(), entropy=(own - loss).item())
        group = f"attention/{index}"
        fixture.attributes(group, **case, **count, **known, loss=loss.item())
        fixture.put(f"{group}/gradient", gradient)


def put_relations(fixture, student, teacher):
    for index, (pairs, count, average) in enumerate(RELATIONS):
        leaf, wide = student.double().requires_grad_(), teacher.double()
        loss = relations(
            lambda x, leaf=leaf: part(leaf, x),
            lambda x, wide=wide: part(wide, x),
            both(pairs),
            count,
            average,
            LENGTHS,
        )
        (gradient,) = torch.autograd.grad(loss, leaf)
        known = {}
        if average == "sequences":
            peer = bertdistiller(leaf, wide, both(pairs), count)
            assert (peer - loss).abs() < TINY, (pairs, peer, loss)
            assert (torch.autograd.grad(peer, leaf)[0] - gradient).abs().max() < TINY, pairs
            known = dict(bertdistiller=peer.item())
        names = " ".join(f"{name}:{weight}" for name, weight in pairs.items())
        group = f"relations/{index}"
        fixture.attributes(
            group, pairs=names, heads=count, average=average, **known, loss=loss.item()
        )
        fixture.put(f"{group}/gradient", gradient)


def put_traps(fixture, student, teacher):
    student, teacher = student.double(), teacher.double()
    s = scores(part(student, "q"), part(student, "k"), 4, LENGTHS)
    t = scores(part(teacher, "q"), part(teacher, "k"), 4, LENGTHS)
    mask = tiny_models.attention_mask(LENGTHS).double()
    kl = attention(s, t, "probabilities", "kl", "each", "rows")
    case = dict(heads="each")
    alone = attention(s[:1], t[:1], "scores", "mse", "each", "pairs")
    fixture.attributes(
        "traps",
        # One sequence, so that there is no padding: negative scores are taken for masked ones.
        textbrewer_unmasked=TEXTBREWER.att_mse_loss(s[0][None], t[0][None]).item(),
        textbrewer_unmasked_exact=alone.item(),
        # general_distill.py: MSELoss over the padded batch, with zeros in all padded entries here.
        tinybert_padded=F.mse_loss(padded(s), padded(t)).item(),
        tinybert_padded_exact=attention(s, t, "scores", "mse", "each", "pairs").item(),
        # A softmax that sees padded keys, whose scores are 0.
        textbrewer_padded_keys=TEXTBREWER.att_ce_loss(padded(s), padded(t), mask).item(),
        textbrewer_padded_keys_exact=(kl + entropy(case, t)).item(),
        huggingface_dropped=largest_dropped_probability(),
    )


def largest_dropped_probability():
    settings = MODELS["student"].to_dict() | dict(attention_probs_dropout_prob=0.5)
    model = BertModel(BertConfig(**settings, attn_implementation="eager"), add_pooling_layer=False)
    torch.manual_seed(SEED)
    maps = model.train()(torch.tensor([[5]]), output_attentions=True).attentions
    return max(m.max().item() for m in maps)


# Whole models

MODELS = {
    name: BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=24,
        max_position_embeddings=16,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    for name, layers in {"student": 2, "teacher": 4}.items()
}


def minilm(s, t):
    return relations(
        s.block(1), t.block(3), both({"q-k": 1.0, "v-v": 1.0}), 4, "sequences", LENGTHS
    )


def queries_and_keys(s, t):
    pairs = both({"q-q": 0.5, "k-k": 0.5})
    return relations(s.block(1), t.block(2), pairs, 8, "rows", LENGTHS)


def scores_uniform(s, t):
    maps = [attention(s.scores(m), t.scores(2 * m + 1), *SCORES) for m in range(2)]
    return sum(maps)


SCORES = ("scores", "mse", "each", "pairs")


def maps_mean(s, t):
    kind = ("probabilities", "kl", "mean", "sequences")
    return sum(attention(s.scores(b), t.scores(a), *kind) for a, b in ((0, 0), (3, 1))) / 2


def relations_and_cosine(s, t):
    pairs = both({"q-q": 1.0, "k-k": 1.0, "v-v": 1.0})
    cosine = (1 - F.cosine_similarity(s.state(-1), t.state(-1), dim=-1)).mean()
    return relations(s.block(0), t.block(1), pairs, 4, "sequences", LENGTHS) + 2 * cosine


CASES = [minilm, queries_and_keys, scores_uniform, maps_mean, relations_and_cosine]


def put_models(fixture):
    generator = torch.Generator().manual_seed(SEED + 1)
    ids = torch.randint(1, 40, (TOKENS,), generator=generator)
    fixture.put("model/ids", ids)
    models = {}
    for name, configuration in MODELS.items():
        model = BertModel(configuration, add_pooling_layer=False)
        values = {
            key: tiny_models.draw(key, parameter.shape, generator)
            for key, parameter in model.named_parameters()
        }
        models[name] = tiny_models.load(model, values).double()
        for key, value in values.items():
            fixture.put(f"model/weights/{name}/bert.{key}", value)
        fixture.attributes("model", **{f"{name}_json": configuration.to_json_string(use_diff=True)})
    with torch.no_grad():
        teacher = Observed(models["teacher"], ids, LENGTHS)
    for case in CASES:
        student = models["student"]
        student.zero_grad(set_to_none=True)
        loss = case(Observed(student, ids, LENGTHS), teacher)
        loss.backward()
        group = f"model/{case.__name__}"
        fixture.attributes(group, loss=loss.item())
        for key, parameter in student.named_parameters():
            if parameter.grad is not None:
                fixture.put(f"{group}/gradient/bert.{key}", parameter.grad)


def main():
    generator = torch.Generator().manual_seed(SEED)
    student = torch.randn(TOKENS, 3 * 24, generator=generator)
    teacher = torch.randn(TOKENS, 3 * 32, generator=generator)
    with FixtureFile(destination(), SEED) as fixture:
        fixture.put_all("batch", offsets=torch.tensor(OFFSETS), student=student, teacher=teacher)
        put_attention(fixture, student, teacher)
        put_relations(fixture, student, teacher)
        put_traps(fixture, student, teacher)
        put_models(fixture)


main()
