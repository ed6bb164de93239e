"""transformers -> Retort -> transformers, for every model and head: nothing may change.

    interchange.py RETORT [--published VOCAB] [--keep FOLDER]

Writes the six models of interchange_models.py with save_pretrained, small or (--published, VOCAB
being the 30,522 tokens of bert-base-uncased) as BERT-base and DistilBERT, runs `retort import` and
`retort export`, and compares

  - tensors: the same names, shapes and types in model.safetensors, and the same bytes;
  - the configuration as transformers reads it, every field (FREE lists the exceptions);
  - loading: from_pretrained reports nothing missing, unexpected or misshapen;
  - text: the same token ids from both folders;
  - hidden states of every layer of `retort activations` and, for classifiers, the logits of `retort
    predict --json`, both from the checkpoint, with transformers': within 1e-4;
  - logits of transformers on both folders: the same bits.

One line a model; exit 1 on any difference.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch
from safetensors import safe_open

import interchange_models

TOLERANCE = 1e-4
# Where a folder comes from, and (of published DistilBERT) what no class reads.
FREE = {"_name_or_path", "transformers_version", "tie_weights_"}


def run(*command, text=None):
    result = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8")
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {result.returncode}\n{result.stderr}")
    return result.stdout


def tensors(folder):
    with safe_open(os.path.join(folder, "model.safetensors"), "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def tensor_differences(before, after):
    """(problems, number of tensors, number of values)."""
    before, after = tensors(before), tensors(after)
    problems = [f"{name} is gone" for name in sorted(set(before) - set(after))]
    problems += [f"{name} is new" for name in sorted(set(after) - set(before))]
    for name in sorted(set(before) & set(after)):
        old, new = before[name], after[name]
        if old.shape != new.shape or old.dtype != new.dtype:
            problems.append(f"{name}: {old.shape} {old.dtype} became {new.shape} {new.dtype}")
        elif old.tobytes() != new.tobytes():
            count = int((old.view(np.uint32) != new.view(np.uint32)).sum())
            problems.append(f"{name}: {count} of {old.size} values have other bits")
    return problems, len(before), sum(value.size for value in before.values())


def load(name, folder):
    """(model, problems)"""
    model, info = interchange_models.MODELS[name][0].from_pretrained(
        folder, output_loading_info=True
    )
    return model.eval(), [f"loading: {key} {value}" for key, value in info.items() if value]


def configuration_differences(before, after):
    before, after = before.to_dict(), after.to_dict()
    return [
        f"configuration: {key} {before.get(key)!r} became {after.get(key)!r}"
        for key in sorted(set(before) | set(after))
        if key not in FREE and before.get(key) != after.get(key)
    ]


def outputs(model, sequences):
    """Hidden states [L+1, T, C] and logits of every sequence by itself, None without a head."""
    states, logits = [], []
    with torch.inference_mode():
        for ids in sequences:
            output = model(torch.tensor([ids]), output_hidden_states=True)
            states.append(torch.cat(output.hidden_states).numpy())
            if "logits" in output:
                logits.append(output.logits[0].numpy().reshape(-1, output.logits.shape[-1]))
    return np.concatenate(states, axis=1), np.concatenate(logits) if logits else None


def largest(found, expected, what, problems):
    if found.shape != expected.shape:
        problems.append(f"{what}: {found.shape} instead of {expected.shape}")
        return float("nan")
    difference = float(np.abs(found.astype(np.float64) - expected).max())
    if not difference <= TOLERANCE:
        problems.append(f"{what} differ by {difference:.3g}")
    return difference


def computed_differences(retort, name, checkpoint, sequences, states, logits, folder):
    """(problems, a sentence)"""
    problems = []
    text, store = os.path.join(folder, "text.txt"), os.path.join(folder, "a.h5")
    sentences = "\n".join(interchange_models.SENTENCES) + "\n"
    with open(text, "w", encoding="utf-8") as file:
        file.write(sentences)
    run(retort, "activations", "--model", checkpoint, "--text", text, "--out", store,
        "--layers", "all", "--dtype", "f32")  # fmt: skip
    with h5py.File(store) as file:
        if file["tokens"][()].tolist() != [token for ids in sequences for token in ids]:
            problems.append("other token ids")
        hidden = np.stack([file[f"hidden/{layer}"][()] for layer in range(len(states))])
    said = f"hidden states within {largest(hidden, states, 'hidden states', problems):.1e}"
    if name.endswith("classifier"):
        lines = run(retort, "predict", "--model", checkpoint, "--json", text=sentences)
        found = np.array([json.loads(line)["logits"] for line in lines.splitlines()])
        said += f", logits within {largest(found, logits, 'logits', problems):.1e}"
    return problems, said


def check(retort, name, configuration, folder, **settings):
    """Problems of one model; prints a line."""
    there, back = os.path.join(folder, "there"), os.path.join(folder, "back")
    checkpoint = os.path.join(folder, "c.h5")
    interchange_models.write(name, there, configuration, seed=20240909, **settings)
    run(retort, "import", there, "--out", checkpoint)
    run(retort, "export", checkpoint, "--out", back)

    problems, count, values = tensor_differences(there, back)
    original, lacking = load(name, there)
    exported, found = load(name, back)
    problems += lacking + found + configuration_differences(original.config, exported.config)
    tokenizer = interchange_models.MODELS[name][2]
    before, after = tokenizer.from_pretrained(there), tokenizer.from_pretrained(back)
    sequences = [before(sentence)["input_ids"] for sentence in interchange_models.SENTENCES]
    if sequences != [after(sentence)["input_ids"] for sentence in interchange_models.SENTENCES]:
        problems.append("the exported tokenizer gives other ids")
    states, logits = outputs(original, sequences)
    states_after, logits_after = outputs(exported, sequences)
    if states.tobytes() != states_after.tobytes() or (
        logits is not None and logits.tobytes() != logits_after.tobytes()
    ):
        problems.append("transformers computes something else from the exported folder")
    different, said = computed_differences(
        retort, name, checkpoint, sequences, states, logits, folder
    )
    problems += different
    kind = interchange_models.MODELS[name][0].__name__
    print(f"{kind}: {count} tensors of {values:,} values "
          f"{'DIFFER' if problems else 'the same, bit for bit'}; {said}", flush=True)  # fmt: skip
    return [f"{kind}: {problem}" for problem in problems]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("retort")
    parser.add_argument("--published", metavar="VOCAB")
    parser.add_argument("--keep", metavar="FOLDER")
    arguments = parser.parse_args()
    problems = []
    for name, (_, configuration, _) in interchange_models.MODELS.items():
        settings = {}
        if arguments.published:
            configuration = configuration()
            settings = dict(deviation=0.02, vocabulary=arguments.published)
        else:
            configuration = interchange_models.small_configuration(configuration)
        folder = tempfile.mkdtemp() if not arguments.keep else os.path.join(arguments.keep, name)
        try:
            problems += check(arguments.retort, name, configuration, folder, **settings)
        finally:
            if not arguments.keep:
                shutil.rmtree(folder)
    if problems:
        sys.exit("\n".join(problems))


main()
