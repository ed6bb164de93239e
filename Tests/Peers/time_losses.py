"""Time of a PyTorch distillation step with a loss on states or attention, from token ids to updated weights.

    time_losses.py --loss hidden|relations --model FOLDER --teacher FOLDER --sentences FILE
                   [--settings default|expert] [--batch-size 8] [--length 128] [--steps 8]
                   [--warmup 2] [--threads 2]

FOLDERs: encoders as save_pretrained writes them, of one width, the teacher's layers a multiple of the
student's. The loss is 1 - cos of the last hidden states, mean over tokens, and

hidden     MSE of every state of the student and every k-th of the teacher, embeddings included, as
           TinyBERT's general_distill.py states it: summed over the pairs
relations  MiniLMv2's: KL between the self-relations of queries, keys and values of the last blocks in
           48 heads, mean over heads and rows, summed over the three. Queries, keys and values come
           from forward hooks, as in minilmv2.bb, whose loop over sequences is one product here: all are of
           one length

Gradient norm clipped at 5, AdamW. default and expert: peer_settings.py; the loss is the same. The text
is that of time_distillation.py, nothing masked.
"""

import argparse
import math
import os

import torch
import torch.nn.functional as F
from transformers import AutoModel

import peer_settings
from connected_text import connected_text
from distillation_losses import cosine_loss
from timing import Timing, torch_versions

RELATION_HEADS = 48


class Encoder:
    """A model whose hidden states, or queries, keys and values of the last block, are looked at."""

    def __init__(self, model, loss):
        self.model, self.loss = model, loss
        self.seen = {}
        if loss == "relations":
            attention = model.encoder.layer[-1].attention.self
            for name in ("query", "key", "value"):
                getattr(attention, name).register_forward_hook(self._keep(name))

    def _keep(self, name):
        def hook(module, inputs, output):
            self.seen[name] = output

        return hook

    def __call__(self, ids, mask):
        """The last hidden state [B, L, C], and what the loss compares."""
        states = self.loss == "hidden"
        output = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=states)
        last = output.last_hidden_state
        return last, list(output.hidden_states) if states else dict(self.seen)


def hidden_loss(student, teacher):
    step = (len(teacher) - 1) // (len(student) - 1)
    return sum(F.mse_loss(state, teacher[step * i]) for i, state in enumerate(student))


def relations_loss(student, teacher):
    def relations(x):
        batch, length, width = x.shape
        heads = x.view(batch, length, RELATION_HEADS, width // RELATION_HEADS).transpose(1, 2)
        return heads @ heads.transpose(-1, -2) / math.sqrt(width // RELATION_HEADS)

    def divergence(name):
        own, taught = relations(student[name]), relations(teacher[name])
        total = F.kl_div(F.log_softmax(own, -1), F.softmax(taught, -1), reduction="sum")
        return total / own.shape[:-1].numel()

    return sum(divergence(name) for name in ("query", "key", "value"))


LOSSES = {"hidden": hidden_loss, "relations": relations_loss}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loss", choices=LOSSES, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--settings", choices=peer_settings.SETTINGS, default="default")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    peer_settings.prepare(arguments.settings, arguments.threads)

    teacher = peer_settings.load(AutoModel, arguments.teacher).eval()
    student = peer_settings.load(AutoModel, arguments.model)
    watched = Encoder(student, arguments.loss)
    watched_teacher = Encoder(teacher, arguments.loss)
    optimizer = torch.optim.AdamW(
        student.parameters(), lr=5e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0,
        fused=peer_settings.is_fused(arguments.settings),
    )  # fmt: skip
    timing = Timing(arguments.warmup)

    def teach(ids, mask):
        with torch.no_grad():
            return watched_teacher(ids, mask)

    def student_loss(ids, mask, target):
        last, seen = watched(ids, mask)
        cosine = cosine_loss(last.flatten(0, 1), target[0].flatten(0, 1))
        return cosine + LOSSES[arguments.loss](seen, target[1])

    def update():
        torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad()

    def step(ids, mask):
        target = timing.phase("teacher", lambda: teach(ids, mask))
        loss = timing.phase("student_forward", lambda: student_loss(ids, mask, target))
        timing.phase("backward", loss.backward)
        timing.phase("clip_and_optimizer", update)

    sequences = connected_text(
        arguments.sentences, os.path.join(arguments.model, "vocab.txt"), arguments.length,
        (arguments.warmup + arguments.steps) * arguments.batch_size,
    )  # fmt: skip
    batches = [(ids, torch.ones_like(ids)) for ids in sequences.split(arguments.batch_size)]
    with torch.no_grad():
        check_loss = student_loss(*batches[0], teach(*batches[0])).item()
    student.train()
    for batch in batches:
        timing.step(lambda: step(*batch), arguments.batch_size, batch[0].numel())

    timing.report(
        job="distillation", settings=arguments.settings, state="fresh", targets="live",
        loss=arguments.loss, model=arguments.model, teacher=arguments.teacher, weights="folder",
        threads=torch.get_num_threads(), batch_size=arguments.batch_size, length=arguments.length,
        check_loss=check_loss, versions=torch_versions(),
    )  # fmt: skip


main()
