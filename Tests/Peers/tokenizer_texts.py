"""Texts that are hard on a tokenizer, made up: the same ones for the same seed, anywhere.

Each kind below mixes what the others leave alone: scripts, combining marks, control and format
characters, ideographs, emoji, special tokens written out, `##`, words of about 100 characters,
scalars that nobody has assigned. None holds a line feed.
"""

import random

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LITERALS = SPECIALS + [
    "[mask]",
    "[ MASK ]",
    "[[CLS]",
    "[MASK",
    "MASK]",
    "[MA\u200bSK]",
    "[SEP]\u0301",
    "##",
    "##ing",
    "a##b",
    "# #",
    "###",
]
SCRIPTS = [
    range(*ends)
    for ends in [
        (0x20, 0x7F),
        (0xA0, 0x180),
        (0x180, 0x250),
        (0x250, 0x300),
        (0x370, 0x400),
        (0x400, 0x530),
        (0x530, 0x590),
        (0x590, 0x600),
        (0x600, 0x700),
        (0x900, 0x980),
        (0x980, 0xE00),
        (0xE00, 0xF00),
        (0xF00, 0x1000),
        (0x1000, 0x10A0),
        (0x10A0, 0x1100),
        (0x1100, 0x1200),
        (0x1200, 0x1380),
        (0x13A0, 0x1400),
        (0x1780, 0x1800),
        (0x1B00, 0x1B80),
        (0x1C90, 0x1CC0),
        (0x1D00, 0x1DC0),
        (0x1E00, 0x2000),
        (0x2000, 0x2070),
        (0x2070, 0x2200),
        (0x2C00, 0x2D30),
        (0xA640, 0xA6A0),
        (0xA720, 0xA800),
        (0xAB70, 0xABC0),
        (0xAC00, 0xD7A4),
        (0xFB00, 0xFB50),
        (0xFE70, 0x10000),
        (0x10400, 0x10450),
        (0x104B0, 0x10500),
        (0x118A0, 0x118E0),
        (0x1D400, 0x1D800),
        (0x1E900, 0x1E960),
    ]
]
MARKS = [
    range(*ends)
    for ends in [
        (0x300, 0x370),
        (0x300, 0x370),
        (0x483, 0x48A),
        (0x591, 0x5C8),
        (0x610, 0x61B),
        (0x64B, 0x660),
        (0x93C, 0x94E),
        (0xE31, 0xE3B),
        (0x1AB0, 0x1B00),
        (0x1DC0, 0x1E00),
        (0x20D0, 0x20F1),
        (0x302A, 0x3030),
        (0xFE20, 0xFE30),
        (0x1D165, 0x1D16A),
    ]
]
CONTROLS = [
    range(*ends)
    for ends in [
        (0x00, 0x20),
        (0x7F, 0xA0),
        (0xAD, 0xAE),
        (0x600, 0x606),
        (0x200B, 0x2010),
        (0x2028, 0x2030),
        (0x2060, 0x2070),
        (0xFEFF, 0xFF00),
        (0xFFF0, 0xFFFE),
        (0xE0000, 0xE0080),
    ]
]
SPACES = " \t\r\u00a0\u1680\u2003\u2009\u2028\u2029\u202f\u205f\u3000\x0b\x0c\x85"
IDEOGRAPHS = [
    range(*ends)
    for ends in [
        (0x4E00, 0xA000),
        (0x4E00, 0xA000),
        (0x3400, 0x4DC0),
        (0x3000, 0x3040),
        (0x3040, 0x3100),
        (0x31F0, 0x3200),
        (0x3200, 0x3400),
        (0xF900, 0xFB00),
        (0x20000, 0x2A6E0),
        (0x2A700, 0x2EBF0),
        (0x2F800, 0x2FA20),
        (0x30000, 0x31350),
    ]
]
EMOJI = [
    range(*ends)
    for ends in [
        (0x1F300, 0x1F700),
        (0x1F900, 0x1FA00),
        (0x1F1E6, 0x1F200),
        (0x2600, 0x27C0),
        (0x1F3FB, 0x1F400),
    ]
]
UNASSIGNED = [
    range(*ends)
    for ends in [
        (0x378, 0x37A),
        (0x530, 0x531),
        (0x2FE0, 0x2FF0),
        (0xE000, 0xE100),
        (0xFDD0, 0xFDF0),
        (0xFFFE, 0x10000),
        (0x1FFFE, 0x20000),
        (0x40000, 0x50000),
        (0x50000, 0xE0000),
        (0xF0000, 0x110000),
    ]
]


def characters(rng, ranges, count):
    chosen = rng.choice(ranges)
    return "".join(map(chr, rng.choices(chosen, k=count)))


