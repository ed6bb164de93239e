"""hidden_terms.h5: losses on hidden states, Gram matrices and sentence vectors, value and gradients.

Three sequences of 7, 4 and 5 tokens; every loss is computed in float64 on the batch padded to 7, with noise
where the padding is, from float32 states:

/states    student_<k> [16, 12], wide_<k> [16, 20], teacher_<k> [16, 12], k = 0, 1, 2; masked [16], 1 where a
           word was masked; lengths [3]; projection_<i> [20, 12], bias_<i> [20], i = 0, 1; equal_student_<k>,
           equal_teacher_<k> [15, 12], k = 0, 1: three sequences of 5 tokens
/<case>    student_<k>_gradient [16, 12] of the states it reads; projection_<i>_gradient, bias_<i>_gradient
  attributes: loss; kind (hidden, gram, sentence); compare; for hidden: positions, average, over_pairs,
  projected, shared, biased; for gram: of, average, over_pairs, wide, projected, shared, biased; for sentence: pooling, normalised, projected
  peer: what a peer's own function makes of the case, and peer_factor: the peer's value over the loss

A projected case compares with wide_<k>. Peers are TextBrewer 0.2.1.post1, PKD's KD_loss.py restated and
sentence-transformers' MSELoss and MarginMSELoss restated.
"""

import numpy as np
import torch
import torch.nn.functional as F

from fixture_file import FixtureFile, destination
from toolkits import alone

(textbrewer,) = alone("textbrewer", "losses")

SEED = 20261128
LENGTHS = (7, 4, 5)
WIDTH, WIDE = 12, 20
PAIRS = ((0, 0), (2, 1))  # teacher, student


def padded(rows, lengths, length, generator):
    """[T, C] -> [N, length, C], noise behind each sequence."""
    result = torch.randn(len(lengths), length, rows.shape[1], generator=generator).double()
    return torch.stack(
        [
            torch.cat([part, noise[len(part) :]])
            for part, noise in zip(torch.split(rows, list(lengths)), result)
        ]
    )


def mask_of(positions, masked, length):
    """bool [N, length], true where a term is taken."""
    mask = torch.zeros(len(LENGTHS), length, dtype=torch.bool)
    for n, (count, words) in enumerate(zip(LENGTHS, torch.split(masked, list(LENGTHS)))):
        if positions == "all":
            mask[n, :count] = True
        elif positions == "masked":
            mask[n, :count] = words.bool()
        elif positions == "first":
            mask[n, 0] = True
        else:
            mask[n, 1 : count - 1] = True
    return mask


def distance(compare, student, teacher):
    """[..., C] -> [...]"""
    if compare == "mse":
        return (student - teacher).square().mean(-1)
    if compare == "sum_mse":
        return (student - teacher).square().sum(-1)
    if compare == "cosine":
        return 1 - F.cosine_similarity(student, teacher, dim=-1)
    return (F.normalize(student, dim=-1) - F.normalize(teacher, dim=-1)).square().sum(-1)


def average(values, mask, over):
    if over == "tokens":
        return values[mask].mean()
    counts = mask.sum(1)
    sums = torch.where(mask, values, torch.zeros_like(values)).sum(1)
    return (sums[counts > 0] / counts[counts > 0]).mean()


class States:
    """The inputs of every case, as leaves that are made anew for each."""

    def __init__(self, fixture):
        self.fixture = fixture
        self.generator = torch.Generator().manual_seed(SEED)
        count = sum(LENGTHS)
        self.values = {}
        for k in range(3):
            self.put(f"student_{k}", count, WIDTH)
            self.put(f"wide_{k}", count, WIDE)
            self.put(f"teacher_{k}", count, WIDTH)
        for k in range(2):
            self.put(f"equal_student_{k}", 15, WIDTH)
            self.put(f"equal_teacher_{k}", 15, WIDTH)
        for i in range(2):
            self.put(f"projection_{i}", WIDE, WIDTH, scale=0.3)
            self.values[f"bias_{i}"] = 0.1 * torch.randn(WIDE, generator=self.generator)
            fixture.put(f"states/bias_{i}", self.values[f"bias_{i}"])
        self.masked = torch.zeros(count, dtype=torch.long)
        self.masked[[1, 3, 4, 13]] = 1  # none in the second sequence
        fixture.put("states/masked", self.masked)
        fixture.put("states/lengths", np.array(LENGTHS))

    def put(self, name, rows, columns, scale=1.0):
        self.values[name] = scale * torch.randn(rows, columns, generator=self.generator)
        self.fixture.put(f"states/{name}", self.values[name])

    def leaf(self, name):
        return self.values[name].double().requires_grad_()

    def put_case(self, name, loss, leaves, **attributes):
        loss.backward()
        for key, leaf in leaves.items():
            self.fixture.put(f"{name}/{key}_gradient", leaf.grad)
        if "peer" in attributes:
            attributes["peer_factor"] = attributes["peer"] / loss.item()
        self.fixture.attributes(name, loss=loss.item(), **attributes)


