"""tiny_models.h5: whole small models of transformers, every hidden state and every gradient.

Letters: N sequences, T tokens of all sequences together, C hidden 32, V vocabulary 200, K classes
3, L layers 3. PyTorch runs padded and masked, in float64, in eval mode; rows of padding are
dropped. Weights are float32, losses float64.

  /batch           ids [T], offsets [N+1], masked_labels [T] (-100: not masked), classes [N]
  /<family>        family is bert or distilbert; attribute config_json as in config.json
    weights/<name>           by Hugging Face name, for both heads; tied decoder not repeated
    hidden_states            [L+1, T, C], 0 is the output of the embeddings
    pooled                   [N, C] (bert only)
    encoder/upstream         [T, C], pooled_upstream [N, C] (bert only)
    encoder/gradient/<name>  of sum(last hidden * upstream) + sum(pooled * pooled_upstream)
    masked_lm/logits         [T, V]; attribute loss: mean cross entropy of the masked rows
    masked_lm/gradient/<name>
    sequence_classification/logits  [N, K]; attribute loss: mean cross entropy
    sequence_classification/gradient/<name>

The gradient of a key projection's bias is zero but for rounding, as softmax does not see a shift.
No id is 0, the padding row, whose gradient through the look-up torch drops (see operations.h5,
embedding/padding_row). Gradients of parameters that take no part (the pooler in the masked
language model) are absent.
"""

import numpy as np
import torch

import tiny_models
from fixture_file import FixtureFile, destination

SEED = 20240902
LENGTHS = [1, 5, 13, 2, 31]


def make_batch():
    generator = torch.Generator().manual_seed(SEED)
    t = sum(LENGTHS)
    labels = torch.full((t,), -100)
    masked = torch.randperm(t, generator=generator)[:9]
    labels[masked] = torch.randint(tiny_models.VOCABULARY, (9,), generator=generator)
    return dict(
        ids=torch.randint(1, tiny_models.VOCABULARY, (t,), generator=generator),
        offsets=np.concatenate([[0], np.cumsum(LENGTHS)]),
        masked_labels=labels,
        classes=torch.randint(tiny_models.CLASSES, (len(LENGTHS),), generator=generator),
    )


def put_gradients(fixture, group, model, prefix=""):
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            fixture.put(f"{group}/gradient/{prefix}{name}", parameter.grad)
    model.zero_grad(set_to_none=True)


def put_encoder(fixture, family, model, inputs, real, generator):
    """The encoder alone: BertModel or DistilBertModel inside the classifier."""
    encoder = getattr(model, family)
    output = encoder(**inputs, output_hidden_states=True)
    states = torch.stack([state[real] for state in output.hidden_states])
    fixture.put(f"{family}/hidden_states", states)
    upstream = torch.randn(states[-1].shape, generator=generator)
    fixture.put(f"{family}/encoder/upstream", upstream)
    value = (output.last_hidden_state[real] * upstream.double()).sum()
    if family == "bert":
        upstream = torch.randn(output.pooler_output.shape, generator=generator)
        fixture.put("bert/pooled", output.pooler_output)
        fixture.put("bert/encoder/pooled_upstream", upstream)
        value = value + (output.pooler_output * upstream.double()).sum()
    value.backward()
    put_gradients(fixture, f"{family}/encoder", encoder, prefix=family + ".")


def put_family(fixture, family, batch):
    inputs = dict(
        input_ids=tiny_models.padded(batch["ids"], LENGTHS, 0),
        attention_mask=tiny_models.attention_mask(LENGTHS),
    )
    real = inputs["attention_mask"].bool()
    configuration = tiny_models.FAMILIES[family][0]
    fixture.attributes(family, config_json=configuration.to_json_string(use_diff=True))
    for name, value in tiny_models.weights(family).items():
        fixture.put(f"{family}/weights/{name}", value)

    model = tiny_models.sequence_classifier(family).double()
    put_encoder(fixture, family, model, inputs, real, torch.Generator().manual_seed(SEED + 1))
    output = model(**inputs, labels=batch["classes"])
    output.loss.backward()
    group = f"{family}/sequence_classification"
    fixture.put(f"{group}/logits", output.logits)
    fixture.attributes(group, loss=output.loss.item())
    put_gradients(fixture, group, model)

    model = tiny_models.masked_language_model(family).double()
    labels = tiny_models.padded(batch["masked_labels"], LENGTHS, -100)
    output = model(**inputs, labels=labels)
    output.loss.backward()
    group = f"{family}/masked_lm"
    fixture.put(f"{group}/logits", output.logits[real])
    fixture.attributes(group, loss=output.loss.item())
    put_gradients(fixture, group, model)


def main():
    with FixtureFile(destination(), SEED) as fixture:
        batch = make_batch()
        fixture.put_all("batch", **batch)
        for family in tiny_models.FAMILIES:
            put_family(fixture, family, batch)


main()
