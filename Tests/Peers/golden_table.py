"""What the golden numbers of the self-check are made of: table, batch, inputs by integer hash."""

import numpy as np
import torch

import integer_hash

# Four sequences of unequal length, T tokens in all.
LENGTHS = [7, 1, 19, 33]
T, N = sum(LENGTHS), len(LENGTHS)


class Table:
    def __init__(self):
        self.quantities = {}  # operation -> lines

    def put(self, operation, quantity, values, vanishes=False):
        if isinstance(values, torch.Tensor):
            values = values.detach().numpy()
        values = np.asarray(values, np.float64).reshape(-1)
        assert np.isfinite(values).all(), (operation, quantity)
        norm, projection = np.linalg.norm(values), integer_hash.projection(values)
        assert vanishes == (norm < 1e-9), (operation, quantity, norm)
        if vanishes:
            norm, projection = 0, 0
        lines = self.quantities.setdefault(operation, [])
        lines.append(f"{norm:.9e} {projection:.9e} {quantity}")

    def gradients(self, operation, **inputs):
        for name, tensor in inputs.items():
            self.put(operation, f"∂{name.replace('_', ' ')}", tensor.grad)


def array(name, *shape, scale=1.0):
    """A float64 leaf with the hash's float32 values."""
    values = integer_hash.values(name, shape, scale)
    return torch.from_numpy(values).double().requires_grad_()


def norm_scale(name, *shape):
    values = np.float32(1) + integer_hash.values(name, shape, 0.5)
    return torch.from_numpy(values).double().requires_grad_()


def integers(name, count, bound):
    return torch.from_numpy(integer_hash.integers(name, count, bound))
