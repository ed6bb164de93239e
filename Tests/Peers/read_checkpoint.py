"""Reads a checkpoint or an activation store with h5py and numpy alone, nothing of Retort.

    read_checkpoint.py FILE.h5 [--group /model] [--values NAME]

Prints the attributes and every dataset with shape, type, range and norm; exit 1 if a floating-point
value is not finite. `--values` prints one dataset.
"""

import argparse
import sys

import h5py
import numpy as np


def describe(name, dataset):
    """One line; returns whether all values are finite."""
    line = f"{name}  {list(dataset.shape)} {dataset.dtype}"
    if dataset.dtype.kind not in "fiu" or dataset.size == 0:
        print(line)
        return True
    values = dataset[()].astype(np.float64)
    finite = bool(np.isfinite(values).all())
    summary = f"{values.min():.6g} .. {values.max():.6g}, norm {np.linalg.norm(values):.6g}"
    print(line, summary if finite else "NOT FINITE")
    return finite


def print_attributes(target):
    for name, value in target.attrs.items():
        if isinstance(value, bytes):
            value = value.decode("utf-8")
        text = str(value)
        print(f"  @{name} = {text if len(text) <= 200 else text[:200] + ' ...'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--group", default="/")
    parser.add_argument("--values", metavar="NAME")
    arguments = parser.parse_args()
    with h5py.File(arguments.file, "r") as file:
        if arguments.values:
            print(file[arguments.values][()])
            return
        print(f"{arguments.file}: user block of {file.userblock_size} bytes")
        print_attributes(file)
        finite, elements = [], 0

        def visit(name, item):
            nonlocal elements
            if isinstance(item, h5py.Dataset):
                finite.append(describe(name, item))
                elements += item.size
            if item.attrs:
                print_attributes(item)

        file[arguments.group].visititems(visit)
        print(f"{len(finite)} datasets, {elements:,} elements")
        if not all(finite):
            sys.exit(1)


main()
