"""torch_files/: a model in every form that torch.save and save_pretrained give its weights.

    torch_files_fixture.py FOLDER

FOLDER/model/ holds config.json, vocab.txt, tokenizer_config.json and model.safetensors of a small
BERT with a classification head, and beside it holds

  zip.bin, legacy.bin     its weights as torch.save writes them since and before torch 1.6
  float16.bin, bfloat16.bin, float16.safetensors, bfloat16.safetensors
  shards/                 pytorch_model.bin.index.json, model.safetensors.index.json and their files
  tensors.bin             views, parameters, a scalar, an empty tensor, integers
  tensors.safetensors     the same, contiguous; those of floating point as float32
  evil.bin                asks for os.system
"""

import os
import pickle
import shutil
import struct
import sys
import zipfile
from collections import OrderedDict

import torch
from safetensors.torch import save_file
from transformers import BertConfig

import interchange_models

SEED = 20261128
KEPT = {"config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"}


class Evil:
    """An object that a careless reader turns into a call of os.system."""

    def __reduce__(self):
        return (os.system, ("true",))


def odd_tensors():
    generator = torch.Generator().manual_seed(SEED)
    base = torch.randn(4, 6, generator=generator)
    half = torch.randn(3, 5, generator=generator)
    return OrderedDict(
        transposed=base.t(),
        column=base[:, 2],
        row=base[1],
        every_other=base[::2, 1::2],
        expanded=base[0, :3].expand(2, 3),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(base[2:].clone()),
        half=half.half(),
        brain=half.bfloat16().t(),
        whole=torch.arange(5),
    )


def write_shards(model, folder, temporary):
    """Some files of either form, with the index that leads to them."""
    for safe in (False, True):
        model.save_pretrained(temporary, safe_serialization=safe, max_shard_size="6KB")
        for name in sorted(os.listdir(temporary)):
            if "-of-" in name or name.endswith(".index.json"):
                shutil.copyfile(os.path.join(temporary, name), os.path.join(folder, name))
        shutil.rmtree(temporary)


def write_legacy(weights, path):
    """All weights as views of one storage, whose key is its address until it is called 0."""
    base = torch.cat([value.flatten() for value in weights.values()])
    views, place = OrderedDict(), 0
    for name, value in weights.items():
        views[name] = base[place : place + value.numel()].view(value.shape)
        place += value.numel()
    torch.save(views, path, _use_new_zipfile_serialization=False)
    key = str(base.untyped_storage()._cdata).encode()

    def text(content):
        return b"X" + struct.pack("<I", len(content)) + content

    with open(path, "rb") as file:
        saved = file.read()
    with open(path, "wb") as file:
        file.write(saved.replace(text(key), text(b"0")))


def write_evil(path):
    """A zip as torch.save makes it, with another pickle in it."""
    with zipfile.ZipFile(path, "w") as archive:
        pickled = pickle.dumps({"weight": Evil()}, protocol=2)
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), pickled)


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} FOLDER")
    folder = sys.argv[1]
    model_folder, shards = os.path.join(folder, "model"), os.path.join(folder, "shards")
    os.makedirs(shards, exist_ok=True)
    model = interchange_models.write(
        "bert-classifier", model_folder, interchange_models.small_configuration(BertConfig), SEED
    )
    for file in sorted(set(os.listdir(model_folder)) - KEPT):
        os.remove(os.path.join(model_folder, file))
    # One type for all, so that the half ones hold what the whole one rounds to.
    weights = model.state_dict()
    torch.save(weights, os.path.join(folder, "zip.bin"))
    write_legacy(weights, os.path.join(folder, "legacy.bin"))
    for name, kind in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        narrow = OrderedDict((key, value.to(kind)) for key, value in weights.items())
        torch.save(narrow, os.path.join(folder, f"{name}.bin"))
        save_file(
            dict(narrow), os.path.join(folder, f"{name}.safetensors"), metadata={"format": "pt"}
        )
    write_shards(model, shards, os.path.join(folder, "temporary"))
    tensors = odd_tensors()
    torch.save(tensors, os.path.join(folder, "tensors.bin"))
    plain = {
        key: (value.detach().float() if value.is_floating_point() else value).contiguous().clone()
        for key, value in tensors.items()
    }
    save_file(plain, os.path.join(folder, "tensors.safetensors"))
    write_evil(os.path.join(folder, "evil.bin"))


main()
