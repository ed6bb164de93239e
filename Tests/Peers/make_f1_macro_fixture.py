"""f1_macro.h5: F1 averaged over the classes, as scikit-learn computes it.

/<case>   predictions, labels [examples] int32; f1_macro
"""

import numpy as np
from sklearn.metrics import f1_score

from fixture_file import FixtureFile, destination

SEED = 20241128
# Examples, classes, share of right answers, classes that are ever predicted.
CASES = {
    "one": (1, 2, 1.0, 2),
    "two_classes": (872, 2, 0.9, 2),
    "three_classes": (300, 3, 0.5, 3),
    "thirty_classes": (200, 30, 0.3, 30),
    "one_answer": (100, 2, 0.0, 1),
    "some_classes_never_predicted": (150, 7, 0.4, 3),
    "all_wrong": (40, 2, 0.0, 2),
    "classes_that_do_not_occur": (80, 4, 0.5, 4),
}


def main():
    generator = np.random.default_rng(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        for name, (examples, classes, right, predicted) in CASES.items():
            labels = generator.integers(0, classes, examples)
            guesses = generator.integers(0, predicted, examples)
            predictions = np.where(generator.random(examples) < right, labels, guesses) % predicted
            if name == "all_wrong":
                predictions = 1 - labels
            if name == "classes_that_do_not_occur":
                predictions, labels = 2 * predictions, 2 * labels
            fixture.put_all(name, predictions=predictions, labels=labels)
            score = f1_score(labels, predictions, average="macro", zero_division=0)
            fixture.attributes(name, f1_macro=score)


main()
