#!/usr/bin/env python3
"""Writes Tests/Fixtures/tokenizer: tricky texts with the ids the pinned library gives them.

  $(Tests/Peers/setup) Tests/Peers/tokenizer_fixture.py [OUT_FOLDER]

vocab.txt   a small vocabulary, trained by the library on the texts below and then kept.
cases.json  texts with their ids, uncased and cased, whole and truncated to 8; made-up texts of every
            kind of tokenizer_texts.py with their ids under every combination of options in turn;
            bytes that are not UTF-8 with what Python decodes them to; SHA-256 of the words of every
            Unicode scalar; and, made when RETORT_MIRROR is set (else kept as they are), SHA-256 of
            the ids of SST-2 and the corpora under bert-base-uncased's vocabulary.
pairs.jsonl the first pairs of tokenizer_pairs.py under that small vocabulary.
"""

import hashlib
import itertools
import json
import os
import pathlib
import random
import sys

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertTokenizerFast

import tokenizer_pairs
import tokenizer_texts
from tokenizer_texts import SPECIALS

SEED = 20190827
PAIRS = 260
UNCASED, CASED = (True, None, True), (False, None, True)  # lowercase, strip_accents, split_cjk
COMBINATIONS = list(itertools.product([True, False], [None, True, False], [True, False]))

PROSE = """
a warm , funny and deeply felt film that never once condescends to its characters .
the plot is thin , the jokes are thinner , and the running time is not thin at all .
unflinchingly bleak yet desperately moving .
it 's hard to imagine anybody ever being " in the mood " to view a movie as harrowing as this .
Dr. O'Neill-Smith paid $1,234.56 (or 99.9%) for the re-re-release; e-mail him @ home/work #3!
Uncharacteristically, the internationalization of antidisestablishmentarianism was mistokenized.
""".strip().split("\n")

EDGES = [
    "",
    " ",
    "\t\n\r",
    "a",
    "A",
    ".",
    "...",
    "a.b,c;d",
    "don't",
    "rock 'n' roll",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "x" * 250,
    "é" * 100,
    "é" * 101,
    "y " + "é" * 100 + " z",
    "ab" * 51 + " ok",
    "[MASK]",
    "[CLS] a [SEP]",
    "a[MASK]b",
    "[mask]",
    "[ MASK ]",
    "[[MASK]]",
    "[MASK",
    "MASK]",
    "[UNK][PAD][UNK]",
    "[PAD]",
    "x[SEP]\u0301y",
    "##ing",
    "a ##b",
    "#hash",
    "na\u0000me",
    "na\ufffdme",
    "zero\u200bwidth",
    "soft\u00adhyphen",
    "no\u00a0break",
    "line\u2028sep",
    "para\u2029sep",
    "next\u0085line",
    "vertical\u000btab",
    "form\u000cfeed",
    "bell\u0007",
    "del\u007f",
    "\ufeffbom",
    "ideo\u3000graphic",
    "thin\u2009space",
    "e\u0301",
    "\u00e9",
    "\u0301",
    "a\u0301\u0323b",
    "a\u0323\u0301b",
    "\u1e69 \u0073\u0323\u0307 \u0073\u0307\u0323",
    "\u212b \u00c5",
    "\u0130stanbul I\u0307",
    "\u0131",
    "STRASSE stra\u00dfe \u1e9e",
    "\u03a3\u0391\u03a3 \u03c3\u03b1\u03c2",
    "\ufb01ne \ufb03",
    "\u1f88 \u1fb3",
    "\u0345",
    "\u01c4 \u01c5 \u01c6",
    "\u0149",
    "\u4e2d\u6587",
    "ab\u4e2dcd",
    "\u4e2d\u0301\u6587",
    "\uf900\u8c48",
    "\U00020000\U0002a6d6",
    "\U0002f800",
    "\u3042\u30ab\u30bf\u30ab\u30ca",
    "\uac00\uac01\ud55c\uae00",
    "\u1100\u1161\u11a8",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0915\u093c \u0958",
    "\u302e\u302f a\u302f\u302e",
    "\u1b44\u302e\u1b44",
    "a\U0001d165\U0001d16d\U0001d165",
    "\u0634\u064f\u0643\u0652\u0631\u064b\u0627",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea",
    "\u2764\ufe0f",
    "\ue000private",
    "\U000f0000",
    "\u0378unassigned",
    "\u00bfqu\u00e9?",
    "\u2014dash\u2014",
    "\u201cquote\u201d",
    "\u2018it\u2019s\u2019",
    "$5",
    "5\u20ac",
    "\u00a35",
    "a+b=c",
    "a<b>c",
    "a|b",
    "a^b",
    "a`b",
    "a~b",
    "\u00b1",
    "\u00d7",
    "\u00b0C",
    "\u00b7",
    "\u3001\u3002",
    "\u1fef",
    "\u037e",
    "\u0387",
    "\u2160",
    "\u00bd",
    "\u00b2",
    "\uff21\uff22",
    "\uff01",
    "\u1e00\u1e01",
    "\U00010400\U00010428",
    "\U0001e900\U0001e922",
    "\u13a0\uab70",
    "\u10d0\u1c90",
    "\u2c00\u2c30",
    "\ua640",
    "\u1d160",
    "CamelCaseWord",
    "ALLCAPS",
    "MiXeD CaSe",
    "1234567890",
    "3.14159",
    "1,000,000",
    "a_b_c",
    "http://a.b/c?d=e&f=g",
    "a@b.c",
]


