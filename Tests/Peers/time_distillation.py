"""Time of a PyTorch distillation step BERT-base -> DistilBERT, from token ids to updated weights.

    time_distillation.py --model FOLDER --teacher FOLDER --sentences FILE
                         [--settings default|expert] [--batch-size 8] [--length 128] [--steps 3]
                         [--warmup 1] [--threads 2]

FOLDERs: masked language models as save_pretrained writes them. The recipe's loss: 5 * KL (T = 2, all
positions) + 2 * masked LM + 1 * cosine of the last hidden states; gradient norm clipped at 5, AdamW.
default states the recipe as its distiller.py does, without the copies of all logits that its
masked_select makes of full sequences. expert besides keeps no hidden state that nothing reads and
takes AdamW(fused=True).

FILE: "sentence<TAB>label" lines. Their tokens, [CLS] and [SEP] left out, stand one after another and
are cut into pieces of length - 2, each between [CLS] and [SEP]. Of each sequence positions 3, 10, 17,
..., counted from 0 and before the last, become [MASK]: 14 %. So both sides of a comparison read the
same.
"""

import argparse
import os

import torch
import torch.nn.functional as F
from transformers import AutoModelForMaskedLM

import peer_settings
from connected_text import connected_text
from distillation_losses import cosine_loss, divergence
from timing import Timing, torch_versions

MASK, FIRST_MASKED, MASK_PERIOD = 103, 3, 7
IGNORED = -100


def masked(sequences):
    """Ids with [MASK] in them, attention mask and labels (-100: not asked), int64 [B, L]."""
    length = sequences.shape[1]
    asked = torch.zeros(length, dtype=torch.bool)
    asked[FIRST_MASKED : length - 1 : MASK_PERIOD] = True
    labels = torch.where(asked, sequences, IGNORED)
    return torch.where(asked, MASK, sequences), torch.ones_like(sequences), labels


def last_states(model, ids, mask, settings):
    """Logits [B * L, V] and last hidden states [B * L, C]."""
    if settings == "expert":
        hidden = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        logits = head(model)(hidden)
    else:
        output = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        logits, hidden = output.logits, output.hidden_states[-1]
    return logits.flatten(0, 1), hidden.flatten(0, 1)


def head(model):
    """From hidden states to logits, as the models' own forward does it."""
    if hasattr(model, "cls"):
        return model.cls
    return lambda h: model.vocab_projector(model.vocab_layer_norm(F.gelu(model.vocab_transform(h))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--settings", choices=peer_settings.SETTINGS, default="default")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    peer_settings.prepare(arguments.settings, arguments.threads)

    teacher = peer_settings.load(AutoModelForMaskedLM, arguments.teacher).eval()
    student = peer_settings.load(AutoModelForMaskedLM, arguments.model)
    optimizer = torch.optim.AdamW(
        student.parameters(), lr=5e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0,
        fused=peer_settings.is_fused(arguments.settings),
    )  # fmt: skip
    timing = Timing(arguments.warmup)

    def teach(ids, mask):
        with torch.no_grad():
            return last_states(teacher, ids, mask, arguments.settings)

    def student_loss(ids, mask, labels, target):
        logits, hidden = last_states(student, ids, mask, arguments.settings)
        mlm = F.cross_entropy(logits, labels.flatten(), ignore_index=IGNORED)
        return 5 * divergence(logits, target[0], 2.0) + 2 * mlm + cosine_loss(hidden, target[1])

    def update():
        torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad()

    def step(ids, mask, labels):
        target = timing.phase("teacher", lambda: teach(ids, mask))
        loss = timing.phase("student_forward", lambda: student_loss(ids, mask, labels, target))
        timing.phase("backward", loss.backward)
        timing.phase("clip_and_optimizer", update)

    count = arguments.warmup + arguments.steps
    sequences = connected_text(
        arguments.sentences, os.path.join(arguments.model, "vocab.txt"), arguments.length,
        count * arguments.batch_size,
    )  # fmt: skip
    batches = [masked(batch) for batch in sequences.split(arguments.batch_size)]
    ids, mask, labels = batches[0]
    with torch.no_grad():
        check_loss = student_loss(ids, mask, labels, teach(ids, mask)).item()
    student.train()
    for batch in batches:
        timing.step(lambda: step(*batch), arguments.batch_size, batch[0].numel())

    timing.report(
        job="distillation", settings=arguments.settings, state="fresh", targets="live",
        model=arguments.model, teacher=arguments.teacher, weights="folder",
        threads=torch.get_num_threads(), batch_size=arguments.batch_size, length=arguments.length,
        check_loss=check_loss, versions=torch_versions(),
    )  # fmt: skip


main()
