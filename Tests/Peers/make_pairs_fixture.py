"""pairs.h5: the classifiers of tiny_models.h5 on pairs of texts, with their token types.

  /batch    ids [T], offsets [N+1], second_starts [N] (tokens before the second text; all of them in
            the one sequence that is a single text), classes [N]
  /<family> family is bert or distilbert, which takes no token types
    logits           [N, K]; attribute loss: mean cross entropy
    gradient/<name>  of the embeddings, the first layer's query, the pooler and the classifier

Computed padded and masked in float64, in eval mode, from the float32 weights of tiny_models.h5.
"""

import numpy as np
import torch

import tiny_models
from fixture_file import FixtureFile, destination

SEED = 20241101
LENGTHS = [9, 31, 4, 3, 12]
SECOND_STARTS = [4, 20, 2, 2, 12]
GRADIENTS = ("embeddings", "layer.0.attention.self.query", "layer.0.attention.q_lin", "pooler")


def main():
    generator = torch.Generator().manual_seed(SEED)
    t, n = sum(LENGTHS), len(LENGTHS)
    ids = torch.randint(1, tiny_models.VOCABULARY, (t,), generator=generator)
    classes = torch.randint(tiny_models.CLASSES, (n,), generator=generator)
    types = torch.cat(
        [(torch.arange(length) >= start).long() for length, start in zip(LENGTHS, SECOND_STARTS)]
    )
    with FixtureFile(destination(), SEED) as fixture:
        fixture.put_all(
            "batch",
            ids=ids,
            offsets=np.concatenate([[0], np.cumsum(LENGTHS)]),
            second_starts=np.array(SECOND_STARTS),
            classes=classes,
        )
        for family in tiny_models.FAMILIES:
            model = tiny_models.sequence_classifier(family).double()
            inputs = dict(
                input_ids=tiny_models.padded(ids, LENGTHS, 0),
                attention_mask=tiny_models.attention_mask(LENGTHS),
                labels=classes,
            )
            if family == "bert":
                inputs["token_type_ids"] = tiny_models.padded(types, LENGTHS, 0)
            output = model(**inputs)
            output.loss.backward()
            fixture.put(f"{family}/logits", output.logits)
            fixture.attributes(family, loss=output.loss.item())
            for name, parameter in model.named_parameters():
                kept = any(part in name for part in GRADIENTS) or "classifier" in name
                if kept and parameter.grad is not None:
                    fixture.put(f"{family}/gradient/{name}", parameter.grad)


main()
