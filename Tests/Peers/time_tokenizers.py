"""Time of Hugging Face's `tokenizers` over a list of sentences.

    time_tokenizers.py --vocab vocab.txt --sentences FILE [--repetitions 2] [--warmup 1] [--threads 1]

FILE: "sentence<TAB>label" lines, read beforehand. A step is all sentences in one encode_batch, with
[CLS] and [SEP], on `threads` threads. check_digest: SHA-256 over all ids as little-endian int32.
"""

import argparse
import hashlib
import os
import platform

import numpy as np

from timing import Timing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocab", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    # Read when the library's pool of threads starts.
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if arguments.threads > 1 else "false"
    import tokenizers

    import labelled_sentences

    sentences, _ = labelled_sentences.read(arguments.sentences)
    tokenizer = tokenizers.BertWordPieceTokenizer(arguments.vocab, lowercase=True)
    timing, encodings = Timing(arguments.warmup), None
    for _ in range(arguments.warmup + arguments.repetitions):
        encodings = None  # freeing the last ones is no part of a step
        encodings = timing.step(lambda: tokenizer.encode_batch(sentences), len(sentences), 0)
    # Counted afterwards: reading ids out of the library is no part of a step either.
    timing.tokens = sum(len(encoding.ids) for encoding in encodings) * arguments.repetitions
    digest = hashlib.sha256()
    for encoding in encodings:
        digest.update(np.array(encoding.ids, dtype="<i4").tobytes())

    timing.report(
        job="tokenization", settings="default", threads=arguments.threads,
        batch_size=len(sentences), check_digest=digest.hexdigest(),
        versions={"tokenizers": tokenizers.__version__, "python": platform.python_version()},
    )  # fmt: skip


main()