def texts():
    rng = random.Random(SEED)
    result = list(EDGES) + PROSE + [line.upper() for line in PROSE]
    pool = [c for edge in EDGES if len(edge) < 40 for c in edge] + list("  ,.'-abcdefghij")
    words = " ".join(PROSE).split()
    while len(result) < 520:
        kind = rng.randrange(3)
        if kind == 0:
            result.append("".join(rng.choice(pool) for _ in range(rng.randrange(1, 24))))
        elif kind == 1:
            result.append(" ".join(rng.choice(words) for _ in range(rng.randrange(1, 16))))
        else:
            result.append(
                "".join(
                    rng.choice(words)[: rng.randrange(1, 7)] + rng.choice(pool) for _ in range(6)
                )
            )
    return result


def made_up(words):
    """Two short texts of each kind for each combination of options."""
    for kind in tokenizer_texts.KINDS:
        generated = tokenizer_texts.texts(100_000, words, f"{SEED} {kind.__name__}", [kind])
        limit = 230 if kind is tokenizer_texts.long_words else 24
        short = (text for text in generated if 0 < len(text) <= limit)
        yield from itertools.islice(short, 2 * len(COMBINATIONS))


def malformed():
    """Every way a sequence can be broken, at the end of the text and before something else."""
    firsts = [
        0x80,
        0xBF,
        0xC0,
        0xC1,
        0xC2,
        0xDF,
        0xE0,
        0xE1,
        0xEC,
        0xED,
        0xEE,
        0xEF,
        0xF0,
        0xF1,
        0xF3,
        0xF4,
        0xF5,
        0xF8,
        0xFF,
    ]
    seconds = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC3, 0xFF]
    rests = [b"", b"\x80", b"\xbf\x80", b"\x80\x80\x80", b"b", b"\x80b", b"\x80\xe2"]
    for first, second in itertools.product(firsts, seconds):
        yield bytes([first, second]) + rests[(first + second) % len(rests)]
    for first in firsts:
        yield bytes([first])
        yield b"abcdefgh" + bytes([first]) + "\u00e9".encode()
    yield from tokenizer_texts.malformed(40, ["a", "bad", "film"], SEED)


def digest_name(options):
    return "lowercase={} strip_accents={} split_cjk={}".format(
        *(str(value).lower() for value in options)
    )


def train(path):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    lines = [line for line in PROSE + [line.lower() for line in PROSE] + EDGES if "[" not in line]
    tokenizer.train_from_iterator(
        lines,
        trainers.WordPieceTrainer(vocab_size=700, special_tokens=SPECIALS, show_progress=False),
    )
    vocabulary = tokenizer.get_vocab()
    path.write_text("".join(t + "\n" for t in sorted(vocabulary, key=vocabulary.get)), "utf-8")


def fast(vocabulary, options):
    lowercase, strip_accents, split_cjk = options
    return BertTokenizerFast(
        vocab_file=str(vocabulary),
        do_lower_case=lowercase,
        strip_accents=strip_accents,
        tokenize_chinese_chars=split_cjk,
        clean_up_tokenization_spaces=True,
    ).backend_tokenizer


