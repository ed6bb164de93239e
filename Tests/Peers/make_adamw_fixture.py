"""adamw.h5: 100 steps of torch 2.4.0's AdamW, clipping and linear schedule, to the last bit.

  /<case>                      finetune (the Trainer's settings) and distil (the distiller's)
    initial/<name>             weights before step 1
    gradients/<name>           [100, ...] before clipping
    weights_<k>/<name>         after step k = 1, 2, 10, 100
    first_moment/<name>, second_moment/<name>   after step 100
    learning_rates             float64 [100], the one used in each step
    total_norms, clip_coefficients  float32 [100]
  attributes: learning_rate, beta1, beta2, epsilon, weight_decay, max_grad_norm, warmup_steps,
  total_steps, decayed and not_decayed (names, one a line).

The arithmetic, found by comparing every operation of torch/optim/adamw.py `_single_tensor_adamw`
(what the CPU runs by default) with candidates, and proved here: `emulated_step` gives torch's bits.
All elements are float32; double quantities are Python floats, rounded to float32 once, where they
meet a tensor. float(x) is that rounding, fma(a, b, c) one rounding of a * b + c, t = 1, 2, ...

  schedule      double   lr = base * max(0, (total - s) / max(1, total - warmup)),  s = t - 1;
                         base * (s / max(1, warmup)) while s < warmup
  norm          float32  per tensor, then of the stacked norms; the order of summation depends on
                         the vector width. Gradients here were drawn so that it equals the norm
                         summed in double and rounded once.
  clip          float32  c = min(1, (1 / (norm + float(1e-6))) * max_norm): a reciprocal, then a
                         product, each rounded;  g = g * c always, also for c = 1
  decay         float32  p = p * float(1 - lr * decay)            the factor in double
  first moment  fused    m = fma(float(1 - beta1), g - m, m)      lerp; 1 - beta1 in double
  second moment          v = v * float(beta2)                     rounded, then
                fused    v = fma(float(1 - beta2) * g, g, v)      addcmul; (value * g) rounded first
  denominator            d = sqrt(v) / float(sqrt(1 - beta2^t))   a true division; the root and the
                         d = d + float(epsilon)                   power in double
  weight                 p = p + (float(-(lr / (1 - beta1^t))) * m) / d     addcdiv: product,
                                                                  quotient, sum, each rounded
  beta^t                 C's pow in double

torch gives these bits with ATEN_CPU_CAPABILITY avx2 and avx512, in vector loops and their tails
alike. With `default` (no AVX2) nothing is fused, and the last bits differ.

One operation is not torch's own: sqrt of a contiguous tensor is MKL's vmsSqrt, whose kernel depends
on the processor. Calling its kernels one by one on an AMD EPYC (2^20 values over 60 decades): the
one for Intel with AVX2 was correctly rounded throughout; the AVX-512 one starts from vrsqrt14ps and
was one unit off in 0.7 %; the SSE one from rsqrtps, which is what MKL takes on processors of other
makers whatever they can do, was one unit off in 17 %. So torch does not agree with itself from
machine to machine in the last bit. Here sqrt is correctly rounded,
as IEEE 754 and every vsqrtps do, by way of a dispatch mode around torch's optimizer; that nothing
else differs is proved by emulating the unchanged optimizer with torch's own sqrt.
"""

import math
import sys

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import get_linear_schedule_with_warmup

from fixture_file import FixtureFile, destination

SEED = 20240903
STEPS = 100
KEPT = [1, 2, 10, 100]

# Lengths give full vectors, tails and tensors that are all tail, for 8 and 16 lanes.
SHAPES = {
    "embedding.weight": (6, 12),
    "dense.weight": (5, 7),
    "dense.bias": (37,),
    "LayerNorm.weight": (19,),
}
DECAYED = ["embedding.weight", "dense.weight"]

CASES = {
    "finetune": dict(
        learning_rate=2e-5, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01,
        max_grad_norm=1.0, warmup_steps=0, total_steps=STEPS,
    ),
    "distil": dict(
        learning_rate=5e-4, beta1=0.9, beta2=0.98, epsilon=1e-6, weight_decay=0.0,
        max_grad_norm=5.0, warmup_steps=5, total_steps=STEPS,
    ),
}  # fmt: skip


