"""Time of a PyTorch distillation step BERT-base -> DistilBERT: what Retort is measured against.

    distil_step_time.py [--batch 8] [--length 128] [--expert] [--steps 5] [--warmup 2] [--threads 2]

Random weights of the published sizes and random ids of equal length; 15 % masked. The recipe's
loss: 5 * KL (T = 2, all positions) + 2 * masked LM + 1 * cosine of the last hidden states; clip at
5, AdamW. Default: as the original distiller.py steps, AdamW as torch runs it on a CPU. --expert:
AdamW(fused=True), and hidden states that nothing reads are not kept.
"""

import argparse

import torch
import torch.nn.functional as F
from transformers import BertConfig, BertForMaskedLM, DistilBertConfig, DistilBertForMaskedLM

from distillation_losses import cosine_loss, divergence
from step_timing import Stopwatch, report

MASK = 103


def make_batch(arguments, generator):
    shape = (arguments.batch, arguments.length)
    ids = torch.randint(1000, 30522, shape, generator=generator)
    masked = torch.rand(shape, generator=generator) < 0.15
    labels = torch.where(masked, ids, -100)
    return torch.where(masked, MASK, ids), torch.ones(shape, dtype=torch.long), labels


def last_states(model, encoder, ids, mask, expert):
    """Logits and last hidden states, [B * L, ...]."""
    if expert:
        hidden = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        logits = head(model)(hidden)
    else:
        output = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        logits, hidden = output.logits, output.hidden_states[-1]
    return logits.flatten(0, 1), hidden.flatten(0, 1)


def head(model):
    if hasattr(model, "cls"):
        return model.cls
    return lambda h: model.vocab_projector(
        model.vocab_layer_norm(F.gelu(model.vocab_transform(h)))
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--expert", action="store_true")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(42)

    teacher = BertForMaskedLM(BertConfig()).eval()
    student = DistilBertForMaskedLM(DistilBertConfig()).train()
    optimizer = torch.optim.AdamW(
        student.parameters(), lr=5e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0,
        fused=arguments.expert or None,
    )  # fmt: skip
    generator, stopwatch = torch.Generator().manual_seed(42), Stopwatch()

    def teach(ids, mask):
        with torch.no_grad():
            return last_states(teacher, teacher.bert, ids, mask, arguments.expert)

    def student_loss(ids, mask, labels, target):
        logits, hidden = last_states(student, student.distilbert, ids, mask, arguments.expert)
        mlm = F.cross_entropy(logits, labels.flatten(), ignore_index=-100)
        return 5 * divergence(logits, target[0], 2.0) + 2 * mlm + cosine_loss(hidden, target[1])

    def update():
        torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad()

    count = arguments.warmup + arguments.steps
    for _ in range(count):
        ids, mask, labels = make_batch(arguments, generator)
        target = stopwatch.measure("teacher", lambda: teach(ids, mask))
        loss = stopwatch.measure("student_forward", lambda: student_loss(ids, mask, labels, target))
        stopwatch.measure("backward", loss.backward)
        stopwatch.measure("clip_and_optimizer", update)

    report(
        stopwatch, arguments.warmup, [arguments.batch * arguments.length] * count,
        what="distillation step", settings="expert" if arguments.expert else "default",
        batch_size=arguments.batch, sequence_length=arguments.length, last_loss=loss.item(),
    )  # fmt: skip


main()
