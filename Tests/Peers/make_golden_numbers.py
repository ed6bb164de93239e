"""GoldenNumberTable.swift: what PyTorch says about the self-check of `retort doctor`.

    make_golden_numbers.py OUT.swift

Everything is computed in float64 from float32 inputs of integer_hash.py; the sizes below are those
of Sources/SelfCheck, and no array is stored. Of every output and every gradient the table holds two
numbers: its norm, and its projection (`integer_hash.projection`). Below a line with the operation's
name stands one line a quantity, the gradient of something being written with a ∂:

    [<operation>]
    <norm> <projection> <quantity>

Arrays are named "<operation>/<array>" for the hash, the weights of whole models by their Hugging Face
names. Gradients are those of sum(output * upstream), or of the loss. A norm of 0 marks a gradient
that vanishes but for rounding: that of a key projection's bias, because softmax sees no shift.
Dropout of an operation takes its mask from the hash as well: unit u of position p of sequence n
(and head h of H) is kept where unit("dropout/site s", ((n * H + h) * 64 + p) * 64 + u) is at least
the probability - 0.5.
"""

import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
import transformers

import integer_hash
import philox
from distillation_losses import divergence
from golden_models import put_models
from golden_table import LENGTHS, N, T, Table, array, integers, norm_scale

C, HEADS, HEAD_SIZE = 51, 3, 17
VOCABULARY, TEACHER = 1237, 35
SITE, PROBABILITY = 3, 0.25
SEED = 20240907  # of the counter-based dropout masks; all else comes from the hash


def backward(name, output):
    (output * array(f"{name}/upstream", *output.shape).detach()).sum().backward()


def kept(probability, sequence, head, head_count, position, count):
    """float64 [count], 1 where the hash keeps a unit."""
    first = ((sequence * head_count + head) * 64 + position) * 64
    units = integer_hash.units(f"dropout/site {SITE}", count, first)
    return torch.from_numpy((units >= probability - 0.5).astype(np.float64))


def row_mask(columns):
    """[T, columns]: kept units over the probability of keeping."""
    rows = [
        kept(PROBABILITY, n, 0, 1, p, columns)
        for n, size in enumerate(LENGTHS)
        for p in range(size)
    ]
    return torch.stack(rows) / (1 - PROBABILITY)


def put_linear(table):
    name = "linear"
    x, bias = array(f"{name}/x", T, 83), array(f"{name}/bias", 213)
    weight = array(f"{name}/weight", 213, 83)
    y = F.linear(x, weight, bias)
    backward(name, y)
    table.put(name, "output", y)
    table.gradients(name, input=x, weight=weight, bias=bias)


def put_functions(table):
    for name, function in [("GELU", F.gelu), ("tanh", torch.tanh), ("ReLU", torch.relu)]:
        x = array(f"{name}/x", T, 37, scale=8.0)
        y = function(x)
        backward(name, y)
        table.put(name, "output", y)
        table.gradients(name, input=x)


def put_layer_norm(table):
    for name, residual in [("layer norm", False), ("layer norm of a sum with dropout", True)]:
        x, r = array(f"{name}/x", T, C, scale=4.0), array(f"{name}/r", T, C, scale=4.0)
        scale, shift = norm_scale(f"{name}/scale", C), array(f"{name}/shift", C)
        y = F.layer_norm(x + r * row_mask(C) if residual else x, (C,), scale, shift, 2.0**-7)
        backward(name, y)
        table.put(name, "output", y)
        table.gradients(name, input=x, scale=scale, shift=shift)
        if residual:
            table.gradients(name, residual=r)


