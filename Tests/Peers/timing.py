"""What every timing script of a peer measures and prints: one JSON object, the keys of `retort bench`.

seconds                        of each measured step
sentences_of_steps             how many sentences each of them did
seconds_per_thousand_sentences sum of seconds / sum of sentences * 1000: the mean, so that what is
                               compared is the whole of identical sentences
tokens                         real tokens of the measured steps, [CLS] and [SEP] included
p50_seconds, p95_seconds       of the steps
peak_resident_bytes            of the process, from its start
check_...                      what the driver compares with the other side's
"""

import json
import platform
import resource
import time


class Timing:
    """Collects measured steps; the first `warmup` steps are run and not kept."""

    def __init__(self, warmup):
        self.warmup = warmup
        self.started = 0
        self.seconds, self.sentences, self.tokens = [], [], 0
        self.phases = {}

    def step(self, action, sentences, tokens):
        """Runs one step. Phases measured within it belong to it."""
        self.started += 1
        start = time.perf_counter()
        result = action()
        elapsed = time.perf_counter() - start
        if self.is_measuring:
            self.seconds.append(elapsed)
            self.sentences.append(sentences)
            self.tokens += tokens
        return result

    @property
    def is_measuring(self):
        return self.started > self.warmup

    def phase(self, name, action):
        start = time.perf_counter()
        result = action()
        if self.is_measuring:
            self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - start
        return result

    def report(self, **facts):
        total, sentences = sum(self.seconds), sum(self.sentences)
        result = dict(
            facts,
            steps=len(self.seconds),
            warmup=self.warmup,
            sentences=sentences,
            tokens=self.tokens,
            seconds=self.seconds,
            sentences_of_steps=self.sentences,
            seconds_per_thousand_sentences=total / sentences * 1000,
            p50_seconds=percentile(self.seconds, 0.50),
            p95_seconds=percentile(self.seconds, 0.95),
            peak_resident_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            processor=processor(),
        )
        if self.phases:
            result["phases"] = self.phases
        print(json.dumps(result))


def percentile(values, share):
    """Linear between neighbours, as numpy's default."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def torch_versions():
    """Of what runs a model in PyTorch, with the instructions it chose."""
    import torch
    import transformers

    return {
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "python": platform.python_version(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }
