"""adam.h5: 20 steps of torch 2.4.0's Adam, to the last bit.

  /<case>                      l2 (with weight decay) and plain (without)
    initial/<name>             weights before step 1
    gradients/<name>           [20, ...]
    weights_<k>/<name>         after step k = 1, 2, 20
    first_moment/<name>, second_moment/<name>   after step 20
  attributes: learning_rate, beta1, beta2, epsilon, weight_decay, decayed (names, one a line).

The arithmetic is that of make_adamw_fixture.py, which says why the root is the correctly rounded
one, but for the decay:  g = fma(float(decay), p, g)  before the moments, nothing without a decay.
"""

import sys

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from fixture_file import FixtureFile, destination

SEED = 20241005
STEPS = 20
KEPT = [1, 2, 20]

# Lengths give full vectors, tails and tensors that are all tail, for 8 and 16 lanes.
SHAPES = {
    "embedding.weight": (6, 12),
    "dense.weight": (5, 7),
    "dense.bias": (37,),
    "LayerNorm.weight": (19,),
}
DECAYED = ["embedding.weight", "dense.weight"]

CASES = {
    "l2": dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01),
    "plain": dict(learning_rate=5e-4, beta1=0.9, beta2=0.98, epsilon=1e-6, weight_decay=0.0),
}


class CorrectSquareRoot(TorchDispatchMode):
    """Replaces aten.sqrt on float32 by the correctly rounded root."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.sqrt.default and args[0].dtype == torch.float32:
            return torch.from_numpy(np.sqrt(args[0].numpy()))
        return function(*args, **(kwargs or {}))


def put_case(fixture, name, case, generator):
    parameters, gradients = {}, {}
    for n, shape in SHAPES.items():
        initial = generator.standard_normal(shape).astype(np.float32) * np.float32(0.1)
        parameters[n] = torch.nn.Parameter(torch.from_numpy(initial.copy()))
        # Magnitudes over four decades; every third row of the embedding is never looked up.
        size = 10.0 ** generator.uniform(-4, 0, (STEPS, *shape))
        gradients[n] = (generator.standard_normal((STEPS, *shape)) * size).astype(np.float32)
        if n == "embedding.weight":
            gradients[n][:, ::3] = 0
        fixture.put(f"{name}/initial/{n}", initial)
        fixture.put(f"{name}/gradients/{n}", gradients[n])
    optimizer = torch.optim.Adam(
        [
            dict(params=[parameters[n] for n in SHAPES if n in DECAYED]),
            dict(params=[parameters[n] for n in SHAPES if n not in DECAYED], weight_decay=0.0),
        ],
        lr=case["learning_rate"], betas=(case["beta1"], case["beta2"]), eps=case["epsilon"],
        weight_decay=case["weight_decay"],
    )  # fmt: skip
    with CorrectSquareRoot():
        for t in range(1, STEPS + 1):
            for n, parameter in parameters.items():
                parameter.grad = torch.from_numpy(gradients[n][t - 1].copy())
            optimizer.step()
            if t in KEPT:
                for n, parameter in parameters.items():
                    fixture.put(f"{name}/weights_{t}/{n}", parameter)
    for n, parameter in parameters.items():
        fixture.put(f"{name}/first_moment/{n}", optimizer.state[parameter]["exp_avg"])
        fixture.put(f"{name}/second_moment/{n}", optimizer.state[parameter]["exp_avg_sq"])
    fixture.attributes(name, **case)
    fixture.names(name, "decayed", DECAYED)


def main():
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        sys.exit("torch fuses multiply-adds only with AVX2 or AVX512; unset ATEN_CPU_CAPABILITY")
    with FixtureFile(destination(), SEED) as fixture:
        for index, (name, case) in enumerate(CASES.items()):
            put_case(fixture, name, case, np.random.default_rng(SEED + index))


main()
