"""Numbers that both sides compute instead of storing: a 32-bit integer hash, exact in float32.

For a tensor with a name and its elements counted from 0 in row-major order, all arithmetic on
unsigned 32-bit integers with wrap-around:

    mix(x):   x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15;  x *= 0x846ca68b;  x ^= x >> 16
    key(name) = FNV-1a of the name's UTF-8 bytes:
              h = 0x811c9dc5;  for each byte b:  h = (h ^ b) * 0x01000193
    hash(name, i) = mix(mix(i + 0x9e3779b9) ^ key(name))
    unit(name, i) = Float(hash(name, i) >> 8) * 2^-24 - 0.5        in [-0.5, 0.5), exact
    value(name, i) = unit(name, i) * 2^-3                          exact
    integer(name, i) = floor((unit(name, i) + 0.5) * bound)        in 0 ..< bound, in float64

A weight of a model of published size is value(name, i), where name is its full Hugging Face name
("bert.encoder.layer.0.attention.self.query.weight"; a tied decoder is the word embedding under
that name); a LayerNorm's scale is 1 + value(name, i), added in float32 (round to nearest even).
A Linear's output then has a standard deviation near 1 for normalised inputs of 768 columns, so
attention is neither uniform nor saturated. The projection of a tensor t is
sum over i of t[i] * unit("projection", i), in float64.
"""

import numpy as np

BLOCK = 1 << 22


def mix(x):
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def key(name):
    h = 0x811C9DC5
    for byte in name.encode("utf-8"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return np.uint32(h)


def hashes(name, count, first=0):
    """hash(name, i) for i in first ..< first + count; uint32 [count]."""
    index = np.arange(first, first + count, dtype=np.uint32)
    return mix(mix(index + np.uint32(0x9E3779B9)) ^ key(name))


def units(name, count, first=0):
    """unit(name, i); float32 [count]."""
    result = np.empty(count, np.float32)
    for start in range(0, count, BLOCK):
        end = min(start + BLOCK, count)
        h = hashes(name, end - start, first + start) >> np.uint32(8)
        result[start:end] = h.astype(np.float32) * np.float32(2.0**-24) - np.float32(0.5)
    return result


def values(name, shape, scale=2.0**-3):
    """value(name, i) as float32 of the given shape; scale is a power of two."""
    count = int(np.prod(shape))
    return (units(name, count) * np.float32(scale)).reshape(shape)


def integers(name, count, bound):
    """integer(name, i) for i in 0 ..< count; int64 [count]."""
    return np.floor((units(name, count).astype(np.float64) + 0.5) * bound).astype(np.int64)


def projection(tensor):
    """Sum of tensor[i] * unit("projection", i), in float64, i counted in row-major order."""
    flat = np.ascontiguousarray(tensor).reshape(-1)
    total = 0.0
    for start in range(0, flat.size, BLOCK):
        part = flat[start : start + BLOCK].astype(np.float64)
        total += float(part @ units("projection", part.size, start).astype(np.float64))
    return total


SAMPLES = 64


def sample_places(name, tensor):
    """64 places of a tensor, chosen by hash among those that are not zero; int64 [64].

    A gradient of an embedding table is zero in most rows, and zeros compare as equal too easily.
    """
    nonzero = np.flatnonzero(tensor)
    if nonzero.size == 0:
        nonzero = np.arange(tensor.size)
    chosen = hashes("sample " + name, SAMPLES).astype(np.int64) % nonzero.size
    return nonzero[np.sort(chosen)]