def scalar_digest(tokenizer):
    """SHA-256 of the words of "a" c "B" c U+0300 c for every scalar c, U+001F after each word and
    a line feed after each scalar."""
    sum_ = hashlib.sha256()
    for value in range(0x110000):
        if 0xD800 <= value <= 0xDFFF:
            continue
        c = chr(value)
        text = tokenizer.normalizer.normalize_str("a" + c + "B" + c + "\u0300" + c)
        words = [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
        sum_.update(("".join(word + "\x1f" for word in words) + "\n").encode())
    return sum_.hexdigest()


def mirror_digests(mirror):
    """For each file: number of texts and of ids, and SHA-256 of the ids as decimals, a space
    between and a line feed after each text's."""
    tokenizer = fast(mirror / "hub/google-bert/bert-base-uncased/vocab.txt", UNCASED)
    files = {}
    for name in ["train", "dev", "test"]:
        path = mirror / f"data/glue/SST-2/{name}.tsv"
        rows = path.read_bytes().decode().split("\n")[1:]
        column = 1 if name == "test" else 0
        files[str(path.relative_to(mirror))] = [row.split("\t")[column] for row in rows if row]
    for path in sorted((mirror / "data/corpora").glob("*.txt")):
        lines = path.read_bytes().decode().split("\n")
        files[str(path.relative_to(mirror))] = lines[:-1] if lines[-1] == "" else lines
    result = {}
    for name, lines in files.items():
        sum_, ids = hashlib.sha256(), 0
        for start in range(0, len(lines), 4096):
            for encoding in tokenizer.encode_batch(lines[start : start + 4096]):
                ids += len(encoding.ids)
                sum_.update((" ".join(map(str, encoding.ids)) + "\n").encode())
        result[name] = {"texts": len(lines), "ids": ids, "sha256": sum_.hexdigest()}
    return result


def main():
    assert (
        tokenizers.__version__ == "0.19.1"
    ), f"tokenizers 0.19.1 needed, found {tokenizers.__version__}"
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else fixtures / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.txt"
    if not vocabulary.exists():
        train(vocabulary)

    cases = []
    encoders = {"uncased": fast(vocabulary, UNCASED), "cased": fast(vocabulary, CASED)}
    for text in texts():
        case = {"text": text}
        for name, encoder in encoders.items():
            encoder.no_truncation()
            case[name] = encoder.encode(text).ids
        encoders["uncased"].enable_truncation(8)
        case["truncated"] = encoders["uncased"].encode(text).ids
        cases.append(case)

    words = [token.replace("##", "") for token in vocabulary.read_text("utf-8").split("\n")]
    words = [word for word in words if word and word not in SPECIALS]
    combined = [fast(vocabulary, options) for options in COMBINATIONS]
    made_up_cases = []
    for number, text in enumerate(made_up(words)):
        options = number % len(COMBINATIONS)
        made_up_cases.append(
            {"options": options, "text": text, "ids": combined[options].encode(text).ids}
        )

    output = folder / "cases.json"
    mirror = os.environ.get("RETORT_MIRROR")
    if mirror:
        files = mirror_digests(pathlib.Path(mirror))
    else:
        files = json.loads(output.read_text())["mirror"] if output.exists() else {}
    content = {
        "generator": "tokenizer_fixture.py",
        "tokenizers": tokenizers.__version__,
        "seed": SEED,
        "scalars": {
            digest_name(options): scalar_digest(fast(vocabulary, options))
            for options in COMBINATIONS
            if options[1] is not None
        },
        "mirror": files,
    }
    lists = {
        "options": [
            dict(zip(["lowercase", "strip_accents", "split_cjk"], options))
            for options in COMBINATIONS
        ],
        "malformed": [
            {"bytes": data.hex(), "text": data.decode("utf-8", "replace")} for data in malformed()
        ],
        "made_up": made_up_cases,
        "cases": cases,
    }
    text = json.dumps(content, indent=1)[:-2]
    for name, items in lists.items():
        text += (
            f',\n "{name}": [\n' + ",\n".join("  " + json.dumps(item) for item in items) + "\n ]"
        )
    output.write_text(text + "\n}\n", "ascii")
    (folder / "pairs.jsonl").write_text(
        "".join(json.dumps(pair) + "\n" for pair in tokenizer_pairs.pairs(vocabulary, PAIRS)),
        "ascii",
    )
    print(
        f"{output}: " + ", ".join(f"{len(items)} {name}" for name, items in lists.items()),
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
