"""Sequences of one length for timings of distillation: see time_distillation.py."""

import torch

import labelled_sentences


def connected_text(path, vocabulary, length, count):
    """`count` sequences of the file's tokens, int64 [count, length]."""
    sentences, _ = labelled_sentences.read(path)
    sequences = labelled_sentences.token_ids(sentences, vocabulary)
    first, last = sequences[0][0], sequences[0][-1]
    tokens = [token for ids in sequences for token in ids[1:-1]]
    if len(tokens) < count * (length - 2):
        raise SystemExit(f"{path}: {len(tokens)} tokens, {count * (length - 2)} needed")
    pieces = labelled_sentences.batches(tokens, length - 2)[:count]
    return torch.tensor([[first, *piece, last] for piece in pieces])