def hidden(states):
    def case(name, compare, positions, over, pairs, over_pairs, projected=False, shared=False,
             biased=False):  # fmt: skip
        leaves, values = {}, []
        for index, (t, s) in enumerate(pairs):
            leaves[f"student_{s}"] = states.leaf(f"student_{s}")
            student = leaves[f"student_{s}"]
            if projected:
                i = 0 if shared else index
                weight = leaves.setdefault(f"projection_{i}", states.leaf(f"projection_{i}"))
                bias = leaves.setdefault(f"bias_{i}", states.leaf(f"bias_{i}")) if biased else None
                student = F.linear(student, weight, bias)
            target = states.values[f"wide_{t}" if projected else f"teacher_{t}"].double()
            mask = mask_of(positions, states.masked, 7)
            values.append(
                average(
                    distance(
                        compare,
                        padded(student, LENGTHS, 7, states.generator),
                        padded(target, LENGTHS, 7, states.generator),
                    ),
                    mask,
                    over,
                )
            )
        total = sum(values) * (1 / len(pairs) if over_pairs == "mean" else 1)
        states.put_case(
            name, total, leaves, kind="hidden", compare=compare, positions=positions, average=over,
            over_pairs=over_pairs, pairs=len(pairs), projected=projected, shared=shared,
            biased=biased, **peer_of_hidden(states, compare, positions, over, pairs, over_pairs,
                                            projected),
        )  # fmt: skip

    for compare in ("mse", "sum_mse", "cosine", "normalised_mse"):
        for positions in ("all", "masked", "first", "inner"):
            for over in ("tokens", "sequences"):
                case(f"{compare}_{positions}_{over}", compare, positions, over, PAIRS[1:], "sum")
    for over_pairs in ("sum", "mean"):
        case(f"pairs_{over_pairs}", "mse", "all", "tokens", PAIRS, over_pairs)
    case("pkd", "normalised_mse", "first", "sequences", PAIRS, "mean")
    case("own_biased", "mse", "all", "tokens", PAIRS, "sum", True, False, True)
    case("own", "normalised_mse", "inner", "sequences", PAIRS, "sum", True)
    case("shared", "cosine", "masked", "tokens", PAIRS, "mean", True, True)
    case("shared_biased", "sum_mse", "all", "sequences", PAIRS, "sum", True, True, True)


def peer_of_hidden(states, compare, positions, over, pairs, over_pairs, projected):
    """The peer's value of a case that it has, for one pair or, of PKD, the mean over pairs."""
    if projected:
        return {}
    mask = mask_of(positions, states.masked, 7)

    def batch(name):
        return padded(states.values[name].double(), LENGTHS, 7, states.generator)

    (t, s), several = pairs[-1], len(pairs) > 1
    if compare == "mse" and over == "tokens" and not several:
        value = textbrewer.hid_mse_loss(batch(f"student_{s}"), batch(f"teacher_{t}"), mask)
    elif compare == "cosine" and over == "tokens" and not several:
        value = textbrewer.cos_loss(batch(f"student_{s}"), batch(f"teacher_{t}"), mask)
    elif compare == "normalised_mse" and positions == "first" and not several:
        value = textbrewer.pkd_loss(batch(f"student_{s}"), batch(f"teacher_{t}"))
    elif compare == "normalised_mse" and positions == "first" and over_pairs == "mean":
        # PKD's KD_loss.py: mse_loss of the normalised states [N, layers, C].
        student = torch.stack([batch(f"student_{s}")[:, 0] for _, s in pairs], 1)
        teacher = torch.stack([batch(f"teacher_{t}")[:, 0] for t, _ in pairs], 1)
        value = F.mse_loss(F.normalize(student, dim=-1), F.normalize(teacher, dim=-1))
    else:
        return {}
    return dict(peer=value.item())


