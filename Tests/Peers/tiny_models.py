"""BERT and DistilBERT small enough to store: 3 layers, hidden 32, 4 heads, feed-forward 64.

Vocabulary 200, 64 positions, 3 classes, exact GELU, no dropout. Weights are drawn so that nothing
is trivial: biases and LayerNorm shifts are not zero, scales are not one, attention is not uniform.
"""

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
)

VOCABULARY, CLASSES = 200, 3

BERT = BertConfig(
    vocab_size=VOCABULARY,
    hidden_size=32,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=64,
    num_labels=CLASSES,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
    attn_implementation="eager",
)

DISTILBERT = DistilBertConfig(
    vocab_size=VOCABULARY,
    dim=32,
    n_layers=3,
    n_heads=4,
    hidden_dim=64,
    max_position_embeddings=64,
    num_labels=CLASSES,
    dropout=0.0,
    attention_dropout=0.0,
    seq_classif_dropout=0.0,
    attn_implementation="eager",
)

# family -> configuration, masked-LM class, classification class, seed of the weights
FAMILIES = {
    "bert": (BERT, BertForMaskedLM, BertForSequenceClassification, 101),
    "distilbert": (DISTILBERT, DistilBertForMaskedLM, DistilBertForSequenceClassification, 202),
}

# Names of one parameter under a second name: the decoder is the word embedding.
TIED = {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "vocab_projector.weight"}


def is_norm(name):
    return "LayerNorm" in name or "layer_norm" in name


def draw(name, shape, generator):
    noise = torch.randn(shape, generator=generator)
    if is_norm(name) and name.endswith("weight"):
        return 1 + 0.2 * noise
    if name.endswith("bias"):
        return 0.1 * noise
    return (0.5 if "embeddings" in name else 0.15) * noise


def weights(family):
    """Every float32 parameter of the family's two heads and encoder, by Hugging Face name."""
    configuration, *classes, seed = FAMILIES[family]
    generator = torch.Generator().manual_seed(seed)
    result = {}
    for kind in classes:
        for name, parameter in kind(configuration).named_parameters():
            if name not in result:
                result[name] = draw(name, parameter.shape, generator)
    return result


def load(model, values):
    """The model in eval mode with these weights; a parameter without a value is an error."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(values[name])
    return model.eval()


def masked_language_model(family):
    return load(FAMILIES[family][1](FAMILIES[family][0]), weights(family))


def sequence_classifier(family):
    return load(FAMILIES[family][2](FAMILIES[family][0]), weights(family))


def padded(rows, lengths, fill):
    """[T] -> [N, longest], fill behind each sequence."""
    parts = torch.split(rows, list(lengths))
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_value=fill)


def attention_mask(lengths):
    """int64 [N, longest], 1 where a token is real."""
    return (torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]).long()
