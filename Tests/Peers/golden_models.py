"""Golden numbers of whole models.

2 layers, hidden 52, 4 heads, feed-forward 100, vocabulary 213, 3 classes. Weights are named for the
hash by their Hugging Face names, in [-0.25, 0.25), LayerNorm scales around 1. Of every model: hidden
states, logits, losses, all gradients, and the losses and gradient norms of three steps of AdamW on
the same batch, clipped at 1, under a linear schedule of 6 steps.
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
    get_linear_schedule_with_warmup,
)

import integer_hash
import tiny_models
from distillation_losses import cosine_loss, divergence
from golden_table import LENGTHS, N, T, integers

BERT = BertConfig(
    vocab_size=213, hidden_size=52, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=100, max_position_embeddings=40, num_labels=3, attn_implementation="eager",
)  # fmt: skip
DISTILBERT = DistilBertConfig(
    vocab_size=213, dim=52, n_layers=2, n_heads=4, hidden_dim=100, max_position_embeddings=40,
    num_labels=3, attn_implementation="eager",
)  # fmt: skip


def build(kind, configuration):
    model = kind(configuration).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = integer_hash.values(name, parameter.shape, 0.5)
            if tiny_models.is_norm(name) and name.endswith("weight"):
                values = np.float32(1) + values
            parameter.copy_(torch.from_numpy(values))
    return model.eval()


def put_training(table, name, model, terms):
    """Losses, all gradients, then three steps of AdamW on the same batch.

    terms: a function of the model that gives named losses and their weights.
    """
    decayed = [p for n, p in model.named_parameters()
               if not n.endswith("bias") and not tiny_models.is_norm(n)]  # fmt: skip
    plain = [p for n, p in model.named_parameters()
             if n.endswith("bias") or tiny_models.is_norm(n)]  # fmt: skip
    optimizer = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=0.01), dict(params=plain, weight_decay=0.0)],
        lr=2.0**-8, betas=(0.9, 0.98), eps=1e-6,
    )  # fmt: skip
    schedule = get_linear_schedule_with_warmup(optimizer, 0, 6)
    for step in range(4):
        optimizer.zero_grad(set_to_none=True)
        losses = terms(model)
        sum(weight * loss for _, loss, weight in losses).backward()
        for term, loss, _ in losses:
            table.put(name, f"{term}, step {step + 1}", loss)
        if step == 0:
            for parameter_name, parameter in model.named_parameters():
                if parameter.grad is not None:
                    table.put(
                        name, f"∂{parameter_name}", parameter.grad,
                        vanishes=parameter_name.endswith(("key.bias", "k_lin.bias")),
                    )  # fmt: skip
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        table.put(name, f"gradient norm, step {step + 1}", norm)
        optimizer.step()
        schedule.step()


def put_models(table):
    # No id is 0: the padding row's gradient is the embedding check's business.
    ids = 1 + integers("models/ids", T, 212)
    inputs = dict(
        input_ids=tiny_models.padded(ids, LENGTHS, 0),
        attention_mask=tiny_models.attention_mask(LENGTHS),
    )
    real = inputs["attention_mask"].bool()
    classes = integers("models/classes", N, 3)
    masked = integers("models/masked", T, 213)[::5]

    def classification(model):
        return [("loss", F.cross_entropy(model(**inputs).logits, classes), 1)]

    def masked_language(model):
        return [("loss", F.cross_entropy(model(**inputs).logits[real][::5], masked), 1)]

    with torch.no_grad():
        taught = build(BertForMaskedLM, BERT)(**inputs, output_hidden_states=True)

    def distillation(model):
        output = model(**inputs, output_hidden_states=True)
        logits, hidden = output.logits[real], output.hidden_states[-1][real]
        return [
            ("soft targets", divergence(logits, taught.logits[real], 2.0), 5),
            ("masked language", F.cross_entropy(logits[::5], masked), 2),
            ("cosine", cosine_loss(hidden, taught.hidden_states[-1][real]), 1),
        ]

    for name, kind, configuration, terms in [
        ("BERT, classification", BertForSequenceClassification, BERT, classification),
        ("BERT, masked language", BertForMaskedLM, BERT, masked_language),
        ("DistilBERT, classification", DistilBertForSequenceClassification, DISTILBERT,
         classification),
        ("DistilBERT, distilled from BERT", DistilBertForMaskedLM, DISTILBERT, distillation),
    ]:  # fmt: skip
        model = build(kind, configuration)
        with torch.no_grad():
            output = model(**inputs, output_hidden_states=True)
        for layer, state in enumerate(output.hidden_states):
            table.put(name, f"hidden state {layer}", state[real])
        logits = output.logits if output.logits.dim() == 2 else output.logits[real]
        table.put(name, "logits", logits)
        put_training(table, name, model, terms)
