"""published_models.h5: BERT-base and DistilBERT at full size, weights from integer_hash.

Nothing of the weights is stored: both sides compute value(name, i) for every parameter. PyTorch
runs padded and masked, in float64 on the float32 weights, in eval mode; rows of padding are
dropped. N sequences, T tokens, L layers, P parameters, C hidden, V vocabulary, K classes = 2.

  /batch   ids [T], offsets [N+1], masked_labels [T] (-100: not masked), classes [N]
  /<family>_<head>, family bert or distilbert, head masked_lm or sequence_classification
    attributes: config_json, loss (float64), parameter_names (P, one a line, in the order below)
    hidden_{norms,projections} float64 [L+1], hidden_places int32 [L+1, 64], hidden_samples
        float32 [L+1, 64]: of each layer's [T, C], 0 is the output of the embeddings
    logits [N, K], or for masked_lm the same four of the [T, V] logits: logits_{norms,...} [1, ...]
    gradient_{norms,projections} float64 [P], gradient_places int32 [P, 64], gradient_samples
        float32 [P, 64]: of the loss; places count the parameter's elements in row-major order
    parameter_counts int32 [P]
  /distillation   student distilbert_masked_lm, teacher bert_masked_lm, one step of the recipe:
    loss = 5 * divergence (T = 2, all positions) + 2 * mlm + 1 * cosine; attributes divergence,
    mlm, cosine, loss; gradient_* of the student as above

The same names in both families are different tensors only if the names differ in full, prefix
included. The sample places avoid zeros (rows of unused words). Key projections' bias gradients
are zero but for rounding.
"""

import numpy as np
import torch
import torch.nn.functional as F
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
)

import integer_hash
import tiny_models
from distillation_losses import cosine_loss, divergence
from fixture_file import FixtureFile, destination
from summaries import put_summaries

SEED = 20240904
LENGTHS = [1, 5, 13, 2, 31]
VOCABULARY = 30522

MODELS = {
    "bert_masked_lm": (BertForMaskedLM, BertConfig),
    "bert_sequence_classification": (BertForSequenceClassification, BertConfig),
    "distilbert_masked_lm": (DistilBertForMaskedLM, DistilBertConfig),
    "distilbert_sequence_classification": (DistilBertForSequenceClassification, DistilBertConfig),
}


def build(name):
    kind, configuration = MODELS[name]
    with torch.device("meta"):
        model = kind(configuration(num_labels=2, attn_implementation="eager"))
    model = model.to_empty(device="cpu").double()
    model.tie_weights()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            values = integer_hash.values(parameter_name, parameter.shape)
            if tiny_models.is_norm(parameter_name) and parameter_name.endswith("weight"):
                values = np.float32(1) + values
            parameter.copy_(torch.from_numpy(values))
        for buffer_name, buffer in model.named_buffers():  # to_empty left them undefined
            assert buffer_name.endswith(("position_ids", "token_type_ids")), buffer_name
            count = torch.arange(buffer.shape[1])
            buffer.copy_(count[None] if buffer_name.endswith("position_ids") else 0 * count[None])
    return model.eval()


def make_batch():
    generator = torch.Generator().manual_seed(SEED)
    t = sum(LENGTHS)
    labels = torch.full((t,), -100)
    masked = torch.randperm(t, generator=generator)[:9]
    labels[masked] = torch.randint(1, VOCABULARY, (9,), generator=generator)
    return dict(
        ids=torch.randint(1, VOCABULARY, (t,), generator=generator),
        offsets=np.concatenate([[0], np.cumsum(LENGTHS)]),
        masked_labels=labels,
        classes=torch.randint(2, (len(LENGTHS),), generator=generator),
    )


def model_inputs(batch):
    return dict(
        input_ids=tiny_models.padded(batch["ids"], LENGTHS, 0),
        attention_mask=tiny_models.attention_mask(LENGTHS),
    )


def put_gradients(fixture, group, model):
    used = [(n, p) for n, p in model.named_parameters() if p.grad is not None]
    put_summaries(fixture, group, "gradient", [(n, p.grad) for n, p in used])
    fixture.put(f"{group}/parameter_counts", np.array([p.numel() for _, p in used]))
    fixture.names(group, "parameter_names", [n for n, _ in used])
    model.zero_grad(set_to_none=True)


def put_model(fixture, name, batch):
    model, inputs = build(name), model_inputs(batch)
    real = inputs["attention_mask"].bool()
    masked_lm = name.endswith("masked_lm")
    labels = batch["classes"]
    if masked_lm:
        labels = tiny_models.padded(batch["masked_labels"], LENGTHS, -100)
    output = model(**inputs, labels=labels, output_hidden_states=True)
    output.loss.backward()
    states = [(f"hidden {i}", state[real]) for i, state in enumerate(output.hidden_states)]
    put_summaries(fixture, name, "hidden", states)
    if masked_lm:
        put_summaries(fixture, name, "logits", [("logits", output.logits[real])])
    else:
        fixture.put(f"{name}/logits", output.logits)
    put_gradients(fixture, name, model)
    configuration = model.config.to_json_string(use_diff=True)
    fixture.attributes(name, loss=output.loss.item(), config_json=configuration)
    print(f"{name}: {model.num_parameters()} parameters, loss {output.loss.item()}")


def put_distillation(fixture, batch):
    inputs = model_inputs(batch)
    real = inputs["attention_mask"].bool()
    with torch.no_grad():
        teacher = build("bert_masked_lm")(**inputs, output_hidden_states=True)
    student_model = build("distilbert_masked_lm")
    student = student_model(**inputs, output_hidden_states=True)
    logits = student.logits[real]
    terms = dict(
        divergence=divergence(logits, teacher.logits[real], 2.0),
        mlm=F.cross_entropy(logits, batch["masked_labels"], ignore_index=-100),
        cosine=cosine_loss(student.hidden_states[-1][real], teacher.hidden_states[-1][real]),
    )
    loss = 5 * terms["divergence"] + 2 * terms["mlm"] + terms["cosine"]
    loss.backward()
    put_gradients(fixture, "distillation", student_model)
    values = {name: term.item() for name, term in terms.items()}
    fixture.attributes("distillation", loss=loss.item(), **values)
    print("distillation:", values)


def main():
    with FixtureFile(destination(), SEED) as fixture:
        batch = make_batch()
        fixture.put_all("batch", **batch)
        for name in MODELS:
            put_model(fixture, name, batch)
        put_distillation(fixture, batch)


main()
