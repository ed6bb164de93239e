"""trajectories.h5: 50 steps of training, without dropout, on the models of tiny_models.h5.

Runs, each from the stored weights of its family:
  finetune_bert, finetune_distilbert  classification, as Hugging Face's Trainer steps: AdamW, decay
                0.01 on all but biases and LayerNorms, gradient norm clipped at 1, linear schedule
  pretrain_bert                       masked language model, the same steps with warm-up
  distil                              teacher bert (eval), student distilbert, the DistilBERT
                recipe: 5 * divergence (T = 2, all positions) + 2 * mlm + 1 * cosine, AdamW without
                decay, clipped at 5, warm-up of 3 of 51 steps
  taught        teacher bert (eval), student distilbert, both classifiers, as a fine-tuning:
                0.4 * divergence (T = 2) + 0.6 * cross-entropy with the labels

  /<run>
    ids [T], offsets [N+1]             ten batches, one after another
    batch_offsets [11]                 sequences of batch b: batch_offsets[b] ..< batch_offsets[b+1]
    classes [N] or masked_labels [T]   (-100: not masked)
    loss float64 [50]                  before the update of each step; step s uses batch s % 10
    divergence, mlm, cosine float64 [50]   distil only, unweighted
    divergence, cross_entropy float64 [50]   taught only, unweighted
    gradient_norms, learning_rates float64 [50]   before clipping; used in the step
    weights/<name>                     after step 50, by Hugging Face name
  attributes: learning_rate, beta1, beta2, epsilon, weight_decay, max_grad_norm, warmup_steps,
    total_steps; float32_loss_deviation and float32_weight_deviation: how far the same run in
    float32 strays from this one in float64, at most (key biases left out)

All in float64 from float32 weights, padded and masked. A key projection's bias has no gradient but
rounding, which AdamW divides by itself: in float32 it wanders, without effect on any output.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F

import tiny_models
from distillation_losses import cosine_loss, divergence
from fixture_file import FixtureFile, destination
from trajectories import (
    STEPS,
    inputs_of,
    loss_deviation,
    make_batches,
    put_batches,
    train,
    weight_deviation,
)

SEED = 20240905
TRAINER = dict(
    learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01,
    max_grad_norm=1.0, warmup_steps=0, total_steps=STEPS,
)  # fmt: skip
DISTILLER = dict(
    learning_rate=1e-3, beta1=0.9, beta2=0.98, epsilon=1e-6, weight_decay=0.0,
    max_grad_norm=5.0, warmup_steps=3, total_steps=STEPS + 1,
)  # fmt: skip


def classification(model, batch, step):
    return dict(loss=model(**inputs_of(batch), labels=batch["classes"]).loss)


def masked_language_model(model, batch, step):
    labels = tiny_models.padded(batch["masked_labels"], batch["lengths"], -100)
    return dict(loss=model(**inputs_of(batch), labels=labels).loss)


def distillation(teacher):
    def terms(model, batch, step):
        inputs = inputs_of(batch)
        real = inputs["attention_mask"].bool()
        with torch.no_grad():
            target = teacher.to(model.dtype)(**inputs, output_hidden_states=True)
        output = model(**inputs, output_hidden_states=True)
        logits = output.logits[real]
        result = dict(
            divergence=divergence(logits, target.logits[real], 2.0),
            mlm=F.cross_entropy(logits, batch["masked_labels"], ignore_index=-100),
            cosine=cosine_loss(output.hidden_states[-1][real], target.hidden_states[-1][real]),
        )
        result["loss"] = 5 * result["divergence"] + 2 * result["mlm"] + result["cosine"]
        return result

    return terms


def taught_classification(teacher):
    def terms(model, batch, step):
        inputs = inputs_of(batch)
        with torch.no_grad():
            target = teacher.to(model.dtype)(**inputs).logits
        logits = model(**inputs).logits
        result = dict(
            divergence=divergence(logits, target, 2.0),
            cross_entropy=F.cross_entropy(logits, batch["classes"]),
        )
        result["loss"] = 0.4 * result["divergence"] + 0.6 * result["cross_entropy"]
        return result

    return terms


def put_run(fixture, run, model, batches, terms, settings):
    single = copy.deepcopy(model)
    model = model.double()
    history = train(model, batches, terms, settings)
    rough = train(single, batches, terms, settings)
    for name, values in history.items():
        fixture.put(f"{run}/{name}", np.array(values), np.float64)
    for name, parameter in model.named_parameters():
        fixture.put(f"{run}/weights/{name}", parameter)
    put_batches(fixture, run, batches)
    deviation = loss_deviation(history, rough)
    fixture.attributes(
        run,
        float32_loss_deviation=deviation,
        float32_weight_deviation=weight_deviation(model, single),
        **settings,
    )
    print(
        f"{run}: loss {history['loss'][0]:.4f} -> {history['loss'][-1]:.4f}, float32 strays by"
        f" {deviation:.1e} in loss, {weight_deviation(model, single):.1e} in weights;"
        f" clipped {sum(n > settings['max_grad_norm'] for n in history['gradient_norms'])}"
    )


def main():
    with FixtureFile(destination(), SEED) as fixture:
        for index, family in enumerate(tiny_models.FAMILIES):
            model = tiny_models.sequence_classifier(family)
            batches = make_batches(SEED + index, masked=False)
            put_run(fixture, f"finetune_{family}", model, batches, classification, TRAINER)
        model = tiny_models.masked_language_model("bert")
        batches = make_batches(SEED + 2, masked=True)
        settings = TRAINER | dict(warmup_steps=5)
        put_run(fixture, "pretrain_bert", model, batches, masked_language_model, settings)
        student = tiny_models.masked_language_model("distilbert")
        terms = distillation(tiny_models.masked_language_model("bert"))
        put_run(fixture, "distil", student, make_batches(SEED + 3, masked=True), terms, DISTILLER)
        student = tiny_models.sequence_classifier("distilbert")
        terms = taught_classification(tiny_models.sequence_classifier("bert"))
        put_run(fixture, "taught", student, make_batches(SEED + 4, masked=False), terms, TRAINER)


main()
