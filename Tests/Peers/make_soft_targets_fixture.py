"""soft_targets.h5: what soft targets are a mean over, of several teachers, and at temperatures of each sentence, in float64.

/average     student, teacher [16,211] float32: three sequences of 7, 4 and 5 tokens; masked [16], 1 where a word was masked,
             none in the second sequence; lengths [3]
/average_<positions>_<average>_<divergence>   gradient [16,211]
  attributes: positions, average, divergence (forward_kl; kept: KL over the teacher's 5 largest logits and all others as
              one), loss: T^2 times the mean at T = 2

/combined_<K>     student [R,K], teacher_<i> [R,K] of three teachers
/combined_<K>_<combination>_<divergence>      gradient [R,K]
  attributes: outcomes, combination, divergence (a key; hard: with the largest of the combined logits), temperature, loss: T^2
              times the mean; textbrewer: where the logits are combined, what its
              MultiTeacherDistiller makes of it, kd_ce_loss with the mean of the teachers' logits: without T^2, and with the
              teachers' entropy, which is `entropy`
  That a divergence from the mean of probabilities has the gradient of the mean of forward KLs is asserted here.

/sentences_<K>    student, teacher [9,K]
/sentences_<K>_<scheduler>_<case>             temperatures [9], gradient_none [9,K], gradient_t_squared [9,K]
  attributes: outcomes, scheduler, base, beta, gamma, least; loss_none and loss_t_squared: the mean of KL at each sentence's
              own temperature, without and with its square; textbrewer: its kd_ce_loss at these temperatures, and `entropy`,
              what it has more than loss_none. Where none is below `least` the temperatures are asserted to be those of
              TextBrewer's schedulers.
"""

import numpy as np
import torch
import torch.nn.functional as F

from fixture_file import FixtureFile, destination
from toolkits import alone

SEED = 20261129
LENGTHS, WORDS = (7, 4, 5), 211


losses, schedulers = alone("textbrewer", "losses", "schedulers")


def kl(log_a, log_b):
    """KL(a || b) of each row."""
    return (log_a.exp() * (log_a - log_b)).sum(-1)


def lumped(log_p, ids):
    others = log_p.scatter(-1, ids, -torch.inf).logsumexp(-1, keepdim=True)
    return torch.cat([log_p.gather(-1, ids), others], -1)


def divergence(key, s, t):
    """Of each row of logits s from t, both divided by the temperature."""
    log_p, log_q = s.log_softmax(-1), t.log_softmax(-1)
    if key == "forward_kl":
        return kl(log_q, log_p)
    if key == "reverse_kl":
        return kl(log_p, log_q)
    if key == "total_variation":
        return (log_q.exp() - log_p.exp()).abs().sum(-1) / 2
    if key == "logit_mse":
        return (s - t).square().mean(-1)
    if key == "kept":
        ids = t.topk(5, -1).indices
        return kl(lumped(log_q, ids), lumped(log_p, ids))
    if key == "hard":
        return F.cross_entropy(s, t.argmax(-1), reduction="none")
    raise ValueError(key)


def entropy(t):
    log_q = t.log_softmax(-1)
    return -(log_q.exp() * log_q).sum(-1)


def gradient_of(loss, leaf):
    return torch.autograd.grad(loss, leaf)[0]


def averages(fixture, generator):
    count = sum(LENGTHS)
    student, teacher = (torch.randn(count, WORDS, generator=generator) * 2 for _ in range(2))
    masked = torch.zeros(count, dtype=torch.long)
    masked[[1, 3, 4, 13]] = 1
    fixture.put_all(
        "average", student=student, teacher=teacher, masked=masked, lengths=np.array(LENGTHS)
    )
    temperature = 2.0
    for positions in ("all", "masked"):
        for average in ("tokens", "sequences"):
            for key in ("forward_kl", "kept") if average == "sequences" else ("forward_kl",):
                leaf = student.double().requires_grad_()
                values = divergence(key, leaf / temperature, teacher.double() / temperature)
                taken = torch.ones(count, dtype=torch.bool) if positions == "all" else masked.bool()
                if average == "tokens":
                    mean = values[taken].mean()
                else:
                    parts = [
                        value[chosen].mean()
                        for value, chosen in zip(values.split(LENGTHS), taken.split(LENGTHS))
                        if chosen.any()
                    ]
                    mean = torch.stack(parts).mean()
                loss, name = temperature**2 * mean, f"average_{positions}_{average}_{key}"
                fixture.put(f"{name}/gradient", gradient_of(loss, leaf))
                fixture.attributes(
                    name, positions=positions, average=average, divergence=key, loss=loss.item()
                )


def combined(teachers, combination, temperature):
    """Logits whose softmax at the temperature is the combined distribution."""
    if combination == "logits":
        return torch.stack(teachers).mean(0)
    mean = torch.stack([(t / temperature).softmax(-1) for t in teachers]).mean(0)
    return temperature * mean.log()


