"""cross_entropy.h5: label smoothing and weights of classes, loss and gradient.

Without weights the loss is LabelSmoother's of transformers, with weights CrossEntropyLoss's of torch;
where both can be had they must agree. The batches of a step are one batch here: means are over all of it.

  /<case>
    logits [N,K] float32, labels [N]     computed on in float64
    weights [K] float64                  where classes have weights
    logits_gradient [N,K] float64
  attributes: label_smoothing, loss
  /balanced_<n>
    labels [N], weights [K] float64      compute_class_weight("balanced") of scikit-learn
"""

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from transformers.trainer_pt_utils import LabelSmoother

from fixture_file import FixtureFile, destination

SEED = 20261129
SHAPES = [(1, 2), (7, 3), (33, 5)]
MORE_SHAPES = [(9, 2), (12, 11)]
# label smoothing, weights
CASES = {"plain": (0.0, False), "smoothed": (0.1, False), "weighted": (0.0, True),
         "both": (0.25, True)}  # fmt: skip


def loss(logits, labels, smoothing, weights):
    ours = torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing)(logits, labels)
    if weights is not None:
        return ours
    theirs = LabelSmoother(epsilon=smoothing)(dict(logits=logits), labels)
    # The smoother sums in float32, whatever it is given.
    assert abs(theirs.item() - ours.item()) < (1e-6 if smoothing else 1e-12)
    return ours


def put_cases(fixture, shapes, generator):
    for rows, classes in shapes:
        for name, (smoothing, weighted) in CASES.items():
            logits = torch.randn(rows, classes, generator=generator) * 3
            labels = torch.randint(classes, (rows,), generator=generator)
            weights = torch.rand(classes, generator=generator, dtype=torch.float64) * 3 + 0.1
            leaf = logits.double().requires_grad_()
            value = loss(leaf, labels, smoothing, weights if weighted else None)
            value.backward()
            group = f"{name}_{rows}"
            fixture.put_all(group, logits=logits, labels=labels)
            if weighted:
                fixture.put(f"{group}/weights", weights, np.float64)
            fixture.put(f"{group}/logits_gradient", leaf.grad, np.float64)
            fixture.attributes(group, label_smoothing=smoothing, loss=value.item())


def main():
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        put_cases(fixture, SHAPES, generator)
        for count, classes in [(10, 2), (40, 4)]:
            labels = torch.randint(classes, (count,), generator=generator).numpy() ** 2 % classes
            present = np.arange(labels.max() + 1)
            labels = np.concatenate([labels, present])
            weights = compute_class_weight("balanced", classes=present, y=labels)
            fixture.put(f"balanced_{count}/labels", labels)
            fixture.put(f"balanced_{count}/weights", weights, np.float64)
        put_cases(fixture, MORE_SHAPES, generator)


main()
