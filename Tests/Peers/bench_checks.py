"""Whether all sides of a contest computed the same thing from the same input."""

LOSS_TOLERANCE = 1e-4  # relative
LOGITS_TOLERANCE = 1e-4  # of the largest logit


class Disagreement(Exception):
    """Says who and by how much; the figures of such runs are not comparable."""


def agreement(runs):
    """In a few words, how far apart runs (name to JSON object) are; None if nothing is compared."""
    if len(runs) < 2:
        return None
    (first, reference), *others = runs.items()
    words = []
    for key in ("sentences", "tokens"):
        for name, run in others:
            if key in run and key in reference and run[key] != reference[key]:
                raise Disagreement(f"{name} did {run[key]} {key}, {first} {reference[key]}")
    for key, compare in (
        ("check_loss", losses), ("check_logits", logits), ("check_digest", digests),
    ):  # fmt: skip
        if key not in reference:
            continue
        silent = [name for name, run in others if key not in run]
        if silent:
            raise Disagreement(f"{', '.join(silent)} printed no {key}")
        words.append(compare(first, reference[key], {name: run[key] for name, run in others}))
    return "; ".join(words) or None


def losses(first, expected, found):
    worst = max(abs(loss - expected) / abs(expected) for loss in found.values())
    for name, loss in found.items():
        if not abs(loss - expected) <= LOSS_TOLERANCE * abs(expected):
            raise Disagreement(f"loss of the first batch: {name} {loss}, {first} {expected}")
    return f"loss of the first batch within {worst:.1e}"


def logits(first, expected, found):
    scale = max(abs(value) for row in expected for value in row)
    worst = 0.0
    for name, rows in found.items():
        if [len(row) for row in rows] != [len(row) for row in expected]:
            raise Disagreement(f"logits of {name} and {first} have other shapes")
        pairs = [pair for a, b in zip(rows, expected) for pair in zip(a, b)]
        difference = max(abs(a - b) for a, b in pairs)
        if not difference <= LOGITS_TOLERANCE * scale:
            raise Disagreement(f"logits of {name} and {first} are {difference:.1e} apart")
        worst = max(worst, difference)
    return f"{len(expected)} rows of logits within {worst:.1e}"


def digests(first, expected, found):
    for name, digest in found.items():
        if digest != expected:
            raise Disagreement(f"token ids of {name} and {first} differ")
    return "all token ids equal"