class CorrectSquareRoot(TorchDispatchMode):
    """Replaces aten.sqrt on float32 by the correctly rounded root."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.sqrt.default and args[0].dtype == torch.float32:
            return torch.from_numpy(np.sqrt(args[0].numpy()))
        return function(*args, **(kwargs or {}))


def torch_square_root(x):
    return torch.from_numpy(x).sqrt().numpy()


def fma(a, b, c):
    """float32 a * b + c rounded once: exact product in double, sum rounded to odd, then to float.

    Rounding a double sum to float32 directly would round twice.
    """
    product = np.float64(a) * b.astype(np.float64)  # exact: 48 bits
    addend = c.astype(np.float64)
    total = product + addend
    back = total - product
    error = (product - (total - back)) + (addend - back)  # Knuth's two-sum
    bits = total.view(np.int64)
    toward = np.where((error > 0) == (total > 0), bits + 1, bits - 1)
    odd = np.where((error != 0) & (bits & 1 == 0), toward, bits)
    return odd.view(np.float64).astype(np.float32)


def learning_rate(case, t):
    s, warmup, total = t - 1, case["warmup_steps"], case["total_steps"]
    if s < warmup:
        return case["learning_rate"] * (s / max(1, warmup))
    return case["learning_rate"] * max(0.0, (total - s) / max(1, total - warmup))


def clip_coefficient(norm, maximum):
    reciprocal = np.float32(1) / (norm + np.float32(1e-6))
    return min(np.float32(1), reciprocal * np.float32(maximum))


def emulated_step(case, t, decays, p, g, m, v, root=np.sqrt):
    """The arithmetic above, in numpy: p, g, m, v float32 arrays -> p, m, v."""
    f = np.float32
    lr, beta1, beta2 = learning_rate(case, t), case["beta1"], case["beta2"]
    p = p * f(1 - lr * (case["weight_decay"] if decays else 0.0))
    m = fma(f(1 - beta1), g - m, m)
    v = v * f(beta2)
    v = fma(f(1 - beta2) * g, g, v)
    d = root(v) / f(math.sqrt(1 - beta2**t)) + f(case["epsilon"])
    return p + (f(-(lr / (1 - beta1**t))) * m) / d, m, v


def double_norm(gradients):
    """The norm over all tensors, summed in double and rounded to float32 once."""
    return np.float32(math.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in gradients)))


def torch_norm(gradients):
    norms = [torch.linalg.vector_norm(torch.from_numpy(g)) for g in gradients]
    return np.float32(torch.linalg.vector_norm(torch.stack(norms)).item())


def draw_gradients(generator):
    """One step's gradients: magnitudes over six decades, most embedding rows zero."""
    while True:
        scale = 10.0 ** generator.uniform(-1.5, 0.5)
        result = {}
        for name, shape in SHAPES.items():
            size = scale * 10.0 ** generator.uniform(-4, 0, shape)
            result[name] = (generator.standard_normal(shape) * size).astype(np.float32)
        result["embedding.weight"][generator.permutation(6)[:4]] = 0
        if torch_norm(result.values()) == double_norm(result.values()):
            return result


def run_torch(case, initial, gradients):
    """Yields (t, optimizer, parameters, learning rate, norm, coefficient) after each step."""
    parameters = {n: torch.nn.Parameter(torch.from_numpy(x.copy())) for n, x in initial.items()}
    groups = [
        dict(params=[parameters[n] for n in DECAYED], weight_decay=case["weight_decay"]),
        dict(params=[parameters[n] for n in SHAPES if n not in DECAYED], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(
        groups, lr=case["learning_rate"], betas=(case["beta1"], case["beta2"]),
        eps=case["epsilon"],
    )  # fmt: skip
    schedule = get_linear_schedule_with_warmup(optimizer, case["warmup_steps"], case["total_steps"])
    for t in range(1, STEPS + 1):
        for name, parameter in parameters.items():
            parameter.grad = torch.from_numpy(gradients[name][t - 1].copy())
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), case["max_grad_norm"])
        rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        yield t, optimizer, parameters, rate, np.float32(norm.item())


