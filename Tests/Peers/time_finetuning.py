"""Time of a PyTorch fine-tuning step, from token ids to updated weights.

    time_finetuning.py --model FOLDER --sentences FILE [--settings default|expert]
                       [--state fresh|late] [--batch-size 16] [--steps N] [--warmup 3] [--threads 2]

FOLDER: a sequence classifier as save_pretrained writes it, with vocab.txt. FILE: "sentence<TAB>label"
lines; batches are consecutive lines, those of the warm-up first. Dropout on, padded to the longest of
the batch, gradient norm clipped at 1, AdamW with decay 0.01 but on biases and norms: the step of
Hugging Face's Trainer. Grouping sentences by length is the file's business.
"""

import argparse
import os

import torch
from transformers import AutoModelForSequenceClassification

import labelled_sentences
import late_state
import peer_settings
from padding import padded
from timing import Timing, torch_versions

LEARNING_RATE, WEIGHT_DECAY, MAX_GRAD_NORM = 2e-5, 0.01, 1.0


def make_optimizer(model, settings):
    def exempt(name):
        return name.endswith("bias") or "norm" in name.lower()

    named = list(model.named_parameters())
    groups = [
        dict(params=[p for n, p in named if not exempt(n)], weight_decay=WEIGHT_DECAY),
        dict(params=[p for n, p in named if exempt(n)], weight_decay=0.0),
    ]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=peer_settings.is_fused(settings))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--settings", choices=peer_settings.SETTINGS, default="default")
    parser.add_argument("--state", choices=["fresh", "late"], default="fresh")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--steps", type=int, help="default: as many as the file has")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    peer_settings.prepare(arguments.settings, arguments.threads)

    sentences, labels = labelled_sentences.read(arguments.sentences)
    sequences = labelled_sentences.token_ids(sentences, os.path.join(arguments.model, "vocab.txt"))
    batches = labelled_sentences.batches(list(zip(sequences, labels)), arguments.batch_size)
    if arguments.steps is not None:
        wanted = arguments.warmup + arguments.steps
        if len(batches) < wanted:
            raise SystemExit(f"{arguments.sentences}: {len(batches)} batches, {wanted} needed")
        batches = batches[:wanted]

    model = peer_settings.load(AutoModelForSequenceClassification, arguments.model)
    optimizer = make_optimizer(model, arguments.settings)
    if arguments.state == "late":
        late_state.install(optimizer, model.get_input_embeddings().weight)

    def inputs_of(batch):
        inputs = padded([ids for ids, _ in batch])
        return dict(inputs, labels=torch.tensor([label for _, label in batch]))

    with torch.no_grad():
        check_loss = model.eval()(**inputs_of(batches[0])).loss.item()
    model.train()

    timing, padded_tokens = Timing(arguments.warmup), 0

    def update():
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRAD_NORM)
        optimizer.step()
        optimizer.zero_grad()

    def step(batch):
        inputs = inputs_of(batch)
        loss = timing.phase("forward", lambda: model(**inputs).loss)
        timing.phase("backward", loss.backward)
        timing.phase("clip_and_optimizer", update)
        return inputs["input_ids"].numel()

    for batch in batches:
        numel = timing.step(lambda: step(batch), len(batch), sum(len(ids) for ids, _ in batch))
        padded_tokens += numel if timing.is_measuring else 0

    timing.report(
        job="fine-tuning", settings=arguments.settings, state=arguments.state,
        model=arguments.model, weights="folder", threads=torch.get_num_threads(),
        batch_size=arguments.batch_size, check_loss=check_loss,
        padded_over_real=padded_tokens / timing.tokens,
        attention=model.config._attn_implementation, versions=torch_versions(),
    )  # fmt: skip


main()
