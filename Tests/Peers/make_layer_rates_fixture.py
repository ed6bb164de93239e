"""layer_rates.h5: 20 steps of torch 2.4.0's AdamW with a learning rate a layer, to the last bit.

A model of two layers in name alone: tensors with gradients that are made up, in the groups of a layer-wise
decay (head 0, layer i 2 - i, embeddings 3 times), the head with a rate of its own in one case, under
transformers' linear schedule with warm-up. One tensor is frozen in one case.

  /<case>                      decayed and head
    initial/<path>             weights before step 1
    gradients/<path>           [20, ...]
    weights/<path>             after step 20
    rates/<path> float64 [20]  the learning rate of each step
  attributes: learning_rate, layer_decay, head (-1 for none), weight_decay, warmup, frozen (a path)

The arithmetic is that of make_adamw_fixture.py, which says why the root is the correctly rounded one.
"""

import sys

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import get_linear_schedule_with_warmup

from fixture_file import FixtureFile, destination

SEED = 20261130
STEPS = 20
LAYERS = 2
SHAPES = {
    "embeddings.words": (6, 12),
    "embeddings.norm.scale": (19,),
    "encoder.layer.0.attention.query.weight": (5, 7),
    "encoder.layer.1.output.bias": (37,),
    "pooler.weight": (4, 9),
    "classifier.weight": (3, 11),
}
DECAYED = [name for name in SHAPES if name.endswith(("weight", "words"))]
CASES = {
    "decayed": dict(learning_rate=1e-3, layer_decay=0.9, head=None, weight_decay=0.01, warmup=3,
                    frozen=""),
    "head": dict(learning_rate=2e-5, layer_decay=0.65, head=1e-3, weight_decay=0.1, warmup=0,
                 frozen="encoder.layer.1.output.bias"),
}  # fmt: skip


class CorrectSquareRoot(TorchDispatchMode):
    """Replaces aten.sqrt on float32 by the correctly rounded root."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.sqrt.default and args[0].dtype == torch.float32:
            return torch.from_numpy(np.sqrt(args[0].numpy()))
        return function(*args, **(kwargs or {}))


def rate(path, case):
    """The peak of a tensor's group."""
    if path.startswith("embeddings."):
        return case["learning_rate"] * case["layer_decay"] ** (LAYERS + 1)
    if path.startswith("encoder.layer."):
        return case["learning_rate"] * case["layer_decay"] ** (LAYERS - int(path.split(".")[2]))
    return case["learning_rate"] if case["head"] is None else case["head"]


def put_case(fixture, name, case, generator):
    parameters, gradients, rates = {}, {}, {}
    for path, shape in SHAPES.items():
        initial = generator.standard_normal(shape).astype(np.float32) * np.float32(0.1)
        parameters[path] = torch.nn.Parameter(torch.from_numpy(initial.copy()))
        size = 10.0 ** generator.uniform(-4, 0, (STEPS, *shape))
        gradients[path] = (generator.standard_normal((STEPS, *shape)) * size).astype(np.float32)
        fixture.put(f"{name}/initial/{path}", initial)
        fixture.put(f"{name}/gradients/{path}", gradients[path])
    trained = [path for path in SHAPES if path != case["frozen"]]
    optimizer = torch.optim.AdamW(
        [
            dict(
                params=[parameters[path]], lr=rate(path, case),
                weight_decay=case["weight_decay"] if path in DECAYED else 0.0,
            )
            for path in trained
        ],
    )  # fmt: skip
    schedule = get_linear_schedule_with_warmup(optimizer, case["warmup"], STEPS)
    for step in range(STEPS):
        for path, group in zip(trained, optimizer.param_groups, strict=True):
            rates.setdefault(path, []).append(group["lr"])
            parameters[path].grad = torch.from_numpy(gradients[path][step].copy())
        with CorrectSquareRoot():
            optimizer.step()
        schedule.step()
    for path in trained:
        fixture.put(f"{name}/weights/{path}", parameters[path])
        fixture.put(f"{name}/rates/{path}", np.array(rates[path]), np.float64)
    head = -1 if case["head"] is None else case["head"]
    fixture.attributes(name, **{**case, "head": float(head)})


def main():
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        sys.exit("torch fuses multiply-adds only with AVX2 or AVX512; unset ATEN_CPU_CAPABILITY")
    with FixtureFile(destination(), SEED) as fixture:
        for index, (name, case) in enumerate(CASES.items()):
            put_case(fixture, name, case, np.random.default_rng(SEED + index))


main()
