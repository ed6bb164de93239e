"""What timings run on: SST-2, a vocabulary, models, and files made of them for one recording."""

import os
import random
import subprocess

import labelled_sentences
from bench_setup import Missing

SST2 = "data/glue/SST-2"
VOCABULARIES = [
    f"hub/{name}/vocab.txt"
    for name in (
        "google-bert/bert-base-uncased",
        "distilbert/distilbert-base-uncased",
        "sentence-transformers/all-MiniLM-L6-v2",
    )
]
ORDER_SEED = 42
# Hugging Face's group_by_length sorts within so many batches.
GROUPED_BATCHES = 50


class Material:
    def __init__(self, retort, folder):
        """folder: for models and sentence files; models are kept from recording to recording."""
        self.retort, self.folder = retort, folder
        cache = os.environ.get("RETORT_CACHE") or os.path.expanduser("~/.cache/retort")
        self.roots = [cache] + [r for r in [os.environ.get("RETORT_MIRROR")] if r]
        self.cache = os.path.join(cache, "bench")
        os.makedirs(self.cache, exist_ok=True)
        os.makedirs(folder, exist_ok=True)

    def find(self, *names):
        for name in names:
            for root in self.roots:
                path = os.path.join(root, name)
                if os.path.exists(path):
                    return path
        raise Missing(
            f"{names[0]} is in none of {', '.join(self.roots)}; set RETORT_MIRROR to a folder with it"
        )

    def vocabulary(self):
        return self.find(*VOCABULARIES)

    def model(self, name):
        import bench_models  # and with it transformers: seconds that --help need not take

        return bench_models.folder(name, self.cache, self.vocabulary())

    def graph(self, name):
        """Where the ONNX graph of a model lies or will lie."""
        return self.model(name) + ".onnx"

    def checkpoint(self, name):
        """The model as `retort import` keeps it, with the digest that opening it checks."""
        path = os.path.join(self.folder, f"{name}.h5")
        if not os.path.exists(path):
            result = subprocess.run(
                [self.retort, "import", self.model(name), "--out", path],
                capture_output=True, text=True,
            )  # fmt: skip
            if result.returncode != 0:
                raise Missing(f"retort import: {result.stderr.strip().splitlines()[-1]}")
        return path

    def training_file(self, warmup, steps, batch_size, by_length=False):
        """SST-2's training set in a shuffled order: batches for the warm-up, then those measured.

        by_length: the same sentences, grouped as Hugging Face's group_by_length does: by token count
        within runs of 50 batches. So that they are grouped as well as in a whole epoch, the measured
        batches are taken at even distances from such runs.
        """
        examples = self._shuffled()
        first = warmup * batch_size
        runs = -(-steps // GROUPED_BATCHES)
        pool = examples[first : first + runs * GROUPED_BATCHES * batch_size]
        ids = labelled_sentences.token_ids([sentence for sentence, _ in pool], self.vocabulary())
        grouped = []
        for run in labelled_sentences.batches(range(len(pool)), GROUPED_BATCHES * batch_size):
            ordered = sorted(run, key=lambda place: -len(ids[place]))
            grouped += labelled_sentences.batches(ordered, batch_size)
        chosen = [grouped[(2 * i + 1) * len(grouped) // (2 * steps)] for i in range(steps)]
        places = [place for batch in chosen for place in batch]
        if not by_length:
            places.sort()
        name = f"train-{warmup}-{steps}-{batch_size}{'-by-length' if by_length else ''}.tsv"
        return self._write(name, examples[:first] + [pool[place] for place in places])

    def text_file(self, sentences):
        """So many sentences of SST-2's training set in the same order, as text."""
        return self._write(f"text-{sentences}.tsv", self._shuffled()[:sentences])

    def whole_training_file(self):
        return self._write("train.tsv", self._examples("train.tsv"))

    def validation_file(self):
        return self._write("dev.tsv", self._examples("dev.tsv"))

    def _shuffled(self):
        examples = self._examples("train.tsv")
        random.Random(ORDER_SEED).shuffle(examples)
        return examples

    def _examples(self, name):
        with open(self.find(f"{SST2}/{name}"), encoding="utf-8", newline="\n") as file:
            lines = file.read().rstrip("\n").split("\n")[1:]
        return [tuple(line.split("\t")) for line in lines]

    def _write(self, name, examples):
        path = os.path.join(self.folder, name)
        labelled_sentences.write(path, examples)
        return path
