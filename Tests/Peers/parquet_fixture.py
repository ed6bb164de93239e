#!/usr/bin/env python3
"""Writes Tests/Fixtures/parquet: files of pyarrow, and the values that pyarrow reads in them.

  $(Tests/Peers/setup pyarrow) Tests/Peers/parquet_fixture.py OUT_FOLDER

NAME.parquet   a file of each form: plain or with a dictionary, uncompressed or Snappy, pages of both versions, nulls,
               several row groups, a dictionary that is given up in the middle of a column, no rows, long texts, class
               names of Hugging Face's `datasets`, nested columns; and of forms that Retort refuses.
values.jsonl   a line for each file that is read: its name, and each column with its values. Numbers are as Python
               writes them, texts of more than 200 characters by their SHA-256.
"""

import datetime
import decimal
import hashlib
import json
import math
import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20260101
WORDS = ["good", "bad", "", "ü — 文字", 'a "quoted", text', "two\nlines", "film 🎬", "plot"]


def column(rows, make, nulls, generator):
    return [None if generator.random() < nulls else make() for _ in range(rows)]


def every_type(rows, nulls, generator):
    """A table with a column of each type that is read, and one that is never null."""
    r = generator

    def text():
        return " ".join(r.choice(WORDS) for _ in range(r.randrange(4)))

    def real():
        return r.choice([0.0, -1.5, math.pi, 1e-30, 3e38, math.inf, -math.inf]) * r.random()

    makers = {
        "text": (pa.string(), text),
        "large": (pa.large_string(), text),
        "integer": (pa.int64(), lambda: r.randrange(-(2**63), 2**63)),
        "small": (pa.int32(), lambda: r.randrange(-(2**31), 2**31)),
        "byte": (pa.int8(), lambda: r.randrange(-128, 128)),
        "natural": (pa.uint32(), lambda: r.randrange(2**32)),
        "great": (pa.uint64(), lambda: r.randrange(2**64)),
        "double": (pa.float64(), real),
        "float": (pa.float32(), lambda: r.uniform(-1e3, 1e3)),
        "truth": (pa.bool_(), lambda: r.random() < 0.7),
    }
    fields, values = [], []
    for name, (kind, make) in makers.items():
        fields.append(pa.field(name, kind))
        values.append(pa.array(column(rows, make, nulls, r), kind))
    fields.append(pa.field("always", pa.string(), nullable=False))
    values.append(pa.array([f"row {place}" for place in range(rows)]))
    return pa.table(values, schema=pa.schema(fields))


def nested():
    day = datetime.datetime(2026, 1, 2, 3, 4, 5)
    return pa.table(
        {
            "words": pa.array([["a", "b"], [], None, ["c"]]),
            "text": ["one", None, "three", "four"],
            "pair": pa.array([{"x": 1, "y": [1]}, None, {"x": 2, "y": None}, {"x": 3, "y": []}]),
            "counts": pa.array([[("a", 1)], [], None, []], pa.map_(pa.string(), pa.int32())),
            "when": pa.array([day, None, day, day]),
            "day": pa.array([day.date()] * 4),
            "price": pa.array([decimal.Decimal("1.25")] * 4),
            "label": pa.array([0, 1, 1, 0], pa.int32()),
        }
    )


def with_classes():
    features = {
        "sentence": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["worse", "better"], "_type": "ClassLabel"},
        "idx": {"dtype": "int32", "_type": "Value"},
    }
    table = pa.table(
        {
            "sentence": ["a good film", "a bad film", "not bad", "a film"],
            "label": pa.array([1, 0, 1, -1]),
            "idx": pa.array([0, 1, 2, 3], pa.int32()),
        }
    )
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return table.replace_schema_metadata(metadata)


def files(generator):
    """Name, table and how it is written; those from `refused` on cannot be read."""
    plain = {"use_dictionary": False, "compression": "none"}
    some = every_type(60, 0.3, generator)
    yield "plain", some, plain
    yield "plain_snappy", some, {"use_dictionary": False}
    yield "dictionary", some, {"compression": "none"}
    yield "dictionary_snappy", some, {}
    yield "second_version", some, {"data_page_version": "2.0"}
    yield "second_version_plain", some, {"data_page_version": "2.0", **plain}
    yield "groups", every_type(100, 0.1, generator), {"row_group_size": 33}
    yield "without_nulls", every_type(20, 0, generator), {}
    yield "all_null", every_type(30, 1, generator), {}
    yield "empty", every_type(0, 0, generator), {}
    yield "statistics", some, {"write_statistics": True, "write_page_index": True}
    repeated = [f"text number {place % 150} of the film" for place in range(600)]
    table = pa.table({"text": repeated, "label": [place % 3 for place in range(600)]})
    limits = {"dictionary_pagesize_limit": 500, "data_page_size": 400, "write_batch_size": 20}
    yield "fallback", table, limits
    yield "one_run", pa.table({"text": ["same"] * 5000, "label": [7] * 5000}), {}
    long = ["film " * 60_000, "x" * 300_000 + "y", None, "short", "ab" * 100_000]
    yield "long_texts", pa.table({"text": long}), {}
    yield "classes", with_classes(), {}
    yield "nested", nested(), {}
    yield "refused_zstd", pa.table({"text": ["a"]}), {"compression": "zstd"}
    yield "refused_gzip", pa.table({"text": ["a"]}), {"compression": "gzip"}
    delta = {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
    yield "refused_delta", pa.table({"text": ["a", "ab"]}), delta
    binary = pa.table({"text": pa.array([b"fine", b"\xff\xfe film"], pa.binary())})
    yield "refused_bytes", binary, {}


def written(value):
    if isinstance(value, str) and len(value) > 200:
        return "sha256:" + hashlib.sha256(value.encode()).hexdigest()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, table, options in files(random.Random(SEED)):
        path = folder / f"{name}.parquet"
        pq.write_table(table, path, **options)
        if name.startswith("refused"):
            continue
        read = pq.read_table(path)
        flat = [field.name for field in read.schema if not pa.types.is_nested(field.type)]
        other = {"when", "day", "price"}
        columns = {
            column: [written(value) for value in read[column].to_pylist()]
            for column in flat
            if column not in other
        }
        lines.append(json.dumps({"file": name, "rows": read.num_rows, "columns": columns}))
    (folder / "values.jsonl").write_text("".join(line + "\n" for line in lines))
    total = sum(file.stat().st_size for file in folder.iterdir())
    print(f"parquet: {len(lines)} files read, {total} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
