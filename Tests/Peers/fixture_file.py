"""A fixture: named arrays in an HDF5 file, with the versions that made them.

Contiguous, uncompressed datasets of float32, float64, int32 or int64 in groups, each beginning at
a multiple of 8 bytes so that it can be read in place; groups have attributes, scalar int64,
float64 or UTF-8 text of variable length. Nothing else, so that any HDF5 reader can read it. The old
file format is used because it stores no modification times: the same numbers make the same bytes.
"""

import os
import sys

import h5py
import numpy as np
import torch
import transformers


class FixtureFile:
    """Written beside its final place and renamed when complete."""

    def __init__(self, path, seed):
        self.path = path
        self.file = h5py.File(
            path + ".partial", "w", libver="earliest", alignment_threshold=1, alignment_interval=8
        )
        self.attributes(
            "/",
            generator=os.path.basename(sys.argv[0]),
            seed=seed,
            torch=torch.__version__.split("+")[0],
            transformers=transformers.__version__,
            numpy=np.__version__,
            h5py=h5py.__version__,
            cpu_capability=torch.backends.cpu.get_cpu_capability(),
        )

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.file.close()
        if kind is None:
            os.replace(self.path + ".partial", self.path)
        else:
            os.remove(self.path + ".partial")

    def put(self, name, values, dtype=None):
        """Stores an array; computed float64 tensors are rounded to float32 unless dtype is given.

        Rounding costs half a unit in the last place of float32, far below every tolerance.
        """
        if isinstance(values, torch.Tensor):
            values = values.detach().numpy()
        values = np.ascontiguousarray(values)
        if dtype is None:
            dtype = {"f": np.float32, "i": np.int32, "b": np.int32}[values.dtype.kind]
        if values.dtype.kind == "i" and values.size:
            limits = np.iinfo(dtype)
            assert limits.min <= values.min() and values.max() <= limits.max, name
        stored = values.astype(dtype)
        if stored.dtype.kind == "f":
            assert np.isfinite(stored).all(), f"{name} is not finite"
        self.file.create_dataset(name, data=stored, track_times=False)

    def put_all(self, group, **arrays):
        for name, values in arrays.items():
            self.put(f"{group}/{name}", values)

    def attributes(self, group, **values):
        target = self.file.require_group(group)
        for name, value in values.items():
            if isinstance(value, (bool, int)):
                value = np.int64(value)
            elif not isinstance(value, str):
                value = np.float64(value)
            target.attrs[name] = value

    def names(self, group, attribute, names):
        """A list of names as one string attribute, separated by line feeds."""
        self.attributes(group, **{attribute: "\n".join(names)})


def destination():
    """The one argument of every generator: the file to write."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} OUT.h5")
    return sys.argv[1]
