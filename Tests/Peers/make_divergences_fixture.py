"""divergences.h5: every divergence of a student's logits from a teacher's, in float64, and what toolkits make of it.

/<case>   student, teacher [R,K] float32; labels [R]; temperature; and for each <divergence>
          <divergence>            gradient [R,K] of the loss
          <divergence>.loss       T^2 times the mean of the divergence over the R rows
          <divergence>.key        what a definition calls it
          <divergence>.numbers    as a definition has them, separated by spaces
          <divergence>.<toolkit>  the toolkit's own loss, where it has one; pkd and tinybert are the formulas of
                                  intersun/PKD-for-BERT-Model-Compression@9e9e860 (KD_loss.py:12) and of
                                  huawei-noah/Pretrained-Language-Model@0598f02 (task_distill.py:908), stated again. What
                                  each differs by is asserted here of the gradient, and in the test of the value
          Also of `kept`, T^2 KL over the teacher's `kept.count` largest logits and all others as one outcome, and of
          `hard`, T^2 times the cross-entropy of the student's softmax at T with the teacher's largest logit; of `confidence`
          and `correct`, forward KL over classes with rows weighted by the largest of the teacher's softmax at 1, and by
          whether its largest logit is the label: sum of weight times loss, divided by the sum of weights.

ln q of reverse KL is at least -80. The toolkits' versions are in requirements-distillers.txt; of each package that file
alone is loaded that has the loss.
"""

import ast
import importlib
import importlib.util
import os
import sys
import tempfile
import types

import torch
import torch.nn.functional as F

from fixture_file import FixtureFile, destination
from toolkits import alone

SEED = 20261128
# Rows, outcomes, temperature, spread of the logits.
CASES = {
    "6x2_t1": (6, 2, 1.0, 1.0),
    "5x2_t3": (5, 2, 3.0, 3.0),
    "9x11_t1": (9, 11, 1.0, 1.5),
    "7x11_t4": (7, 11, 4.0, 2.0),
    "5x11_peaked": (5, 11, 0.5, 6.0),
    "3x211_t2": (3, 211, 2.0, 2.0),
    "2x211_t8": (2, 211, 8.0, 3.0),
    "2x211_far": (2, 211, 1.0, 40.0),
}
DIVERGENCES = {
    "forward_kl": [("forward_kl", [])],
    "reverse_kl": [("reverse_kl", [])],
    "jensen_shannon": [("jensen_shannon_half", [0.5]), ("jensen_shannon_tenth", [0.1])],
    "total_variation": [("total_variation", [])],
    "logit_mse": [("logit_mse", [])],
    "decoupled": [("decoupled", [1.0, 8.0]), ("decoupled_target", [0.5, 0.0])],
    "pearson": [("pearson", [2.0, 0.5]), ("pearson_rows", [1.0, 0.0])],
    "standardised_kl": [("standardised_kl", [])],
}


def generalized_jsd_loss():
    """That of trl's GKDTrainer, a method that uses nothing of its class."""
    folder = importlib.util.find_spec("trl").submodule_search_locations[0]
    with open(os.path.join(folder, "trainer", "gkd_trainer.py")) as file:
        tree = ast.parse(file.read())
    (method,) = (
        node for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "generalized_jsd_loss"
    )  # fmt: skip
    method.decorator_list = []
    names = {"torch": torch, "F": F}
    exec(compile(ast.Module([method], []), "gkd_trainer.py", "exec"), names)
    return names[method.name]


(textbrewer,) = alone("textbrewer", "losses")
torchdistill = importlib.import_module("torchdistill.losses.mid_level")
trl_jsd = generalized_jsd_loss()


def kl(log_a, log_b):
    """KL(a || b) of each row."""
    return (log_a.exp() * (log_a - log_b)).sum(-1)


def correlation(a, b):
    """Pearson's, of each row."""
    a, b = (x - x.mean(-1, keepdim=True) for x in (a, b))
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))


def split(logits, labels):
    """Logarithms of the softmax of label against others, and of the others among themselves."""
    all_ = logits.log_softmax(-1)
    chosen = F.one_hot(labels, logits.shape[-1]).bool()
    others = logits[~chosen].view(len(logits), -1)
    rest = others.logsumexp(-1) - logits.logsumexp(-1)
    return torch.stack([all_[chosen], rest], -1), others.log_softmax(-1)


