#!/usr/bin/env python3
"""Made-up pairs of texts with the ids that the pinned library gives them, a line of JSON each.

  $(Tests/Peers/setup) Tests/Peers/tokenizer_pairs.py VOCABULARY COUNT

{"first", "second", "maximum", "ids", "second_start"}: cut by longest_first to `maximum` ids, or not
at all where it is null; the ids from `second_start` on have token type 1, those before it 0. Texts
are of every kind of tokenizer_texts.py, and words alone, so that lengths meet in every way.
"""

import itertools
import json
import os
import random
import sys

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import tokenizers
from transformers import BertTokenizerFast

import tokenizer_texts

SEED = 20191106
MAXIMA = [None, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 24, 33]


def sides(words, seed):
    """One text after another: of the hard kinds, of a few words, of none."""
    rng = random.Random(seed)
    hard = tokenizer_texts.texts(10**9, words, f"{seed} hard")
    while True:
        choice = rng.randrange(8)
        if choice == 0:
            yield ""
        elif choice < 3:
            yield next(hard)
        else:
            yield " ".join(rng.choice(words) for _ in range(rng.randrange(1, 20)))


def pairs(vocabulary, count):
    """Yields `count` of the docstring's lines, as dictionaries."""
    assert (
        tokenizers.__version__ == "0.19.1"
    ), f"tokenizers 0.19.1 needed, found {tokenizers.__version__}"
    fast = BertTokenizerFast(
        vocab_file=str(vocabulary), do_lower_case=True, clean_up_tokenization_spaces=True
    )
    with open(vocabulary, encoding="utf-8") as file:
        words = [line.rstrip("\n").replace("##", "") for line in file]
    words = [word for word in words if word and word not in tokenizer_texts.SPECIALS]
    first, second = sides(words, f"{SEED} first"), sides(words, f"{SEED} second")
    numbers = itertools.cycle(MAXIMA)
    for a, b, maximum in itertools.islice(zip(first, second, numbers), count):
        limit = {} if maximum is None else {"truncation": True, "max_length": maximum}
        # In lists, as data sets are tokenized: of two bare texts an empty second one makes no pair.
        encoded = fast([a], [b], **limit)
        ids, types = encoded["input_ids"][0], encoded["token_type_ids"][0]
        start = types.index(1)
        assert types == [0] * start + [1] * (len(ids) - start)
        yield dict(first=a, second=b, maximum=maximum, ids=ids, second_start=start)


def main():
    vocabulary, count = sys.argv[1], int(sys.argv[2])
    for pair in pairs(vocabulary, count):
        print(json.dumps(pair))


if __name__ == "__main__":
    main()
