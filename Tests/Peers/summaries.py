"""Tensors told by their norm, their projection and 64 of their values."""

import numpy as np

import integer_hash


def put_summaries(fixture, group, prefix, named_tensors):
    """Norm, projection and 64 samples of each tensor, in the order given."""
    norms, projections, places, samples = [], [], [], []
    for name, tensor in named_tensors:
        flat = tensor.detach().numpy().reshape(-1)
        norms.append(np.linalg.norm(flat))
        projections.append(integer_hash.projection(flat))
        places.append(integer_hash.sample_places(name, flat))
        samples.append(flat[places[-1]])
    fixture.put(f"{group}/{prefix}_norms", np.array(norms), np.float64)
    fixture.put(f"{group}/{prefix}_projections", np.array(projections), np.float64)
    fixture.put(f"{group}/{prefix}_places", np.stack(places))
    fixture.put(f"{group}/{prefix}_samples", np.stack(samples))