def expect_equal_bits(what, ours, torchs):
    if not np.array_equal(ours.view(np.int32), torchs.view(np.int32)):
        sys.exit(f"{what}: the emulation differs from torch; its arithmetic has changed")


def prove(case, initial, gradients, root):
    """Checks the emulation against torch in weights and moments after every step."""
    state = {n: (x, np.zeros_like(x), np.zeros_like(x)) for n, x in initial.items()}
    for t, optimizer, parameters, rate, norm in run_torch(case, initial, gradients):
        assert rate == learning_rate(case, t), (rate, learning_rate(case, t))
        coefficient = clip_coefficient(norm, case["max_grad_norm"])
        for name, (p, m, v) in state.items():
            g = gradients[name][t - 1] * coefficient
            state[name] = emulated_step(case, t, name in DECAYED, p, g, m, v, root)
            moments = optimizer.state[parameters[name]]
            theirs = [parameters[name].detach(), moments["exp_avg"], moments["exp_avg_sq"]]
            for ours, other in zip(state[name], theirs):
                expect_equal_bits(f"{name}, step {t}", ours, other.numpy())
    return {name: p for name, (p, _, _) in state.items()}


def put_case(fixture, name, case, generator):
    initial = {
        n: generator.standard_normal(shape).astype(np.float32) * np.float32(0.1)
        for n, shape in SHAPES.items()
    }
    steps = [draw_gradients(generator) for _ in range(STEPS)]
    gradients = {n: np.stack([step[n] for step in steps]) for n in SHAPES}

    own = prove(case, initial, gradients, torch_square_root)  # the unchanged optimizer
    rates, norms = [], []
    with CorrectSquareRoot():
        corrected = prove(case, initial, gradients, np.sqrt)
        for t, optimizer, parameters, rate, norm in run_torch(case, initial, gradients):  # noqa: B007
            rates.append(rate)
            norms.append(norm)
            if t in KEPT:
                for n, parameter in parameters.items():
                    fixture.put(f"{name}/weights_{t}/{n}", parameter)
    for n, parameter in parameters.items():
        expect_equal_bits(n, corrected[n], parameter.detach().numpy())
        fixture.put(f"{name}/initial/{n}", initial[n])
        fixture.put(f"{name}/gradients/{n}", gradients[n])
        fixture.put(f"{name}/first_moment/{n}", optimizer.state[parameter]["exp_avg"])
        fixture.put(f"{name}/second_moment/{n}", optimizer.state[parameter]["exp_avg_sq"])
    fixture.put(f"{name}/learning_rates", np.array(rates), np.float64)
    fixture.put(f"{name}/total_norms", np.array(norms))
    maximum = case["max_grad_norm"]
    coefficients = [clip_coefficient(x, maximum) for x in norms]
    fixture.put(f"{name}/clip_coefficients", np.array(coefficients))
    fixture.attributes(name, **case)
    fixture.names(name, "decayed", DECAYED)
    fixture.names(name, "not_decayed", [n for n in SHAPES if n not in DECAYED])

    differing = sum((own[n] != corrected[n]).sum() for n in SHAPES)
    largest = max(np.abs(own[n] - corrected[n]).max() for n in SHAPES)
    print(f"{name}: with this processor's MKL sqrt {differing} of 163 weights differ after"
          f" {STEPS} steps, by at most {largest:.1e}; clipped steps:"
          f" {sum(x > maximum for x in norms)}", file=sys.stderr)  # fmt: skip


def main():
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        sys.exit("torch fuses multiply-adds only with AVX2 or AVX512; unset ATEN_CPU_CAPABILITY")
    with FixtureFile(destination(), SEED) as fixture:
        for index, (name, case) in enumerate(CASES.items()):
            put_case(fixture, name, case, np.random.default_rng(SEED + index))


main()
