#!/usr/bin/env python3
"""Probes the pinned `tokenizers` library and writes Sources/Text/CharacterTableData.swift.

BERT's tokenizer treats characters by tables of old Unicode versions (unicode_categories,
unicode-normalization-alignments, Rust's std). Instead of guessing them, every one of the 1,112,064
Unicode scalars is sent through the library's own normalizers and pre-tokenizer, and what comes out
is written down: which scalars are removed, become a space, are padded as CJK, are punctuation or
white space for the pre-tokenizer, are nonspacing marks; their canonical combining class,
decomposition and lower-case mapping.

Needs: tokenizers 0.19.1 (Tests/Peers/README.md). Usage: tokenizer_tables.py [output file]

The table, before base64 (all numbers LEB128, `z` zigzag):
  classes: count, then (flags, combining class) each one byte
  runs:    count, then (length, class index), covering 0...0x10FFFF (surrogates in class 0's run)
  decompositions, then lower-case mappings: count, then (scalar minus the previous entry's,
           number of outputs, outputs minus scalar as z)
"""

import base64
import pathlib
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

PINNED = "0.19.1"
REMOVED, SPACE, CJK, MARK, PUNCTUATION, WHITESPACE = 1, 2, 4, 8, 16, 32
HANGUL = range(0xAC00, 0xAC00 + 11172)


def scalars():
    for value in range(0x110000):
        if not 0xD800 <= value <= 0xDFFF:
            yield value, chr(value)


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options}).normalize_str


def hangul_by_arithmetic(value):
    index = value - HANGUL.start
    parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28]
    return parts + ([0x11A7 + index % 28] if index % 28 else [])


def combining_classes(nfd):
    """Class of every scalar that is its own decomposition, from the order the library puts
    pairs in: `x y` comes back as `y x` exactly if class(x) > class(y) > 0."""
    references = {}
    for _, c in scalars():
        rank = unicodedata.combining(c)
        if (
            rank
            and rank not in references
            and nfd(c) == c
            and nfd("a\u0345" + c) in ("a" + c + "\u0345", "a\u0345" + c)
        ):
            # A reference must itself be known to the library as a combining character.
            moved = (
                nfd("a\u0345" + c) != "a\u0345" + c or nfd("a" + c + "\u0334") != "a" + c + "\u0334"
            )
            if moved:
                references[rank] = c
    ranks = sorted(references)
    # The library must agree with the order of the references themselves.
    for low, high in zip(ranks, ranks[1:]):
        pair = "a" + references[high] + references[low]
        assert nfd(pair) == "a" + references[low] + references[high], (low, high)

    result = {}
    for value, c in scalars():
        if nfd(c) != c:
            continue
        above_first = nfd("a" + c + "\u0334") != "a" + c + "\u0334"
        below_last = nfd("a\u0345" + c) != "a\u0345" + c
        if not (above_first or below_last):
            continue
        same = [
            rank
            for rank in ranks
            if nfd("a" + c + references[rank]) == "a" + c + references[rank]
            and nfd("a" + references[rank] + c) == "a" + references[rank] + c
        ]
        assert len(same) == 1, (hex(value), same)
        result[value] = same[0]
    return result


def leb(number):
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def zigzag(number):
    return leb(number * 2 if number >= 0 else -number * 2 - 1)


def mapping_bytes(mapping):
    out, previous = bytearray(leb(len(mapping))), 0
    for value in sorted(mapping):
        out += leb(value - previous) + leb(len(mapping[value]))
        for target in mapping[value]:
            out += zigzag(target - value)
        previous = value
    return bytes(out)


def main():
    assert (
        tokenizers.__version__ == PINNED
    ), f"tokenizers {PINNED} needed, found {tokenizers.__version__}"
    here = pathlib.Path(__file__).resolve()
    default = here.parents[2] / "Sources/Text/CharacterTableData.swift"
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default

    clean, chinese = bert(clean_text=True), bert(handle_chinese_chars=True)
    strip, lower = bert(strip_accents=True), bert(lowercase=True)
    nfd, words = normalizers.NFD().normalize_str, pre_tokenizers.BertPreTokenizer().pre_tokenize_str

    flags, decompositions, lowered = {}, {}, {}
    for value, c in scalars():
        flag = 0
        cleaned = clean("a" + c + "b")
        if cleaned == "ab":
            flag |= REMOVED
        elif cleaned == "a b":
            flag |= SPACE
        else:
            assert cleaned == "a" + c + "b", hex(value)
        padded = chinese("a" + c + "b")
        if padded == "a " + c + " b":
            flag |= CJK
        else:
            assert padded == "a" + c + "b", hex(value)
        pieces = [piece for piece, _ in words("a" + c + "b")]
        if pieces == ["a", c, "b"]:
            flag |= PUNCTUATION
        elif pieces == ["a", "b"]:
            flag |= WHITESPACE
        else:
            assert pieces == ["a" + c + "b"], hex(value)
        parts = nfd(c)
        if parts == c:
            if strip(c) == "":
                flag |= MARK
            else:
                assert strip(c) == c, hex(value)
        elif value in HANGUL:
            assert [ord(p) for p in parts] == hangul_by_arithmetic(value), hex(value)
        else:
            decompositions[value] = [ord(p) for p in parts]
        if lower(c) != c:
            lowered[value] = [ord(p) for p in lower(c)]
        if flag:
            flags[value] = flag
    for value, parts in decompositions.items():  # stripping works on the parts, one by one
        assert all(nfd(chr(p)) == chr(p) for p in parts), hex(value)
        kept = "".join(chr(p) for p in parts if not flags.get(p, 0) & MARK)
        assert strip(chr(value)) == kept, hex(value)
    ranks = combining_classes(nfd)

    classes, runs = [(0, 0)], []
    for value in range(0x110000):
        entry = (flags.get(value, 0), ranks.get(value, 0))
        if entry not in classes:
            classes.append(entry)
        index = classes.index(entry)
        if runs and runs[-1][1] == index:
            runs[-1][0] += 1
        else:
            runs.append([1, index])
    data = bytearray(leb(len(classes)))
    for flag, rank in classes:
        data += bytes([flag, rank])
    data += leb(len(runs))
    for length, index in runs:
        data += leb(length) + leb(index)
    data += mapping_bytes(decompositions) + mapping_bytes(lowered)

    text = base64.b64encode(bytes(data)).decode()
    lines = [text[i : i + 94] for i in range(0, len(text), 94)]
    counts = {
        name: sum(1 for f in flags.values() if f & bit)
        for name, bit in dict(
            removed=REMOVED,
            space=SPACE,
            cjk=CJK,
            marks=MARK,
            punctuation=PUNCTUATION,
            whitespace=WHITESPACE,
        ).items()
    }
    output.write_text(
        f"/// The character table of `tokenizers` {PINNED}, as base64; read by `CharacterTable`.\n"
        "///\n"
        "/// Written by Tests/Peers/tokenizer_tables.py, which describes the format: do not edit.\n"
        f"/// {', '.join(f'{n} {name}' for name, n in counts.items())};\n"
        f"/// {len(decompositions)} decompositions, {len(lowered)} lower-case mappings, "
        f"{len(ranks)} combining scalars.\n"
        "enum CharacterTableData {\n"
        "  static let base64 = \"\"\"\n"
        + "".join(f"    {line}\\\n" for line in lines[:-1])
        + f"    {lines[-1]}\n"
        '    """\n'
        "}\n"
    )
    print(
        counts,
        len(decompositions),
        len(lowered),
        len(ranks),
        "classes",
        len(classes),
        "runs",
        len(runs),
        "bytes",
        len(data),
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