def gram(states):
    def case(name, of, over, matches, over_pairs, wide=False, projected=False, shared=False,
             biased=False):  # fmt: skip
        leaves, total = {}, 0.0
        for index, (t, s) in enumerate(matches):
            h = [leaves.setdefault(f"student_{k}", states.leaf(f"student_{k}")) for k in s]
            if projected:
                i = 0 if shared else index
                weight = leaves.setdefault(f"projection_{i}", states.leaf(f"projection_{i}"))
                bias = leaves.setdefault(f"bias_{i}", states.leaf(f"bias_{i}")) if biased else None
                h = [F.linear(x, weight, bias) for x in h]
            g = [states.values[f"{'wide' if wide else 'teacher'}_{k}"].double() for k in t]
            sequences = []
            for h1, h2, g1, g2 in zip(*(torch.split(x, list(LENGTHS)) for x in h + g)):
                if of == "tokens":
                    difference = h1 @ h2.T / h1.shape[1] - g1 @ g2.T / g1.shape[1]
                else:
                    difference = h1.T @ h2 / len(h1) - g1.T @ g2 / len(g1)
                sequences.append(difference.square())
            if over == "pairs":
                value = sum(s.sum() for s in sequences) / sum(s.numel() for s in sequences)
            else:
                value = sum(s.mean() for s in sequences) / len(sequences)
            total = total + value * (1 / len(matches) if over_pairs == "mean" else 1)
        peer = {}
        if of == "features" and len(matches) == 1 and not projected:
            (t, s), mask = matches[0], mask_of("all", states.masked, 7)
            peer["peer"] = textbrewer.fsp_loss(
                *(
                    [padded(states.values[f"{m}_{k}"].double(), LENGTHS, 7, states.generator)
                     for k in which]
                    for m, which in (("student", s), ("teacher", t))
                ), mask).item()  # fmt: skip
        states.put_case(
            name, total, leaves, kind="gram", of=of, average=over, over_pairs=over_pairs,
            matches=";".join(f"{t[0]},{t[1]},{s[0]},{s[1]}" for t, s in matches), wide=wide,
            projected=projected, shared=shared, biased=biased, **peer,
        )  # fmt: skip

    case("nst", "tokens", "pairs", [((1, 1), (0, 0))], "sum")
    case("nst_two_states", "tokens", "pairs", [((0, 2), (0, 1))], "sum", wide=True)
    case("nst_sequences", "tokens", "sequences", [((0, 0), (0, 0)), ((2, 2), (1, 1))], "mean")
    case("fsp", "features", "sequences", [((0, 2), (0, 1))], "sum")
    case("fsp_same", "features", "sequences", [((2, 2), (1, 1)), ((0, 1), (0, 1))], "sum")
    wide = dict(wide=True, projected=True)
    case("fsp_projected", "features", "sequences", [((0, 2), (0, 1))], "sum", **wide)
    case("fsp_projected_pairs", "features", "sequences", [((2, 2), (1, 1)), ((0, 1), (0, 1))],
         "mean", biased=True, **wide)  # fmt: skip
    case("fsp_projected_shared", "features", "sequences", [((2, 2), (1, 1)), ((0, 1), (0, 1))],
         "sum", shared=True, **wide)  # fmt: skip

    # TextBrewer's mmd_loss: right without a mask; with one it divides by the padded length, not by C.
    equal = [
        states.values[f"equal_{m}_{k}"].double() for m in ("student", "teacher") for k in (0, 1)
    ]
    equal = [x.reshape(3, 5, WIDTH) for x in equal]
    states.fixture.attributes(
        "mmd", kind="peer", equal=textbrewer.mmd_loss(equal[:2], equal[2:]).item(),
        **{
            f"padded_{length}": textbrewer.mmd_loss(
                *(
                    [padded(states.values[name].double(), LENGTHS, length, states.generator)] * 2
                    for name in ("student_0", "teacher_1")
                ), mask_of("all", states.masked, length)).item()
            for length in (7, 9)
        },
    )  # fmt: skip


def sentence(states):
    def case(compare, pooling, normalised, projected=False):
        leaves = dict(student_2=states.leaf("student_2"))
        u, v = leaves["student_2"], states.values["wide_2" if projected else "teacher_2"].double()

        def pool(rows):
            batch = padded(rows, LENGTHS, 7, states.generator)
            if pooling == "first":
                return batch[:, 0]
            mask = mask_of("all", states.masked, 7).unsqueeze(-1).double()
            return (batch * mask).sum(1) / mask.sum(1)

        u, v = pool(u), pool(v)
        if projected and compare in ("cosine", "mse", "info_nce"):
            leaves["projection_0"] = states.leaf("projection_0")
            leaves["bias_0"] = states.leaf("bias_0")
            u = F.linear(u, leaves["projection_0"], leaves["bias_0"])
        if normalised:
            u, v = F.normalize(u, dim=-1), F.normalize(v, dim=-1)
        if compare == "cosine":
            loss = (1 - F.cosine_similarity(u, v)).mean()
        elif compare == "mse":
            loss = torch.nn.MSELoss()(u, v)
        elif compare == "similarity_mse":
            loss = F.mse_loss(u @ u.T, v @ v.T)
        elif compare == "margin_mse":
            # MarginMSELoss(pairwise dot product) with the next sequence and the one after it as passages.
            def margin(x):
                return (x * x.roll(-1, 0)).sum(-1) - (x * x.roll(-2, 0)).sum(-1)

            loss = F.mse_loss(margin(u), margin(v))
        else:
            loss = F.cross_entropy(u @ v.T / 0.2, torch.arange(len(u)))
        name = f"{compare}_{pooling}" + "_unit" * normalised + "_projected" * projected
        states.put_case(
            f"sentence_{name}", loss, leaves, kind="sentence", compare=compare, pooling=pooling,
            normalised=normalised, projected=projected,
        )  # fmt: skip

    for compare in ("cosine", "mse", "similarity_mse", "margin_mse", "info_nce"):
        case(compare, "mean", True)
        case(compare, "first", False)
        case(compare, "mean", True, projected=True)


def main():
    with FixtureFile(destination(), SEED) as fixture:
        states = States(fixture)
        hidden(states)
        gram(states)
        sentence(states)


main()
