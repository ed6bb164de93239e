"""Fifty steps of training, without dropout: batches, the optimizer and the loop that make_trajectories_fixture.py and
make_term_trajectories_fixture.py share."""

import torch
from transformers import get_linear_schedule_with_warmup

import tiny_models

STEPS, BATCHES = 50, 10


def make_batches(seed, masked, size=4):
    """Ten batches of sequences of 1 to 20 tokens, with classes or masked labels."""
    generator = torch.Generator().manual_seed(seed)
    batches = []
    for _ in range(BATCHES):
        lengths = torch.randint(1, 21, (size,), generator=generator).tolist()
        t = sum(lengths)
        batch = dict(
            lengths=lengths, ids=torch.randint(1, tiny_models.VOCABULARY, (t,), generator=generator)
        )
        if masked:
            count = -(-t * 15 // 100)
            labels = torch.full((t,), -100)
            places = torch.randperm(t, generator=generator)[:count]
            labels[places] = batch["ids"][places]
            batch["ids"][places] = 4  # the mask token, for what it matters
            batch["masked_labels"] = labels
        else:
            batch["classes"] = torch.randint(tiny_models.CLASSES, (size,), generator=generator)
        batches.append(batch)
    return batches


def inputs_of(batch):
    return dict(
        input_ids=tiny_models.padded(batch["ids"], batch["lengths"], 0),
        attention_mask=tiny_models.attention_mask(batch["lengths"]),
    )


def groups(module, **settings):
    """Its weights, which decay, and its biases and LayerNorms, which do not."""
    decayed, kept = [], []
    for name, parameter in module.named_parameters():
        exempt = name.endswith("bias") or tiny_models.is_norm(name)
        (kept if exempt else decayed).append(parameter)
    return [dict(params=decayed, **settings), dict(params=kept, **settings | {"weight_decay": 0.0})]


def train(model, batches, terms, settings, own=None):
    """Trains in place; returns a list of values for each of the quantities of a step.

    terms(model, batch, step): the values of a step by name, `loss` among them.
    own: a module of projections, in a group of its own with settings own_learning_rate and
    own_weight_decay; clipped with the model if `clips_together`, else not at all.
    """
    parameters = groups(model, lr=settings["learning_rate"], weight_decay=settings["weight_decay"])
    clipped = list(model.parameters())
    if own is not None:
        parameters += groups(
            own, lr=settings["own_learning_rate"], weight_decay=settings["own_weight_decay"]
        )
        clipped += list(own.parameters()) if settings["clips_together"] else []
    optimizer = torch.optim.AdamW(
        parameters, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"]
    )
    schedule = get_linear_schedule_with_warmup(
        optimizer, settings["warmup_steps"], settings["total_steps"]
    )
    history = {}
    model.train()
    for step in range(STEPS):
        values = terms(model, batches[step % BATCHES], step)
        optimizer.zero_grad()
        values["loss"].backward()
        values["gradient_norms"] = torch.nn.utils.clip_grad_norm_(
            clipped, settings["max_grad_norm"]
        )
        values["learning_rates"] = torch.tensor(schedule.get_last_lr()[0], dtype=torch.float64)
        optimizer.step()
        schedule.step()
        for name, value in values.items():
            history.setdefault(name, []).append(value.item())
    return history


def put_batches(fixture, run, batches):
    """Of ten batches, one after another."""
    lengths = [length for batch in batches for length in batch["lengths"]]
    offsets, size = [0], len(batches[0]["lengths"])
    for length in lengths:
        offsets.append(offsets[-1] + length)
    fixture.put(f"{run}/ids", torch.cat([batch["ids"] for batch in batches]))
    fixture.put(f"{run}/offsets", torch.tensor(offsets))
    fixture.put(f"{run}/batch_offsets", torch.arange(BATCHES + 1) * size)
    for name in ("classes", "masked_labels"):
        if name in batches[0]:
            fixture.put(f"{run}/{name}", torch.cat([batch[name] for batch in batches]))


def weight_deviation(model, other):
    """The largest difference of two models' weights, but for those that only rounding moves: key biases."""
    deviations = [
        (a.detach() - b.detach().double()).abs().max().item()
        for (name, a), b in zip(model.named_parameters(), other.parameters())
        if not name.endswith(("key.bias", "k_lin.bias"))
    ]
    return max(deviations)


def loss_deviation(history, other):
    return max(abs(a - b) for a, b in zip(history["loss"], other["loss"]))
