#!/usr/bin/env python3
"""Made-up answers with what scikit-learn and scipy make of them, a line of JSON each.

  $(Tests/Peers/setup) Tests/Peers/metric_cases.py COUNT

Of classes: {"predictions", "labels", "accuracy", "f1_macro", "matthews_correlation", "f1",
"per_class"}, f1 only where there are no classes but 0 and 1; per_class has precision, recall, F1 and
the number of labels of each class up to the largest. Of numbers: {"predictions", "labels", "pearson",
"spearmanr"}, null for not-a-number. What evaluate's metric `glue` calls: accuracy_score, f1_score
and matthews_corrcoef of scikit-learn, pearsonr and spearmanr of scipy; it passes numbers on in
float32, here they are float64. Answers have ties, constants and classes that do not occur.
"""

import json
import math
import sys
import warnings

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

SEED = 20241130


def of_classes(generator):
    examples, classes = (
        int(generator.integers(1, 60)),
        int(generator.choice([1, 2, 2, 2, 3, 5, 20])),
    )
    labels = generator.integers(0, classes, examples)
    guesses = generator.integers(0, int(generator.integers(1, classes + 1)), examples)
    right = generator.random(examples) < generator.random()
    predictions = np.where(right, labels, guesses)
    if generator.random() < 0.1:
        labels = np.full(examples, generator.integers(0, classes))
    if generator.random() < 0.1:
        predictions = np.full(examples, generator.integers(0, classes))
    case = dict(
        predictions=predictions.tolist(),
        labels=labels.tolist(),
        accuracy=accuracy_score(labels, predictions),
        f1_macro=f1_score(labels, predictions, average="macro", zero_division=0),
        matthews_correlation=matthews_corrcoef(labels, predictions),
    )
    largest = max(case["predictions"] + case["labels"])
    per_class = precision_recall_fscore_support(
        labels, predictions, labels=range(largest + 1), zero_division=0
    )
    case["per_class"] = np.stack(per_class, axis=1).tolist()
    if largest < 2:
        case["f1"] = f1_score(labels, predictions, zero_division=0)
    return case


def of_numbers(generator):
    examples = int(generator.integers(2, 60))
    labels = generator.normal(2.5, 1.5, examples)
    predictions = labels * generator.normal() + generator.normal(
        0, generator.random() * 3, examples
    )
    kind = generator.integers(0, 8)
    if kind < 3:  # ties, as in scores with a few steps
        labels = np.clip(np.round(labels * 5) / 5, 0, 5)
    if kind == 1:
        predictions = np.round(predictions)
    if kind == 2:
        predictions = predictions * 1e-6 + 1e3
    if kind == 3:
        predictions = np.full(examples, predictions[0])
    if kind == 4:
        labels = np.full(examples, labels[0])
    if kind == 5:
        predictions = -3 * labels + 1

    def number(value):
        return None if math.isnan(value) else float(value)

    return dict(
        predictions=predictions.tolist(),
        labels=labels.tolist(),
        pearson=number(pearsonr(predictions, labels)[0]),
        spearmanr=number(spearmanr(predictions, labels)[0]),
    )


def main():
    warnings.simplefilter("ignore")
    generator = np.random.default_rng(SEED)
    for number in range(int(sys.argv[1])):
        print(json.dumps((of_numbers if number % 2 else of_classes)(generator)))


if __name__ == "__main__":
    main()
