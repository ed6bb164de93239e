"""Philox4x32-10, the generator behind Retort's random streams, in numpy.

Source: Salmon, Moraes, Dror, Shaw 2011 (doi 10.1145/2063384.2063405). Known answer, from Random123's
kat_vectors: block(0, 0) = 6627e8d5 e169c58d bc57ac4c 9b00dbd8, checked when this is imported.
"""

import numpy as np

LOW = np.uint64(0xFFFFFFFF)


def blocks(counters, key):
    """uint32 [n, 4] for counters uint32 [n, 4] under a key of two 32-bit integers."""
    c = [counters[:, i].astype(np.uint64) for i in range(4)]
    k = [int(key[0]), int(key[1])]
    for _ in range(10):
        first, second = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [
            (second >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]),
            second & LOW,
            (first >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]),
            first & LOW,
        ]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, axis=1).astype(np.uint32)


def kept_units(seed, step, micro_batch, site, sequence, head, position, count, probability):
    """Which of `count` units `CounterDropout` keeps; uint32 [count], 1 for kept.

    The key of a step's masks is the first block of the stream `dropout` (number 4) at
    (step, micro-batch). Sixteen blocks side by side give 64 units: output o of block l decides unit
    16 * o + l.
    """
    first = np.array([[0, 4, step, micro_batch]], np.uint32)
    key = blocks(first, (seed & 0xFFFFFFFF, seed >> 32))[0, :2]
    number = np.arange((count + 63) // 64 * 16, dtype=np.uint32)
    counters = np.empty((number.size, 4), np.uint32)
    counters[:, 0] = number
    counters[:, 1:] = (site << 16 | head, sequence, position)
    bits = blocks(counters, key).reshape(-1, 16, 4).transpose(0, 2, 1).reshape(-1)[:count]
    threshold = min(int((1 - float(np.float32(probability))) * 2**32), 2**32 - 1)
    return (bits < np.uint32(threshold)).astype(np.uint32)


KNOWN = np.array([[0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]], np.uint32)
assert (blocks(np.zeros((1, 4), np.uint32), (0, 0)) == KNOWN).all()