def divergence(key, numbers, s, t, labels):
    """Of each row of s from t, both divided by the temperature."""
    log_p, log_q = s.log_softmax(-1), t.log_softmax(-1)
    p, q = log_p.exp(), log_q.exp()
    if key == "forward_kl":
        return kl(log_q, log_p)
    if key == "reverse_kl":
        return kl(log_p, log_q.clamp(min=-80))
    if key == "jensen_shannon":
        beta = torch.tensor(numbers[0], dtype=s.dtype)
        log_m = torch.logaddexp(log_q + beta.log(), log_p + (1 - beta).log())
        return beta * kl(log_q, log_m) + (1 - beta) * kl(log_p, log_m)
    if key == "total_variation":
        return (q - p).abs().sum(-1) / 2
    if key == "logit_mse":
        return (s - t).square().mean(-1)
    if key == "decoupled":
        (own_s, others_s), (own_t, others_t) = split(s, labels), split(t, labels)
        return numbers[0] * kl(own_t, own_s) + numbers[1] * kl(others_t, others_s)
    if key == "pearson":
        columns = numbers[1] * (1 - correlation(p.T, q.T).mean()) if numbers[1] else 0
        return numbers[0] * (1 - correlation(p, q)) + columns
    raise ValueError(key)


def standardised(x):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-7)


def lumped(log_p, ids):
    """Over k + 1 outcomes: those of `ids` and all others as one."""
    others = log_p.scatter(-1, ids, -torch.inf).logsumexp(-1, keepdim=True)
    return torch.cat([log_p.gather(-1, ids), others], -1)


def mean_and_gradient(loss_of, student):
    leaf = student.double().requires_grad_()
    loss = loss_of(leaf)
    loss.backward()
    return loss.item(), leaf.grad


def wrapped(loss):
    """A loss of torchdistill, which takes its logits out of dictionaries."""

    def of(s, t):
        return loss({"logits": {"output": s}}, {"logits": {"output": t}})

    return of


def toolkits(key, numbers, temperature, outcomes):
    """By toolkit: its loss, and what ours with T^2 has to be multiplied by to have the same gradient."""
    path = ("logits", "output", "logits", "output")
    square = temperature**2
    if key == "forward_kl":
        return {
            # Its value has the teacher's entropy too.
            "textbrewer": (lambda s, t: textbrewer.kd_ce_loss(s, t, temperature), 1 / square),
            # Without labels it leaves T^2 out, whatever its documentation says.
            "torchdistill": (
                wrapped(torchdistill.KDLoss(*path, temperature=temperature, alpha=0.5)),
                1 / square,
            ),
            # The mean over the outcomes too.
            "pkd": (
                lambda s, t: square
                * F.kl_div(
                    (s / temperature).log_softmax(-1), (t / temperature).softmax(-1),
                    reduction="mean",
                ),
                1 / outcomes,
            ),
            # The same, and no T^2; its value has the teacher's entropy.
            "tinybert": (
                lambda s, t: -(
                    (t / temperature).softmax(-1) * (s / temperature).log_softmax(-1)
                ).mean(),
                1 / (outcomes * square),
            ),
        }  # fmt: skip
    if key == "logit_mse":
        return {"textbrewer": (lambda s, t: textbrewer.kd_mse_loss(s, t, temperature), 1 / square)}
    if key == "jensen_shannon":
        beta = numbers[0]
        return {
            "trl": (
                lambda s, t: trl_jsd(s[None], t[None], beta=beta, temperature=temperature),
                1 / square,
            )
        }
    if key == "pearson":
        loss = torchdistill.DISTLoss(*path, beta=numbers[0], gamma=numbers[1], tau=temperature)
        return {"torchdistill": (wrapped(loss), 1)}
    if key == "standardised_kl":
        loss = torchdistill.LogitStdKDLoss(*path, temperature=temperature, alpha=0.5)
        return {"torchdistill": (wrapped(loss), 1 / square)}
    return {}


