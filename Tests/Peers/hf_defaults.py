"""Experiments/references/hf-defaults.yaml: defaults read off the installed libraries.

    hf_defaults.py [FILE]   # without FILE to standard output

Nothing here is a number: every value is an attribute of an object made without arguments, a default
of a signature, or counted in a model made from a configuration without arguments. Results/defaults.md
sets Retort's own values beside these.
"""

import inspect
import sys

import tokenizers
import torch
import transformers
from tokenizers.implementations import BertWordPieceTokenizer
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    Trainer,
    TrainingArguments,
)
from transformers.models.bert.tokenization_bert import WordpieceTokenizer

TRAINING_ARGUMENTS = """
    per_device_train_batch_size gradient_accumulation_steps group_by_length dataloader_drop_last
    optim learning_rate adam_beta1,adam_beta2 adam_epsilon weight_decay max_grad_norm
    lr_scheduler_type warmup_ratio num_train_epochs seed load_best_model_at_end eval_strategy
    per_device_eval_batch_size save_strategy,save_steps logging_steps logging_nan_inf_filter
""".split()
BERT = """
    vocab_size hidden_size num_hidden_layers num_attention_heads intermediate_size
    max_position_embeddings type_vocab_size layer_norm_eps hidden_dropout_prob
    attention_probs_dropout_prob classifier_dropout initializer_range pad_token_id id2label
""".split()
DISTILBERT = """
    vocab_size dim n_layers n_heads hidden_dim max_position_embeddings
    sinusoidal_pos_embds dropout attention_dropout seq_classif_dropout initializer_range pad_token_id
    id2label
""".split()


def text(value):
    """As Retort writes such a value in a definition."""
    value = getattr(value, "value", value)  # an enumeration's
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return text(list(value.values()))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(text, value)) + "]"
    return str(value)


def attributes(thing, names):
    """Rows of attributes; a name with commas is a list of several."""
    rows = []
    for name in names:
        values = [getattr(thing, part) for part in name.split(",")]
        rows.append((name.replace(",", ", "), text(values if len(values) > 1 else values[0])))
    return rows


def parameters(function, names):
    """Rows of the defaults of a function's parameters."""
    signature = inspect.signature(function).parameters
    return [(name, text(signature[name].default)) for name in names.split()]


def kinds(model, names):
    """The kinds of the named parameters: those of the layers that hold them."""
    found = set()
    for path, layer in model.named_modules():
        for name, _ in layer.named_parameters(prefix=path, recurse=False):
            if name in names:
                kind = type(layer).__name__
                found.add(f"{kind}.{name.rsplit('.', 1)[1]}")
    return text(sorted(found))


def of_model(model):
    epsilons = {layer.eps for layer in model.modules() if isinstance(layer, torch.nn.LayerNorm)}
    decayed = Trainer.get_decay_parameter_names(None, model)
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    return [
        ("LayerNorm.eps", text(sorted(epsilons)[0] if len(epsilons) == 1 else sorted(epsilons))),
        ("get_decay_parameter_names", kinds(model, decayed)),
        ("without requires_grad", text(frozen)),
    ]


def tables():
    arguments = TrainingArguments(output_dir="unused", use_cpu=True)
    adamw = "lr betas eps weight_decay"
    tokenizer = "do_lower_case tokenize_chinese_chars strip_accents"
    yield (
        "training-arguments",
        "transformers.TrainingArguments()",
        attributes(arguments, TRAINING_ARGUMENTS),
    )
    yield "torch-adamw", "torch.optim.AdamW(parameters)", parameters(torch.optim.AdamW, adamw)
    yield "bert-config", "transformers.BertConfig()", attributes(BertConfig(), BERT)
    yield (
        "bert-model",
        "BertForSequenceClassification(BertConfig())",
        of_model(BertForSequenceClassification(BertConfig())),
    )
    yield (
        "distilbert-config",
        "transformers.DistilBertConfig()",
        attributes(DistilBertConfig(), DISTILBERT),
    )
    yield (
        "distilbert-model",
        "DistilBertForSequenceClassification(DistilBertConfig())",
        of_model(DistilBertForSequenceClassification(DistilBertConfig())),
    )
    yield (
        "bert-tokenizer",
        "transformers.BertTokenizer(vocab_file)",
        parameters(BertTokenizer.__init__, tokenizer)
        + parameters(WordpieceTokenizer.__init__, "max_input_chars_per_word"),
    )
    yield (
        "wordpiece-training",
        "tokenizers.BertWordPieceTokenizer().train(files)",
        parameters(BertWordPieceTokenizer.train, "vocab_size min_frequency limit_alphabet"),
    )


def main():
    torch_version = torch.__version__.split("+")[0]
    lines = [
        "# Written by Tests/Peers/hf_defaults.py; do not edit.",
        "format: 1",
        "id: hf-defaults",
        "title: Defaults of transformers, torch and tokenizers",
        "kind: program",
        "sources:",
        f"  - transformers {transformers.__version__}, torch {torch_version} and tokenizers"
        f" {tokenizers.__version__}, read off the installed libraries by Tests/Peers/hf_defaults.py",
        "tables:",
    ]
    for identifier, title, rows in tables():
        lines += [
            f"  - id: {identifier}",
            f'    title: "{title}"',
            "    columns: [Name, Value]",
            "    rows:",
        ]
        lines += [f'      - ["{name}", "{value}"]' for name, value in rows]
    out = "\n".join(lines) + "\n"
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write(out)
    else:
        sys.stdout.write(out)


main()