def one_of_each(rng, words):
    def piece():
        kind = rng.random()
        if kind < 0.1:
            value = rng.randrange(0x110000)
            return "" if 0xD800 <= value < 0xE000 else chr(value)
        if kind < 0.5:
            return characters(rng, rng.choice([SCRIPTS, MARKS, IDEOGRAPHS, EMOJI]), 1)
        if kind < 0.65:
            return rng.choice(SPACES)
        if kind < 0.7:
            return rng.choice(LITERALS)
        return rng.choice(words)

    return "".join(piece() for _ in range(rng.randrange(1, 16)))


def scripts(rng, words):
    return "".join(
        characters(rng, SCRIPTS, rng.randrange(1, 7)) + rng.choice(["", " ", "-", "'"])
        for _ in range(rng.randrange(1, 6))
    )


def marked_words(rng, words):
    text = " ".join(rng.choices(words, k=rng.randrange(1, 5)))
    return "".join(
        c + characters(rng, MARKS, rng.randrange(1, 4)) if rng.random() < 0.3 else c for c in text
    )


def cased_words(rng, words):
    forms = [str.lower, str.upper, str.title, str.swapcase, lambda word: word[::-1].capitalize()]
    return " ".join(rng.choice(forms)(word) for word in rng.choices(words, k=rng.randrange(1, 9)))


def interrupted(rng, words):
    text = rng.choice(words) + rng.choice(SPACES) + rng.choice(words)
    for _ in range(rng.randrange(1, 5)):
        place = rng.randrange(len(text) + 1)
        text = text[:place] + characters(rng, CONTROLS, rng.randrange(1, 3)) + text[place:]
    return text


def ideographs(rng, words):
    return "".join(
        rng.choice(
            [
                characters(rng, IDEOGRAPHS, rng.randrange(1, 4)),
                rng.choice(words),
                characters(rng, MARKS, 1),
                characters(rng, IDEOGRAPHS, 1),
                " ",
            ]
        )
        for _ in range(rng.randrange(1, 10))
    )


def emoji(rng, words):
    def one():
        joined = [characters(rng, EMOJI, 1) for _ in range(rng.randrange(1, 4))]
        return rng.choice(["\u200d", "\ufe0f", "\ufe0f\u200d", ""]).join(joined)

    return "".join(
        one() + rng.choice(["", " ", "!", rng.choice(words)]) for _ in range(rng.randrange(1, 5))
    )


def written_out(rng, words):
    return "".join(
        rng.choice(
            [
                rng.choice(LITERALS),
                rng.choice(words),
                characters(rng, MARKS, 1),
                " ",
                "##" + rng.choice(words),
                rng.choice("[]#"),
            ]
        )
        for _ in range(rng.randrange(1, 9))
    )


def long_words(rng, words):
    unit = rng.choice(
        [
            "a",
            "\u00e9",
            "e\u0301",
            "\u6f22",
            "\u0915",
            "\U0001f600",
            "Ab",
            "\u1f88",
            "\ud55c",
            rng.choice(words),
        ]
    )
    text = (unit * 110)[: rng.randrange(96, 106) + rng.choice([0, 0, 0, 100])]
    if rng.random() < 0.5:
        place = rng.randrange(len(text))
        text = (
            text[:place]
            + rng.choice(["\u0301", "\u200b", "\x00", "[", "\u4e2d", "\u00ad", "Z"])
            + text[place:]
        )
    return rng.choice(["", "x "]) + text + rng.choice(["", " y", "."])


def unassigned(rng, words):
    return "".join(
        rng.choice(
            [
                characters(rng, UNASSIGNED, rng.randrange(1, 3)),
                rng.choice(words),
                characters(rng, MARKS, 1),
                " ",
            ]
        )
        for _ in range(rng.randrange(1, 7))
    )


KINDS = [
    one_of_each,
    scripts,
    marked_words,
    cased_words,
    interrupted,
    ideographs,
    emoji,
    written_out,
    long_words,
    unassigned,
]


def texts(count, words, seed, kinds=KINDS):
    """`count` texts, all kinds in turn. `words`: what stands between the hard places."""
    rng = random.Random(seed)
    for number in range(count):
        yield kinds[number % len(kinds)](rng, words).replace("\n", " ")


def malformed(count, words, seed):
    """`count` byte strings, most of which are not UTF-8, without line feeds."""
    rng = random.Random(seed)
    odd = [bytes([value]) for value in range(0x80, 0x100)] + [
        b"\xe0\x80",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf0\x90\x80",
        b"\xf4\x90\x80\x80",
        b"\xf4\x8f\xbf",
        b"\xe2\x82",
        b"\xf0\x9f",
        b"\xf8\x88\x80\x80\x80",
        b"\xc0\xaf",
        b"\xc1\xbf",
    ]
    for text in texts(count, words, rng.random()):
        data = bytearray(text.encode())
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(data) + 1)
            change = rng.randrange(4)
            if change == 0:
                del data[place : place + rng.randrange(1, 3)]
            elif change == 1:
                data[place:place] = rng.choice(odd)
            elif change == 2:
                del data[place:]
            elif place < len(data):
                data[place] = rng.randrange(0x80, 0x100)
        yield bytes(data).replace(b"\n", b" ")
