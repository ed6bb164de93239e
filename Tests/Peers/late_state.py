"""AdamW's state as 3,000 steps leave it, the same on both sides of a comparison.

The first moment of an embedding row that no sentence reads shrinks by a tenth a step and is subnormal
after some 720 steps, for good; arithmetic on subnormal numbers can be many times slower. After 3,000
steps on SST-2 about 2,130 rows are in that state, so as many are put there: whether they are read
afterwards does not matter.
"""

import torch

STEPS = 3_000
FIRST_MOMENT, SECOND_MOMENT = 1e-7, 1e-12
IDLE_ROWS = slice(20_000, 22_130)
# 1e-41 is subnormal: the smallest normal float32 is 1.2e-38. As bits, because a thread that flushes
# subnormals would store 0 for the number.
IDLE_FIRST_MOMENT_BITS, IDLE_SECOND_MOMENT = 7136, 1e-14


def install(optimizer, word_embeddings):
    """word_embeddings: the parameter [V, C] that has idle rows."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            first = torch.full_like(parameter, FIRST_MOMENT)
            second = torch.full_like(parameter, SECOND_MOMENT)
            if parameter is word_embeddings:
                first.view(torch.int32)[IDLE_ROWS] = IDLE_FIRST_MOMENT_BITS
                second[IDLE_ROWS] = IDLE_SECOND_MOMENT
            optimizer.state[parameter] = {
                "step": torch.tensor(float(STEPS)), "exp_avg": first, "exp_avg_sq": second,
            }  # fmt: skip
