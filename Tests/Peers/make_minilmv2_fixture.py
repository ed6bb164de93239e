"""minilmv2.h5: self-attention relations by bloomberg/minilmv2.bb, its own code at commit 0d78e20.

It is not on PyPI: RETORT_MINILMV2 names a checkout,

    git clone https://github.com/bloomberg/minilmv2.bb && git -C minilmv2.bb checkout 0d78e20

of which minilmv2/minilmv2.py is loaded, and only if it is that commit's. Inputs are those of attention_terms.h5, which lies
beside the file that is written.

  /relations/<i>  where attention_terms.h5 averages over sequences: attribute loss, the weighted sum of `_get_kl_loss` over the
                  pairs; gradient [16, 72] of it
  /model          `MiniLM.forward` on the models and the batch: attribute loss, of the teacher's block 2 and the student's
                  block 1, 8 relation heads, q-q, k-k and v-v, a third each; gradient/<name> of the student's
                  parameters that have one

The script fails where the losses of attention_terms.h5, which restate the formula, are others.
"""

import hashlib
import json
import math
import os
import sys

import h5py
import torch
from transformers import BertConfig, BertModel

import tiny_models
import toolkits
from fixture_file import FixtureFile, destination

# Of minilmv2/minilmv2.py, as git names its contents.
BLOB = "094c7bbe741a7031dc33b72fc9bcad8a006df4d3"
TINY = 1e-8


def peer():
    """Its class."""
    checkout = os.environ.get("RETORT_MINILMV2")
    if not checkout:
        sys.exit("make_minilmv2_fixture.py: set RETORT_MINILMV2 to a checkout of minilmv2.bb")
    path = os.path.join(checkout, "minilmv2", "minilmv2.py")
    with open(path, "rb") as file:
        source = file.read()
    found = hashlib.sha1(b"blob %d\0" % len(source) + source).hexdigest()
    if found != BLOB:
        sys.exit(f"{path}: git object {found}, expected {BLOB}; check out 0d78e20")
    return toolkits.file(path, "minilmv2").MiniLM


def instance(kind, heads):
    """One without models, for its functions."""
    model = object.__new__(kind)
    torch.nn.Module.__init__(model)
    model.kl_loss_fn = torch.nn.KLDivLoss(reduction="sum")
    model.A_r = heads
    return model


def vectors(model, tensor, letter, lengths):
    """q, k or v of a packed tensor [T, 3C] of them, cut into relation heads of a padded batch."""
    width = tensor.shape[1] // 3
    place = "qkv".index(letter) * width
    batch = tiny_models.padded(tensor[:, place : place + width], lengths, 0.0)
    return model._transpose_for_scores_relation(batch, width // model.A_r)


def put_relations(fixture, inputs, kind, lengths, mask):
    count = 0
    for index, case in inputs["relations"].items():
        if case.attrs["average"] != "sequences":
            continue
        count += 1
        model = instance(kind, int(case.attrs["heads"]))
        student = torch.from_numpy(inputs["batch/student"][()]).double().requires_grad_()
        teacher = torch.from_numpy(inputs["batch/teacher"][()]).double()
        loss = 0.0
        for pair in case.attrs["pairs"].split():
            name, weight = pair.split(":")
            scores = []
            for tensor in (teacher, student):
                x, y = (vectors(model, tensor, letter, lengths) for letter in name.split("-"))
                scores.append(x @ y.transpose(-1, -2) / math.sqrt(x.shape[-1]))
            loss = loss + float(weight) * model._get_kl_loss(scores[0], scores[1], mask)
        loss.backward()
        assert abs(loss.item() - case.attrs["loss"]) < TINY, (index, loss, case.attrs["loss"])
        fixture.attributes(f"relations/{index}", loss=loss.item())
        fixture.put(f"relations/{index}/gradient", student.grad)
    assert count == 2


def put_model(fixture, inputs, kind, lengths, mask):
    group = inputs["model"]
    models = {}
    for name in ("teacher", "student"):
        configuration = BertConfig(
            **json.loads(group.attrs[f"{name}_json"]), attn_implementation="eager"
        )
        models[name] = BertModel(configuration, add_pooling_layer=False)
        weights = group[f"weights/{name}"]
        values = {
            key: torch.from_numpy(weights[f"bert.{key}"][()])
            for key, _ in models[name].named_parameters()
        }
        tiny_models.load(models[name], values).double()
    # Layers are counted from 1.
    third = {(1, 1): 1 / 3, (2, 2): 1 / 3, (3, 3): 1 / 3}
    ids = torch.from_numpy(group["ids"][()]).long()
    (loss,) = kind(models["teacher"], models["student"], 3, 2, third, 8)(
        tiny_models.padded(ids, lengths, 0), None, mask
    )
    loss.backward()
    fixture.attributes("model", loss=loss.item())
    for key, parameter in models["student"].named_parameters():
        if parameter.grad is not None:
            fixture.put(f"model/gradient/bert.{key}", parameter.grad)


def main():
    kind, out = peer(), destination()
    beside = os.path.join(os.path.dirname(os.path.abspath(out)), "attention_terms.h5")
    with h5py.File(beside) as inputs, FixtureFile(out, 0) as fixture:
        fixture.attributes("/", source="bloomberg/minilmv2.bb@0d78e20, minilmv2/minilmv2.py")
        offsets = inputs["batch/offsets"][()].tolist()
        lengths = [end - start for start, end in zip(offsets, offsets[1:])]
        mask = tiny_models.attention_mask(lengths)
        put_relations(fixture, inputs, kind, lengths, mask)
        put_model(fixture, inputs, kind, lengths, mask)


main()
