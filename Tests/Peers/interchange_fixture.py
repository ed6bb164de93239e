"""interchange/: a folder of transformers for every model and head, and what it computes there.

    interchange_fixture.py FOLDER

FOLDER/<name>/ holds config.json, model.safetensors and vocab.txt as save_pretrained wrote them, for
the models of interchange_models.py. FOLDER/outputs.h5 holds, of every name, with T tokens of N
sequences, C hidden, V vocabulary, K classes:

  /<name>/ids      [T], the sentences of interchange_models.py, [CLS] and [SEP] included
  /<name>/offsets  [N+1]
  /<name>/hidden   [T, C], last hidden state, float64 rounded to float32
  /<name>/pooled   [N, C] (bert only)
  /<name>/logits   [T, V] or [N, K] (those with a head)
"""

import os
import sys

import numpy as np
import torch

import interchange_models
from fixture_file import FixtureFile

SEED = 20240908
KEPT = {"config.json", "model.safetensors", "vocab.txt"}


def put_outputs(fixture, name, model, folder):
    tokenizer = interchange_models.MODELS[name][2].from_pretrained(folder)
    ids = [tokenizer(sentence)["input_ids"] for sentence in interchange_models.SENTENCES]
    fixture.put(f"{name}/ids", np.concatenate(ids))
    fixture.put(f"{name}/offsets", np.cumsum([0] + [len(sequence) for sequence in ids]))
    outputs = {"hidden": [], "pooled": [], "logits": []}
    with torch.inference_mode():
        for sequence in ids:
            output = model.double()(torch.tensor([sequence]), output_hidden_states=True)
            outputs["hidden"].append(output.hidden_states[-1][0])
            if "pooler_output" in output:
                outputs["pooled"].append(output.pooler_output)
            if "logits" in output:
                outputs["logits"].append(output.logits.reshape(-1, output.logits.shape[-1]))
    for key, parts in outputs.items():
        if parts:
            fixture.put(f"{name}/{key}", torch.cat(parts))


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} FOLDER")
    os.makedirs(sys.argv[1], exist_ok=True)
    with FixtureFile(os.path.join(sys.argv[1], "outputs.h5"), SEED) as fixture:
        for number, (name, (_, configuration, _)) in enumerate(interchange_models.MODELS.items()):
            folder = os.path.join(sys.argv[1], name)
            model = interchange_models.write(
                name, folder, interchange_models.small_configuration(configuration), SEED + number
            )
            put_outputs(fixture, name, model, folder)
            for file in sorted(set(os.listdir(folder)) - KEPT):
                os.remove(os.path.join(folder, file))


main()
