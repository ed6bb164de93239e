"""Losses between attention maps and between self-attention relations, restated on packed rows, and what a model of
transformers computes for them.

Letters: T tokens, C width, H heads, L tokens of a sequence. Sequences stand one after another; `lengths` says how long each is.
"""

import math

import torch
import torch.nn.functional as F

import tiny_models


def heads(x, count):
    """[L, C] -> [H, L, C/H]"""
    return x.reshape(x.shape[0], count, -1).transpose(0, 1)


def scores(x, y, count, lengths):
    """Of each sequence [H, L, L]; x and y [T, C]."""
    result = []
    for a, b in zip(torch.split(x, list(lengths)), torch.split(y, list(lengths))):
        a, b = heads(a, count), heads(b, count)
        result.append(a @ b.transpose(1, 2) / math.sqrt(a.shape[-1]))
    return result


def padded(maps, fill=0.0):
    """[N, H, longest, longest]"""
    longest = max(m.shape[-1] for m in maps)
    return torch.stack(
        [F.pad(m, (0, longest - m.shape[-1], 0, longest - m.shape[-2]), value=fill) for m in maps]
    )


def divergence(p, q):
    """Sum of the rows' KL(q || p)."""
    return (q * (q.log() - p.log())).sum()


def attention(student, teacher, of, compare, how, average):
    """Of scores [H, L, L] of each sequence."""
    values, counts = [], []
    for s, t in zip(student, teacher):
        if of == "probabilities":
            s, t = s.softmax(-1), t.softmax(-1)
        count = 1
        if how == "each":
            count = s.shape[0]
        else:
            merge = torch.sum if how == "sum" else torch.mean
            s, t = merge(s, 0), merge(t, 0)
        if compare == "mse":
            value, entries = ((s - t) ** 2).sum(), s.shape[-1] ** 2
        else:
            if of == "scores":
                s, t = s.softmax(-1), t.softmax(-1)
            value, entries = divergence(s, t), s.shape[-1]
        values.append(value / count)
        counts.append(entries)
    if average == "sequences":
        return sum(value / count for value, count in zip(values, counts)) / len(values)
    return sum(values) / sum(counts)


def relations(student, teacher, pairs, count, average, lengths):
    """Of functions from a letter to [T, C]; pairs of letters have weights."""
    total = 0.0
    for (x, y), weight in pairs.items():
        s = scores(student(x), student(y), count, lengths)
        t = scores(teacher(x), teacher(y), count, lengths)
        total = total + weight * attention(s, t, "probabilities", "kl", "each", average)
    return total


def both(pairs):
    return {tuple(name.split("-")): weight for name, weight in pairs.items()}


class Observed:
    """Queries, keys and values of every block in one run of a BERT or DistilBERT over a padded batch, real rows only."""

    NAMES = (("q", "query", "q_lin"), ("k", "key", "k_lin"), ("v", "value", "v_lin"))

    def __init__(self, model, ids, lengths):
        """model: with or without a head, whose output is `output`."""
        self.projections, self.lengths = {}, lengths
        encoder = model.base_model
        is_bert = hasattr(encoder, "encoder")
        handles = []
        for number, layer in enumerate((encoder.encoder if is_bert else encoder.transformer).layer):
            own = layer.attention.self if is_bert else layer.attention
            for letter, *names in self.NAMES:
                linear = getattr(own, names[0] if is_bert else names[1])
                handles.append(linear.register_forward_hook(self.keep(number, letter)))
        mask = tiny_models.attention_mask(lengths)
        self.real = mask.bool()
        self.output = model(
            tiny_models.padded(ids, lengths, 0), attention_mask=mask, output_hidden_states=True
        )
        for handle in handles:
            handle.remove()

    def keep(self, number, letter):
        def hook(module, inputs, output):
            self.projections[number, letter] = output[self.real]

        return hook

    def state(self, number):
        """Hidden state [T, C]; 0 is the embeddings' output, -1 the last."""
        return self.output.hidden_states[number][self.real]

    def block(self, number):
        return lambda letter: self.projections[number, letter]

    def scores(self, number, count=4):
        x, y = self.projections[number, "q"], self.projections[number, "k"]
        return scores(x, y, count, self.lengths)