def combinations(fixture, generator):
    for outcomes, rows, temperature, spread in (
        (2, 6, 1.0, 1.5), (11, 7, 4.0, 3.0), (211, 4, 2.0, 4.0),
    ):  # fmt: skip
        group = f"combined_{outcomes}"
        student = torch.randn(rows, outcomes, generator=generator) * spread
        teachers = [torch.randn(rows, outcomes, generator=generator) * spread for _ in range(3)]
        fixture.put_all(
            group, student=student, **{f"teacher_{i}": t for i, t in enumerate(teachers)}
        )
        doubles = [t.double() for t in teachers]
        for combination in ("probabilities", "logits"):
            keys = ["forward_kl", "reverse_kl", "total_variation", "hard"]
            for key in keys + (["logit_mse"] if combination == "logits" else []):
                leaf = student.double().requires_grad_()
                target = combined(doubles, combination, temperature)
                values = divergence(key, leaf / temperature, target / temperature)
                loss, more = temperature**2 * values.mean(), {}
                gradient = gradient_of(loss, leaf)
                if key == "forward_kl" and combination == "probabilities":
                    each = [
                        divergence(key, leaf / temperature, t / temperature).mean() for t in doubles
                    ]
                    same = gradient_of(temperature**2 * sum(each) / len(each), leaf)
                    torch.testing.assert_close(gradient, same, rtol=1e-10, atol=1e-12)
                if key == "forward_kl" and combination == "logits":
                    mean = sum(doubles) / len(doubles)  # distiller_multiteacher.py, line 76
                    more = dict(
                        textbrewer=losses.kd_ce_loss(student.double(), mean, temperature).item(),
                        entropy=entropy(mean / temperature).mean().item(),
                    )
                name = f"{group}_{combination}_{key}"
                fixture.put(f"{name}/gradient", gradient)
                fixture.attributes(
                    name, outcomes=outcomes, combination=combination, divergence=key,
                    temperature=temperature, loss=loss.item(), **more,
                )  # fmt: skip


def temperatures_of(scheduler, s, t, base, beta, gamma, least):
    s, t = s.detach(), t.detach()
    if scheduler == "flsw":
        unit_s, unit_t = (x / (x.norm(dim=-1, keepdim=True) + 1e-4) for x in (s, t))
        w = (1 - (unit_s * unit_t).sum(-1)) ** gamma
        theirs = schedulers.flsw_temperature_scheduler_builder(beta, gamma)(s, t, base)
    else:
        w = 1 / (s.softmax(-1).max(-1)[0] + 1e-3)
        theirs = schedulers.cwsm_temperature_scheduler_builder(beta)(s, t, base)
    tau = base + (w.mean() - w) * beta
    torch.testing.assert_close(tau, theirs, rtol=1e-12, atol=1e-12)
    return tau.clamp(min=least), bool((tau < least).any())


def by_sentence(fixture, generator):
    cases = {
        "flsw": [("soft", 8.0, 1.0, 2.0, 1.0), ("bounded", 2.0, 4.0, 1.0, 1.5)],
        "cwsm": [("soft", 8.0, 1.0, 0.0, 1.0), ("bounded", 2.0, 3.0, 0.0, 1.5)],
    }
    for outcomes in (2, 11):
        group = f"sentences_{outcomes}"
        student, teacher = (torch.randn(9, outcomes, generator=generator) * 2 for _ in range(2))
        fixture.put_all(group, student=student, teacher=teacher)
        for scheduler, variants in cases.items():
            for case, base, beta, gamma, least in variants:
                leaf, t = student.double().requires_grad_(), teacher.double()
                tau, is_bounded = temperatures_of(scheduler, leaf, t, base, beta, gamma, least)
                assert is_bounded == (case == "bounded"), (outcomes, scheduler, case, tau)
                column = tau.unsqueeze(-1)
                values = divergence("forward_kl", leaf / column, t / column)
                name = f"{group}_{scheduler}_{case}"
                fixture.put(f"{name}/temperatures", tau)
                sums = {}
                for scale, factor in (("none", torch.ones_like(tau)), ("t_squared", tau**2)):
                    loss = (factor * values).mean()
                    sums[f"loss_{scale}"] = loss.item()
                    gradient = torch.autograd.grad(loss, leaf, retain_graph=True)[0]
                    fixture.put(f"{name}/gradient_{scale}", gradient)
                fixture.attributes(
                    name, outcomes=outcomes, scheduler=scheduler, base=base, beta=beta, gamma=gamma,
                    least=least, textbrewer=losses.kd_ce_loss(student.double(), t, tau).item(),
                    entropy=entropy(t / column).mean().item(), **sums,
                )  # fmt: skip


def main():
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        averages(fixture, generator)
        combinations(fixture, generator)
        by_sentence(fixture, generator)


main()
