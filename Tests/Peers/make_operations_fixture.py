"""operations.h5: every operation of the engine, forward and backward.

Letters as in the engine: N sequences, T tokens of all sequences together, H heads, D head size,
C hidden, F feed-forward, K classes, V vocabulary, R rows.

Every group /<operation>/<case> is one case. Inputs are float32; PyTorch computes in float64 on
them; results are rounded to float32, loss values stay float64. An operation that returns a matrix
`y` is given random weights `upstream` of the same shape and the gradients are those of
sum(y * upstream); one that returns a loss gives the gradients of that loss. The gradient of input
`a` is `a_gradient`. Attention is computed as PyTorch users do, padded and masked, and the rows of
real tokens are taken out; `offsets` [N + 1] says where each sequence begins.

  linear/*             x [T,in], weight [out,in], bias [out] -> y [T,out]
  linear_gelu/*        the same, y = gelu(x W^T + b), erf form
  attention/*          query, key, value [T,C], offsets -> y [T,C]; head_count, head_size
  residual_layer_norm/*  x, residual [T,C], scale, shift [C] -> y = LN(x + residual); epsilon
  layer_norm/*         x [T,C], scale, shift [C] -> y; epsilon
  embedding/*          ids [T], offsets, word [V,C], position [P,C], (type [2,C], row 0 used) -> y
                       padding_row: nn.Embedding(padding_idx=padding_id), as in Hugging Face's
                       models: that row of word gets no gradient from the look-up
  tanh/*, relu/*, gelu/*  x [T,C] -> y
  cross_entropy/*      logits [N,K], labels [N] -> loss (mean)
  mean_squared_error/* x, target [T,C] -> loss (mean over elements); only x is differentiated
  cosine_embedding_loss/*  x, target [T,C] -> loss = mean(1 - cos); only x is differentiated
  soft_target_divergence/* student, teacher [T,K], rows [R], temperature
                       -> loss = T^2 / R * sum over rows of KL(softmax(t/T) || softmax(s/T))
  masked_language_model/*  logits [T,V], labels [T] (-100: ignored) -> loss (mean over the others)
  vocabulary_head/*    hidden = x W^T + b with x [T,C] = word[ids]; student logits = hidden word^T
                       + decoder_bias, tied; teacher logits = teacher_hidden teacher_decoder^T +
                       teacher_decoder_bias; divergence over `rows`, masked_language_model over
                       `labels`; loss = divergence_weight * divergence + label_weight * mlm.
                       word_gradient is the sum of both its uses, word_gradient_decoder that of
                       the decoder alone; hidden_gradient is given too.
  attention_512, linear_wide: inputs and upstream are unit(<case>/<tensor>, i) * 4 of integer_hash
                       (attention) or * 1 (linear), results as sample places, values, norm and
                       projection.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import integer_hash
from distillation_losses import cosine_loss, divergence
from fixture_file import FixtureFile, destination

SEED = 20240901
generator = torch.Generator().manual_seed(SEED)


def normal(*shape, scale=1.0):
    """float32 values, as stored."""
    return torch.randn(*shape, generator=generator) * scale


def integers(high, *shape):
    return torch.randint(high, shape, generator=generator)


def doubled(inputs):
    """float64 leaves that take gradients, one for each float32 input."""
    return {name: value.double().requires_grad_() for name, value in inputs.items()}


def gradients(leaves):
    return {name + "_gradient": leaf.grad for name, leaf in leaves.items()}


def put_case(fixture, group, inputs, compute, constants=None, **attributes):
    """One case: `compute` maps the float64 leaves to y (a matrix)."""
    leaves = doubled(inputs)
    y = compute(**leaves)
    upstream = normal(*y.shape)
    (y * upstream.double()).sum().backward()
    fixture.put_all(
        group, **inputs, **(constants or {}), y=y, upstream=upstream, **gradients(leaves)
    )
    if attributes:
        fixture.attributes(group, **attributes)


def put_loss(fixture, group, inputs, compute, constants=None, **attributes):
    """One case: `compute` maps the float64 leaves to a scalar."""
    leaves = doubled(inputs)
    loss = compute(**leaves)
    loss.backward()
    fixture.put_all(group, **inputs, **(constants or {}), **gradients(leaves))
    fixture.attributes(group, loss=loss.item(), **attributes)


def offsets_of(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)


def padded(rows, lengths):
    """[T, C] -> [N, longest, C], zeros behind each sequence."""
    return nn.utils.rnn.pad_sequence(torch.split(rows, list(lengths)), batch_first=True)


def attend(query, key, value, lengths, head_count):
    """Multi-head attention on the padded batch with masked scores, real rows extracted."""
    n, longest, c = len(lengths), max(lengths), query.shape[1]
    real = torch.arange(longest)[None] < torch.tensor(lengths)[:, None]  # [N, longest]
    heads = [
        padded(rows, lengths).view(n, longest, head_count, -1).transpose(1, 2)
        for rows in (query, key, value)
    ]  # each [N, H, longest, D]
    scores = heads[0] @ heads[1].transpose(2, 3) / math.sqrt(c // head_count)
    scores = scores.masked_fill(~real[:, None, None], torch.finfo(scores.dtype).min)
    context = scores.softmax(-1) @ heads[2]  # [N, H, longest, D]
    return context.transpose(1, 2).reshape(n, longest, c)[real]  # [T, C]


def put_linears(fixture):
    for t, inner, outer in [(1, 8, 8), (7, 24, 40), (52, 64, 33), (19, 100, 16)]:
        case = f"{t}x{inner}x{outer}"
        for operation in ("linear", "linear_gelu"):
            inputs = dict(
                x=normal(t, inner),
                weight=normal(outer, inner, scale=inner**-0.5),
                bias=normal(outer, scale=0.5),
            )
            act = F.gelu if operation == "linear_gelu" else (lambda y: y)
            put_case(
                fixture,
                f"{operation}/{case}",
                inputs,
                lambda x, weight, bias: act(F.linear(x, weight, bias)),
            )


def put_attention(fixture):
    ragged = [1, 5, 13, 2, 31]
    cases = {
        "heads4_size8_ragged": (ragged, 4, 8),
        "heads2_size12_ragged": (ragged, 2, 12),
        "heads3_size32_ragged": (ragged, 3, 32),
        "heads1_size64_ragged": (ragged, 1, 64),
        "heads2_size64_equal": ([6, 6], 2, 64),
        "heads4_size8_one_token": ([1], 4, 8),
        "heads2_size32_one_sequence": ([17], 2, 32),
        "heads2_size8_unequal": ([1, 1, 70, 1], 2, 8),
        "heads2_size5_ragged": ([3, 1, 9], 2, 5),
    }
    for case, (lengths, head_count, head_size) in cases.items():
        shape = (sum(lengths), head_count * head_size)
        inputs = dict(query=normal(*shape), key=normal(*shape), value=normal(*shape))
        put_case(
            fixture,
            f"attention/{case}",
            inputs,
            lambda query, key, value: attend(query, key, value, lengths, head_count),
            dict(offsets=offsets_of(lengths)),
            head_count=head_count,
            head_size=head_size,
        )


def put_norms(fixture):
    for t, c, scale in [(1, 24, 1.0), (13, 24, 1.0), (9, 64, 5.0), (21, 100, 0.1)]:
        for operation in ("residual_layer_norm", "layer_norm"):
            inputs = dict(x=normal(t, c, scale=scale) + 0.5)
            if operation == "residual_layer_norm":
                inputs["residual"] = normal(t, c, scale=scale)
            inputs |= dict(scale=1 + normal(c, scale=0.3), shift=normal(c, scale=0.3))

            def compute(x, scale, shift, residual=0):
                return F.layer_norm(x + residual, (c,), scale, shift, 1e-12)

            put_case(fixture, f"{operation}/{t}x{c}", inputs, compute, epsilon=1e-12)


def put_embeddings(fixture):
    lengths, v, p, c = [1, 5, 13, 2], 50, 16, 24
    ids = integers(v, sum(lengths))
    ids[1:5] = ids[0]  # a token that occurs often: its gradient is a sum
    positions = torch.cat([torch.arange(n) for n in lengths])
    constants = dict(ids=ids, offsets=offsets_of(lengths))
    tables = dict(word=normal(v, c), position=normal(p, c), type=normal(2, c))

    def compute(word, position, type=None):
        y = word[ids] + position[positions]
        return y if type is None else y + type[0]

    put_case(fixture, "embedding/word_position_type", tables, compute, constants)
    del tables["type"]
    put_case(fixture, "embedding/word_position", tables, compute, constants)

    def compute_padded(word, position):
        return F.embedding(ids, word, padding_idx=int(ids[0])) + position[positions]

    group = "embedding/padding_row"
    put_case(fixture, group, tables, compute_padded, constants, padding_id=int(ids[0]))


def put_activations(fixture):
    for name, function in [("tanh", torch.tanh), ("relu", torch.relu), ("gelu", F.gelu)]:
        for t, c in [(1, 5), (7, 37)]:
            put_case(fixture, f"{name}/{t}x{c}", dict(x=normal(t, c, scale=2.0)), function)
    extremes = [0.0, -0.0, 1e-8, -1e-8, 1e-3, -0.75, 0.5, 3.0, -3.0, 5.5, -5.5, 9.0, -9.0, 20.0]
    x = torch.tensor([extremes + [-20.0, 100.0, -100.0]])
    put_case(fixture, "gelu/extremes", dict(x=x), F.gelu)
    put_case(fixture, "tanh/extremes", dict(x=x), torch.tanh)


def put_losses(fixture):
    for n, k in [(1, 2), (5, 2), (16, 7)]:
        labels = integers(k, n)
        put_loss(
            fixture,
            f"cross_entropy/{n}x{k}",
            dict(logits=normal(n, k, scale=3.0)),
            lambda logits: F.cross_entropy(logits, labels),
            dict(labels=labels),
        )
    for t, c in [(1, 8), (11, 37)]:
        for operation, compare in [
            ("mean_squared_error", F.mse_loss),
            ("cosine_embedding_loss", cosine_loss),
        ]:
            target = normal(t, c)
            put_loss(
                fixture,
                f"{operation}/{t}x{c}",
                dict(x=normal(t, c)),
                lambda x: compare(x, target.double()),
                dict(target=target),
            )


def put_divergences(fixture):
    for t, k, temperature, selected in [
        (6, 2, 1.0, [0, 1, 2, 3, 4, 5]),
        (9, 37, 2.0, [0, 3, 4, 8]),
        (5, 301, 2.0, [0, 1, 2, 3, 4]),
        (4, 16, 8.0, [2]),
    ]:
        rows, teacher = torch.tensor(selected), normal(t, k, scale=3.0)
        put_loss(
            fixture,
            f"soft_target_divergence/{t}x{k}_t{temperature:g}",
            dict(student=normal(t, k, scale=3.0)),
            lambda student: divergence(student[rows], teacher.double()[rows], temperature),
            dict(teacher=teacher, rows=rows),
            temperature=temperature,
        )


def put_masked_language_model(fixture):
    for t, v, masked in [(10, 97, [1, 2, 7]), (6, 300, [5])]:
        labels = torch.full((t,), -100)
        labels[masked] = integers(v, len(masked))
        put_loss(
            fixture,
            f"masked_language_model/{t}x{v}",
            dict(logits=normal(t, v, scale=2.0)),
            lambda logits: F.cross_entropy(logits, labels, ignore_index=-100),
            dict(labels=labels),
        )


def put_vocabulary_heads(fixture):
    t, c, v, teacher_c = 23, 24, 301, 40
    inputs = dict(
        word=normal(v, c, scale=0.4),
        weight=normal(c, c, scale=c**-0.5),
        bias=normal(c, scale=0.1),
        decoder_bias=normal(v, scale=0.5),
    )
    teacher = dict(
        teacher_hidden=normal(t, teacher_c),
        teacher_decoder=normal(v, teacher_c, scale=0.3),
        teacher_decoder_bias=normal(v, scale=0.5),
    )
    masked = torch.tensor([2, 3, 9, 20])
    ids, labels = integers(v, t), torch.full((t,), -100)
    labels[masked] = integers(v, len(masked))
    fixture.put_all("vocabulary_head/inputs", ids=ids, labels=labels, **inputs, **teacher)
    teacher_logits = F.linear(*(value.double() for value in teacher.values()))
    for case, rows, weights in [
        ("all_positions", torch.arange(t), (5.0, 2.0)),
        ("masked_positions", masked, (5.0, 2.0)),
        ("labels_only", torch.arange(t), (0.0, 1.0)),
        ("divergence_only", torch.arange(t), (1.0, 0.0)),
    ]:
        group = f"vocabulary_head/{case}"
        put_vocabulary_head(fixture, group, inputs, teacher_logits, ids, labels, rows, weights)


def put_vocabulary_head(fixture, group, inputs, teacher_logits, ids, labels, rows, weights):
    temperature = 2.0
    leaves = doubled(inputs)
    decoder = leaves["word"].detach().clone().requires_grad_()  # the second use, on its own
    hidden = F.linear(leaves["word"][ids], leaves["weight"], leaves["bias"])
    hidden.retain_grad()
    logits = hidden @ decoder.T + leaves["decoder_bias"]
    kl = divergence(logits[rows], teacher_logits[rows], temperature)
    mlm = F.cross_entropy(logits, labels, ignore_index=-100)
    loss = weights[0] * kl + weights[1] * mlm
    loss.backward()
    leaves["word"].grad += decoder.grad
    fixture.put_all(
        group,
        rows=rows,
        **gradients(leaves),
        word_gradient_decoder=decoder.grad,
        hidden=hidden,
        hidden_gradient=hidden.grad,
    )
    fixture.attributes(
        group,
        temperature=temperature,
        divergence_weight=weights[0],
        label_weight=weights[1],
        divergence=kl.item(),
        masked_language_model=mlm.item(),
        loss=loss.item(),
    )


def put_summary(fixture, group, name, tensor):
    """What is stored of a tensor too large to store: 64 samples, its norm and a projection."""
    tensor = tensor.detach().numpy()
    places = integer_hash.sample_places(f"{group}/{name}", tensor)
    fixture.put(f"{group}/{name}_places", places)
    fixture.put(f"{group}/{name}_samples", tensor.reshape(-1)[places])
    summary = {
        f"{name}_norm": float(np.linalg.norm(tensor)),
        f"{name}_projection": integer_hash.projection(tensor),
    }
    fixture.attributes(group, **summary)


def hashed(group, name, shape, scale):
    return torch.from_numpy(integer_hash.values(f"{group}/{name}", shape, scale))


def put_large_case(fixture, group, shapes, scale, compute, **attributes):
    inputs = {name: hashed(group, name, shape, scale) for name, shape in shapes.items()}
    leaves = doubled(inputs)
    y = compute(**leaves)
    (y * hashed(group, "upstream", y.shape, scale).double()).sum().backward()
    for name, tensor in dict(y=y, **gradients(leaves)).items():
        put_summary(fixture, group, name, tensor)
    fixture.attributes(group, input_scale=scale, **attributes)


def put_large_cases(fixture):
    lengths = [512, 3]
    shape = (515, 128)
    group = "attention_512/heads2_size64"
    fixture.put(f"{group}/offsets", offsets_of(lengths))
    put_large_case(
        fixture, group, dict(query=shape, key=shape, value=shape), 4.0,
        lambda query, key, value: attend(query, key, value, lengths, 2),
        head_count=2, head_size=64,
    )  # fmt: skip
    put_large_case(
        fixture, "linear_wide/213x768x3072",
        dict(x=(213, 768), weight=(3072, 768), bias=(3072,)), 1.0, F.linear,
    )  # fmt: skip


def main():
    with FixtureFile(destination(), SEED) as fixture:
        put_linears(fixture)
        put_attention(fixture)
        put_norms(fixture)
        put_embeddings(fixture)
        put_activations(fixture)
        put_losses(fixture)
        put_divergences(fixture)
        put_masked_language_model(fixture)
        put_vocabulary_heads(fixture)
        put_large_cases(fixture)


main()
