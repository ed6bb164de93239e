"""How PyTorch is run: as Hugging Face's programs run it, and as an expert tunes it for a CPU.

`default` changes nothing. `expert` takes what is faster and computes the same in float32; what was
tried besides is in bench_peers.json.
"""

import os
import sys

import torch

SETTINGS = ("default", "expert")

# Blocks of more than 32 MiB (logits, embedding gradients) are otherwise mapped afresh, page by page,
# each time, and pages of 2 MiB cost fewer faults. glibc reads this as the process starts.
EXPERT_ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967296:"
    "glibc.malloc.trim_threshold=4294967296:glibc.malloc.hugetlb=1"
}


def prepare(settings, threads):
    """First of all: an expert's program starts again in its environment, and worker threads inherit
    how subnormal numbers are treated."""
    if settings == "expert" and not EXPERT_ENVIRONMENT.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | EXPERT_ENVIRONMENT)
    torch.set_num_threads(threads)
    torch.manual_seed(42)
    if settings == "expert":
        torch.set_flush_denormal(True)


def is_fused(settings):
    """torch.optim.AdamW's `fused`: None is torch's choice, on a CPU a loop over tensors."""
    return True if settings == "expert" else None


def load(kind, folder):
    """A model of class `kind`; loading it may leave no tensor missing, unused or misshapen.

    transformers takes SDPA by itself where a model has it: 4.44.2 has it for BERT, not for DistilBERT.
    """
    model, info = kind.from_pretrained(folder, output_loading_info=True, local_files_only=True)
    problems = {key: value for key, value in info.items() if value}
    if problems:
        raise SystemExit(f"{folder} does not load cleanly in transformers: {problems}")
    return model