def attend(q, k, v, sequence, drops):
    """[R, C] of one sequence's queries [R, C], keys and values [L, C]."""
    q, k, v = (x.view(len(x), HEADS, HEAD_SIZE).transpose(0, 1) for x in (q, k, v))
    p = torch.softmax(q @ k.transpose(1, 2) / HEAD_SIZE**0.5, dim=-1)
    if drops:
        p = p * torch.stack([
            torch.stack([
                kept(PROBABILITY, sequence, h, HEADS, row, p.shape[2]) for row in range(p.shape[1])
            ])
            for h in range(HEADS)
        ]) / (1 - PROBABILITY)  # fmt: skip
    return (p @ v).transpose(0, 1).reshape(-1, C)


def put_attention(table):
    for name, drops in [("attention", False), ("attention with dropout", True)]:
        x = array(f"{name}/x", T, 3 * C, scale=4.0)
        parts = torch.split(x, LENGTHS)
        y = torch.cat([attend(*part.split(C, dim=1), n, drops) for n, part in enumerate(parts)])
        backward(name, y)
        table.put(name, "output", y)
        table.put(name, "∂queries, keys and values", x.grad)
    name = "attention of first rows"
    q, x = array(f"{name}/q", N, C, scale=4.0), array(f"{name}/x", T, 2 * C, scale=4.0)
    parts = torch.split(x, LENGTHS)
    y = torch.cat(
        [attend(q[n : n + 1], *part.split(C, dim=1), n, False) for n, part in enumerate(parts)]
    )
    backward(name, y)
    table.put(name, "output", y)
    table.gradients(name, queries=q, keys_and_values=x)


def put_embedding(table):
    name = "embedding"
    ids = integers(f"{name}/ids", T, 13)
    assert (ids == 0).any()
    words, positions = array(f"{name}/words", 13, C), array(f"{name}/positions", 40, C)
    types = array(f"{name}/types", 2, C)
    places = torch.cat([torch.arange(size) for size in LENGTHS])
    y = F.embedding(ids, words, padding_idx=0) + F.embedding(places, positions) + types[0]
    backward(name, y)
    table.put(name, "output", y)
    table.gradients(name, words=words, positions=positions, token_types=types)


def put_rows(table):
    name = "selected rows"
    x = array(f"{name}/x", T, C)
    y = x[torch.tensor([0, 7, 8, 27, 59])]
    backward(name, y)
    table.put(name, "output", y)
    table.gradients(name, input=x)


def put_dropout(table):
    name = "dropout"
    x = array(f"{name}/x", T, C)
    y = x * row_mask(C)
    backward(name, y)
    table.put(name, "output", y)
    table.gradients(name, input=x)
    units = [
        philox.kept_units(SEED, 3, 1, site=5, sequence=n, head=0, position=p, count=103,
                          probability=0.1)
        for n, size in enumerate(LENGTHS) for p in range(size)
    ]  # fmt: skip
    table.put("dropout masks", "kept units", np.stack(units))


def put_cross_entropy(table):
    name = "cross entropy"
    logits, labels = array(f"{name}/logits", T, 5, scale=16.0), integers(f"{name}/labels", T, 5)
    losses = F.cross_entropy(logits, labels, reduction="none")
    losses.mean().backward()
    table.put(name, "losses", losses)
    table.gradients(name, logits=logits)


def put_cosine(table):
    name = "cosine"
    student, teacher = array(f"{name}/student", T, C), array(f"{name}/teacher", T, C)
    ones = torch.ones(T, dtype=torch.float64)
    losses = F.cosine_embedding_loss(student, teacher.detach(), ones, reduction="none")
    losses.mean().backward()
    table.put(name, "losses", losses)
    table.gradients(name, student=student)


def put_vocabulary(table):
    def head(name):
        hidden = array(f"{name}/hidden", T, C, scale=2.0)
        return hidden, array(f"{name}/decoder", VOCABULARY, C), array(f"{name}/bias", VOCABULARY)

    def finish(name, loss, hidden, decoder, bias):
        loss.backward()
        table.put(name, "loss", loss)
        table.gradients(name, hidden_states=hidden, decoder=decoder, bias=bias)

    name = "masked language objective"
    parts = head(name)
    logits = F.linear(*parts)
    labels = integers(f"{name}/labels", T, VOCABULARY)[::3]
    finish(name, F.cross_entropy(logits[::3], labels), *parts)

    name = "soft target objective"
    parts = head(name)
    teacher = F.linear(
        array(f"{name}/teacher hidden", T, TEACHER, scale=2.0),
        array(f"{name}/teacher decoder", VOCABULARY, TEACHER),
        array(f"{name}/teacher bias", VOCABULARY),
    ).detach()
    finish(name, divergence(F.linear(*parts), teacher, 2.0), *parts)

    name = "top-k soft target objective"
    parts = head(name)
    rows, places = np.arange(T)[:, None], np.arange(7)[None]
    ids = torch.from_numpy((37 * rows + 61 * places) % VOCABULARY)
    units = integer_hash.units(f"{name}/kept", 7 * T).reshape(T, 7)
    kept_logits = (np.float32(4) - places.astype(np.float32) * np.float32(0.5)) + units
    q = torch.exp(torch.from_numpy(kept_logits).double() / 2 - 4)
    q_rest = 1 - q.sum(1)
    assert (q_rest > 0.01).all()
    p = torch.softmax(F.linear(*parts) / 2, dim=1)
    p_kept = p.gather(1, ids)
    p_rest = 1 - p_kept.sum(1)
    loss = 4 * ((q * (q / p_kept).log()).sum(1) + q_rest * (q_rest / p_rest).log()).mean()
    finish(name, loss, *parts)


def put_adamw(table):
    name = "AdamW"
    start = {"weight": array(f"{name}/weight", 37, 19), "bias": array(f"{name}/bias", 37)}
    parameters = {key: value.detach().clone() for key, value in start.items()}
    optimizer = torch.optim.AdamW(
        [dict(params=[parameters["weight"]], weight_decay=0.1),
         dict(params=[parameters["bias"]], weight_decay=0.0)],
        lr=2.0**-6, betas=(0.9, 0.98), eps=1e-6,
    )  # fmt: skip
    for step in range(1, 4):
        upstream = array(f"{name}/upstream {step}", 19, 37).detach()
        parameters["weight"].grad, parameters["bias"].grad = upstream.T.clone(), upstream.sum(0)
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        table.put("gradient norm", f"step {step}", norm)
        optimizer.step()
    for key, value in parameters.items():
        state = optimizer.state[value]
        table.put(name, f"change of {key}", value - start[key].detach())
        table.put(name, f"first moment of {key}", state["exp_avg"])
        table.put(name, f"second moment of {key}", state["exp_avg_sq"])


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} OUT.swift")
    table = Table()
    for put in [
        put_linear, put_functions, put_layer_norm, put_attention, put_embedding, put_rows,
        put_dropout, put_cross_entropy, put_vocabulary, put_cosine, put_adamw, put_models,
    ]:  # fmt: skip
        put(table)
    torch_version = torch.__version__.split("+")[0]
    lines = [line for name, lines in table.quantities.items() for line in [f"[{name}]", *lines]]
    text = "\n".join(f"    {line}" for line in lines)
    count = len(lines) - len(table.quantities)
    source = f'''/// {count} norms and projections that torch {torch_version} and transformers \
{transformers.__version__} computed in float64
/// (numpy {np.__version__}; inputs by integer hash, dropout masks of seed {SEED}); see `GoldenNumbers`.
///
/// Written by Tests/Peers/make_golden_numbers.py, which describes the format: do not edit.
enum GoldenNumberTable {{
  static let torch = "{torch_version}"
  static let transformers = "{transformers.__version__}"

  static let text = """
{text}
    """
}}
'''
    with open(sys.argv[1] + ".partial", "w", encoding="utf-8") as file:
        file.write(source)
    os.replace(sys.argv[1] + ".partial", sys.argv[1])


main()
