"""How much of SST-2's validation set a distillation's corpus has: sentences and runs of words.

    corpus_overlap.py --dev SST-2/dev.tsv --corpus corpora/movie_reviews.txt [--words 8]

Both are reviews of films, so that a student may have read a sentence that it is asked about later.
Compared are letters and digits alone, in lower case and without apostrophes (SST-2 writes "does n't"
for the corpus's "doesn't"), paragraph by paragraph. Printed are the sentences of at least six words that
stand in the corpus whole, and those that share a run of --words words with it.
"""

import argparse
import csv
import re

LEAST_WORDS = 6


def words(text: str) -> list[str]:
    joined = re.sub(r" ?(n't|'[a-z]+)\b", lambda match: match[1], text.lower())
    return re.findall(r"[a-z0-9]+", joined.replace("'", ""))


def runs(sequence: list[str], length: int) -> set[tuple[str, ...]]:
    return set(zip(*(sequence[start:] for start in range(length))))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dev", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--words", type=int, default=8)
    arguments = parser.parse_args()

    with open(arguments.dev, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        sentences = [words(row["sentence"]) for row in rows]
    with open(arguments.corpus, encoding="utf-8") as file:
        paragraphs = [words(line) for line in file]

    text = "\n".join(f" {' '.join(paragraph)} " for paragraph in paragraphs)
    long = [sentence for sentence in sentences if len(sentence) >= LEAST_WORDS]
    whole = [" ".join(sentence) for sentence in long if f" {' '.join(sentence)} " in text]
    print(
        f"{len(whole)} of {len(long)} sentences of at least {LEAST_WORDS} words stand in the corpus"
    )
    for sentence in whole:
        print(f"  {sentence}")

    known = set().union(*(runs(paragraph, arguments.words) for paragraph in paragraphs))
    asked = [sentence for sentence in sentences if len(sentence) >= arguments.words]
    shared = [sentence for sentence in asked if runs(sentence, arguments.words) & known]
    print(f"{len(shared)} of {len(asked)} share {arguments.words} words in a row with it")
    for sentence in shared:
        print(f"  {' '.join(sentence)}")


if __name__ == "__main__":
    main()