def write(fixture, name, rows, outcomes, temperature, spread, generator):
    student, teacher = (torch.randn(rows, outcomes, generator=generator) * spread for _ in range(2))
    labels = torch.randint(outcomes, (rows,), generator=generator)
    t = teacher.double()
    fixture.put_all(name, student=student, teacher=teacher, labels=labels)
    fixture.attributes(name, temperature=temperature)

    def put(group, loss_of, **attributes):
        loss, gradient = mean_and_gradient(loss_of, student)
        fixture.put(f"{name}/{group}", gradient)
        attributes["loss"] = loss
        fixture.attributes(name, **{f"{group}.{key}": value for key, value in attributes.items()})

    for key, variants in DIVERGENCES.items():
        for group, numbers in variants:
            # Columns are for classes: over a vocabulary most are flat.
            if group == "pearson" and outcomes > 100:
                continue
            if key == "standardised_kl":

                def loss_of(s):
                    x, y = standardised(s) / temperature, standardised(t) / temperature
                    return temperature**2 * divergence("forward_kl", [], x, y, labels).mean()
            else:

                def loss_of(s, key=key, numbers=numbers):
                    x, y = s / temperature, t / temperature
                    return temperature**2 * divergence(key, numbers, x, y, labels).mean()

            found = {}
            for toolkit, (own, factor) in toolkits(key, numbers, temperature, outcomes).items():
                found[toolkit], gradient = mean_and_gradient(lambda s, own=own: own(s, t), student)
                ours = mean_and_gradient(loss_of, student)[1]
                torch.testing.assert_close(gradient, factor * ours, rtol=1e-8, atol=1e-10)
            put(group, loss_of, key=key, numbers=" ".join(map(str, numbers)), **found)
    count = min(5, outcomes - 1)
    ids = t.topk(count, -1).indices

    def of_kept(s):
        log_p, log_q = (lumped((x / temperature).log_softmax(-1), ids) for x in (s, t))
        return temperature**2 * kl(log_q, log_p).mean()

    put("kept", of_kept, count=count)
    put_weighted(put, t, labels, temperature)
    put("hard", lambda s: temperature**2 * F.cross_entropy(s / temperature, t.argmax(-1)))


def put_weighted(put, t, labels, temperature):
    correct = (t.argmax(-1) == labels).double()
    for group, weights in (("confidence", t.softmax(-1).max(-1).values), ("correct", correct)):
        if weights.sum() == 0:
            continue

        def loss_of(s, weights=weights):
            rows = divergence("forward_kl", [], s / temperature, t / temperature, labels)
            return temperature**2 * (weights * rows).sum() / weights.sum()

        put(group, loss_of)


def check_with_labels():
    """torchdistill's KD has its T^2, and alpha, only where it is given labels; 1 - alpha weighs the divergence."""
    generator = torch.Generator().manual_seed(SEED)
    s, t = (torch.randn(6, 11, generator=generator).double() for _ in range(2))
    labels = torch.randint(11, (6,), generator=generator)
    path = ("logits", "output", "logits", "output")
    loss = torchdistill.KDLoss(*path, temperature=3.0, alpha=0.9)
    given = [{"logits": {"output": x}} for x in (s, t)]
    kl_alone = kl((t / 3).log_softmax(-1), (s / 3).log_softmax(-1)).mean()
    torch.testing.assert_close(loss(*given), kl_alone, rtol=1e-12, atol=0)
    whole = 0.9 * F.cross_entropy(s, labels) + 0.1 * 9 * kl_alone
    torch.testing.assert_close(loss(*given, targets=labels), whole, rtol=1e-12, atol=0)


def check_weight_schedule():
    """TextBrewer's first step has the constant weight, and each later one what the schedule gives after the step before."""
    # It writes to tensorboard, which is not here.
    board = sys.modules["tensorboardX"] = types.ModuleType("tensorboardX")
    board.SummaryWriter = lambda **_: types.SimpleNamespace(add_scalar=lambda *_: None)
    distiller, configurations = (
        importlib.import_module(f"textbrewer.{name}")
        for name in ("distiller_basic", "configurations")
    )
    weights = []

    class Watched(distiller.BasicDistiller):
        def compute_loss(self, *results):
            weights.append(self.d_config.kd_loss_weight)
            return super().compute_loss(*results)

    student = torch.nn.Linear(3, 2)
    with tempfile.TemporaryDirectory() as folder:
        Watched(
            configurations.TrainingConfig(
                device="cpu", log_dir=folder, output_dir=folder, ckpt_steps=4
            ),
            configurations.DistillationConfig(
                kd_loss_weight=3, kd_loss_weight_scheduler="linear_decay", hard_label_weight=0
            ),
            torch.nn.Linear(3, 2), student,
            *[lambda batch, logits: dict(logits=[logits])] * 2,
        ).train(
            torch.optim.SGD(student.parameters(), lr=0.1), [(torch.ones(1, 3),)] * 4, num_steps=4
        )  # fmt: skip
    assert weights == [3, 0.75, 0.5, 0.25], weights


def main():
    check_with_labels()
    check_weight_schedule()
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        for name, case in CASES.items():
            write(fixture, name, *case, generator)


main()
