"""Times the phases of training steps and prints them as one JSON object."""

import json
import os
import resource
import time

import numpy as np
import torch
import transformers


class Stopwatch:
    """Seconds of named phases, step after step."""

    def __init__(self):
        self.phases = {}

    def measure(self, phase, action):
        start = time.perf_counter()
        result = action()
        self.phases.setdefault(phase, []).append(time.perf_counter() - start)
        return result

    def summary(self, warmup):
        """Per phase and for the whole step: median and 95th percentile in seconds."""
        kept = {name: np.array(times[warmup:]) for name, times in self.phases.items()}
        kept["step"] = sum(kept.values())
        return {
            name: dict(p50=float(np.median(t)), p95=float(np.percentile(t, 95)))
            for name, t in kept.items()
        }


def report(stopwatch, warmup, real_tokens, **facts):
    """real_tokens: of each step, without padding."""
    seconds = stopwatch.summary(warmup)
    tokens = float(np.mean(real_tokens[warmup:]))
    result = dict(
        facts,
        measured_steps=len(real_tokens) - warmup,
        seconds=seconds,
        real_tokens_per_step=tokens,
        real_tokens_per_second=tokens / seconds["step"]["p50"],
        peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        transformers=transformers.__version__,
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        load_average=os.getloadavg()[0],
    )
    print(json.dumps(result, indent=2))
