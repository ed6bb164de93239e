"""narrow_students.h5: students narrower than the small BERT of tiny_models.h5, and which layers are nearest.

Teacher: bert of tiny_models.h5, 3 layers of 32, 4 heads of 8, feed-forward 64. Students have its layers 0 and 2 in a
DistilBERT (token type 0 added to the positions) or a BERT, and its masked-LM head; everything in float64 numpy.

  /<case>    attributes family, hidden_size, head_count, feed_forward_size, by, keep, scale
    weights/<name>    by Hugging Face name, of encoder, masked-LM head and, in a BERT, pooler
    components [32, hidden_size] and variances [hidden_size] float64, of by: pca
    attribute loss: mean cross entropy of the masked rows of /batch, by transformers in float64

  /batch     ids [T], offsets [N+1], masked_labels [T] (-100: not masked), classes [N]

  /nearest   alignment float64 [3, 4]: linear CKA of hidden states 0, 1, 2 of distilbert with those 0 to 3 of bert, of
             tiny_models.h5, on /batch; states [3]: of the largest sum among all rising choices

What is kept, projected and scaled is said in Sources/Transformers/Student/WidthReduction.swift. A component's largest
entry is positive.
"""

import itertools

import numpy as np
import torch
from transformers import BertConfig, BertForMaskedLM, DistilBertConfig, DistilBertForMaskedLM

import tiny_models
from fixture_file import FixtureFile, destination

SEED = 20261129
LAYERS = (0, 2)
C, H, F = 32, 4, 64
# name: family, hidden size, heads, feed-forward size, by, keep, scale
CASES = {
    "importance": ("distilbert", 16, 2, 40, "truncation", "importance", "variance"),
    "first": ("bert", 16, 2, 32, "truncation", "first", "none"),
    "smaller_heads": ("bert", 12, 3, 20, "truncation", "importance", "none"),
    "pca": ("distilbert", 16, 2, 40, "pca", "importance", "variance"),
    "pca_smaller_heads": ("bert", 12, 3, 24, "pca", "first", "none"),
}


class Teacher:
    """The weights of the small BERT, float64, by the part they are of."""

    def __init__(self):
        self.values = {k: v.double().numpy() for k, v in tiny_models.weights("bert").items()}

    def __call__(self, name):
        return self.values[name]

    def block(self, layer):
        prefix = f"bert.encoder.layer.{layer}."
        names = dict(
            query="attention.self.query", key="attention.self.key", value="attention.self.value",
            output="attention.output.dense", attention_norm="attention.output.LayerNorm",
            expansion="intermediate.dense", contraction="output.dense", norm="output.LayerNorm",
        )  # fmt: skip
        return {
            part: (self(f"{prefix}{name}.weight"), self(f"{prefix}{name}.bias"))
            for part, name in names.items()
        }


def largest(shares, count):
    """Mean of shares [matrices, units]; of equals the first."""
    order = np.argsort(-np.mean(shares, axis=0), kind="stable")
    return np.sort(order[:count])


def share(matrix, axis):
    """Of each row (axis 0) or column (axis 1) in the squared weights."""
    squares = np.square(matrix).sum(1 - axis)
    return squares / squares.sum()


def grouped(shares, groups):
    return shares.reshape(groups, -1).sum(1)


def principal_components(words, count):
    centred = words - words.mean(0)
    _, singular, rows = np.linalg.svd(centred, full_matrices=False)
    components = rows[:count].T
    places = np.abs(components).argmax(0)
    components = components * np.sign(components[places, np.arange(count)])
    return components, np.square(singular[:count]) / len(words)


class Student:
    def __init__(self, teacher, family, size, heads, inner, by, keep, scale):
        self.teacher, self.size, self.heads, self.inner = teacher, size, heads, inner
        self.by, self.keep, self.family = by, keep, family
        self.blocks = [teacher.block(layer) for layer in LAYERS]
        scaled = scale == "variance"
        self.width_factor = np.sqrt(C / size) if scaled else 1.0
        self.inner_factor = np.sqrt(F / inner) if scaled else 1.0
        self.reading = self.width_factor if by == "truncation" else 1.0
        self.norm_factor = self.width_factor if by == "pca" else 1.0
        words = teacher("bert.embeddings.word_embeddings.weight")
        if by == "pca":
            self.matrix, self.variances = principal_components(words, size)
        else:
            kept = np.arange(size)
            if keep == "importance":
                shares = [
                    share(words, 1),
                    share(teacher("bert.embeddings.position_embeddings.weight"), 1),
                ]
                for block in self.blocks:
                    for part in ("query", "key", "value", "expansion"):
                        shares.append(share(block[part][0], 1))
                    for part in ("output", "contraction"):
                        shares.append(share(block[part][0], 0))
                kept = largest(shares, size)
            self.matrix = np.eye(C)[:, kept]

    def norm(self, values, factor=1.0, shift_factor=1.0):
        scale, shift = values
        diagonal = np.einsum("ij,i,ij->j", self.matrix, scale, self.matrix)
        return diagonal * self.norm_factor * factor, shift @ self.matrix * shift_factor

    def dense(self, values):
        weight, bias = values
        return self.matrix.T @ weight @ self.matrix * self.reading, bias @ self.matrix

    def heads_of(self, block):
        d, new = C // H, self.size // self.heads
        if self.keep == "first":
            kept = [h * d + i for h in range(self.heads) for i in range(new)]
            return kept, kept
        shares = [grouped(share(block[part][0], 0), H) for part in ("query", "key", "value")]
        shares.append(grouped(share(block["output"][0], 1), H))
        scores, values = [], []
        for head in largest(shares, self.heads):
            places = slice(head * d, (head + 1) * d)
            scores += [
                head * d + i
                for i in largest([share(block[p][0][places], 0) for p in ("query", "key")], new)
            ]
            values += [
                head * d + i
                for i in largest(
                    [
                        share(block["value"][0][places], 0),
                        share(block["output"][0][:, places], 1),
                    ],
                    new,
                )
            ]
        return scores, values

    def block(self, block):
        scores, values = self.heads_of(block)
        neurons = np.arange(self.inner)
        if self.keep == "importance":
            neurons = largest(
                [share(block["expansion"][0], 0), share(block["contraction"][0], 1)], self.inner
            )
        result = {}
        for part, rows in (
            ("query", scores), ("key", scores), ("value", values), ("expansion", neurons)
        ):  # fmt: skip
            weight, bias = block[part]
            result[part] = weight[rows] @ self.matrix * self.reading, bias[rows]
        for part, columns, factor in (
            ("output", values, self.width_factor), ("contraction", neurons, self.inner_factor)
        ):  # fmt: skip
            weight, bias = block[part]
            result[part] = self.matrix.T @ weight[:, columns] * factor, bias @ self.matrix
        result["attention_norm"] = self.norm(block["attention_norm"])
        result["norm"] = self.norm(block["norm"])
        return result

    def weights(self):
        def pair(name):
            return self.teacher(name + ".weight"), self.teacher(name + ".bias")

        words, positions, types = (
            self.teacher(f"bert.embeddings.{kind}_embeddings.weight") @ self.matrix
            for kind in ("word", "position", "token_type")
        )
        parts = {"embeddings": self.norm(pair("bert.embeddings.LayerNorm"))}
        transform = "cls.predictions.transform"
        parts["head_dense"] = self.dense(pair(f"{transform}.dense"))
        parts["head_norm"] = self.norm(pair(f"{transform}.LayerNorm"), self.reading, self.reading)
        for index, block in enumerate(self.blocks):
            for part, values in self.block(block).items():
                parts[f"{index}.{part}"] = values
        result = {}
        if self.family == "bert":
            parts["pooler"] = self.dense(pair("bert.pooler.dense"))
            result["bert.embeddings.token_type_embeddings.weight"] = types
        else:
            positions = positions + types[0]
        prefix = f"{self.family}.embeddings"
        result[f"{prefix}.word_embeddings.weight"] = words
        result[f"{prefix}.position_embeddings.weight"] = positions
        bias = "cls.predictions.bias" if self.family == "bert" else "vocab_projector.bias"
        result[bias] = self.teacher("cls.predictions.bias")
        for part, (weight, shift) in parts.items():
            name = NAMES[self.family][part.split(".")[-1]].format(part.split(".")[0])
            result[f"{name}.weight"], result[f"{name}.bias"] = weight, shift
        return result

    def model(self):
        sizes = dict(vocab_size=tiny_models.VOCABULARY, max_position_embeddings=64)
        if self.family == "bert":
            configuration = BertConfig(
                hidden_size=self.size, num_hidden_layers=2, num_attention_heads=self.heads,
                intermediate_size=self.inner, attn_implementation="eager", **sizes,
            )  # fmt: skip
            return BertForMaskedLM(configuration)
        configuration = DistilBertConfig(
            dim=self.size, n_layers=2, n_heads=self.heads, hidden_dim=self.inner,
            attn_implementation="eager", **sizes,
        )  # fmt: skip
        return DistilBertForMaskedLM(configuration)


NAMES = {
    "bert": dict(
        embeddings="bert.embeddings.LayerNorm", pooler="bert.pooler.dense",
        head_dense="cls.predictions.transform.dense",
        head_norm="cls.predictions.transform.LayerNorm",
        query="bert.encoder.layer.{}.attention.self.query",
        key="bert.encoder.layer.{}.attention.self.key",
        value="bert.encoder.layer.{}.attention.self.value",
        output="bert.encoder.layer.{}.attention.output.dense",
        attention_norm="bert.encoder.layer.{}.attention.output.LayerNorm",
        expansion="bert.encoder.layer.{}.intermediate.dense",
        contraction="bert.encoder.layer.{}.output.dense",
        norm="bert.encoder.layer.{}.output.LayerNorm",
    ),
    "distilbert": dict(
        embeddings="distilbert.embeddings.LayerNorm",
        head_dense="vocab_transform", head_norm="vocab_layer_norm",
        query="distilbert.transformer.layer.{}.attention.q_lin",
        key="distilbert.transformer.layer.{}.attention.k_lin",
        value="distilbert.transformer.layer.{}.attention.v_lin",
        output="distilbert.transformer.layer.{}.attention.out_lin",
        attention_norm="distilbert.transformer.layer.{}.sa_layer_norm",
        expansion="distilbert.transformer.layer.{}.ffn.lin1",
        contraction="distilbert.transformer.layer.{}.ffn.lin2",
        norm="distilbert.transformer.layer.{}.output_layer_norm",
    ),
}  # fmt: skip

LENGTHS = [1, 5, 13, 2, 31]


def make_batch():
    generator = torch.Generator().manual_seed(SEED)
    count = sum(LENGTHS)
    labels = torch.full((count,), -100)
    masked = torch.randperm(count, generator=generator)[:9]
    labels[masked] = torch.randint(tiny_models.VOCABULARY, (9,), generator=generator)
    return dict(
        ids=torch.randint(1, tiny_models.VOCABULARY, (count,), generator=generator),
        offsets=np.concatenate([[0], np.cumsum(LENGTHS)]),
        masked_labels=labels,
        classes=torch.zeros(len(LENGTHS), dtype=torch.long),
    )


def inputs_of(batch):
    return dict(
        input_ids=tiny_models.padded(batch["ids"], LENGTHS, 0),
        attention_mask=tiny_models.attention_mask(LENGTHS),
    )


def put_student(fixture, name, case, teacher, batch):
    student = Student(teacher, *case)
    values = student.weights()
    model = student.model().double().eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(values[key]))
        labels = tiny_models.padded(batch["masked_labels"], LENGTHS, -100)
        loss = model(**inputs_of(batch), labels=labels).loss.item()
    for key, value in values.items():
        fixture.put(f"{name}/weights/{key}", value)
    if student.by == "pca":
        fixture.put(f"{name}/components", student.matrix, np.float64)
        fixture.put(f"{name}/variances", student.variances, np.float64)
    keys = ("family", "hidden_size", "head_count", "feed_forward_size", "by", "keep", "scale")
    fixture.attributes(name, loss=loss, **dict(zip(keys, case)))


def states(family, batch, count):
    model = tiny_models.masked_language_model(family).double()
    inputs = inputs_of(batch)
    with torch.no_grad():
        found = model(**inputs, output_hidden_states=True).hidden_states
    return [state[inputs["attention_mask"].bool()].numpy() for state in found[:count]]


def alignment(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    norm = np.linalg.norm
    return norm(x.T @ y) ** 2 / (norm(x.T @ x) * norm(y.T @ y))


def put_nearest(fixture, batch):
    teacher, student = states("bert", batch, 4), states("distilbert", batch, 3)
    table = np.array([[alignment(x, y) for y in teacher] for x in student])
    best = max(
        itertools.combinations(range(4), 3),
        key=lambda places: sum(table[i, place] for i, place in enumerate(places)),
    )
    fixture.put("nearest/alignment", table, np.float64)
    fixture.put("nearest/states", np.array(best))


def main():
    with FixtureFile(destination(), SEED) as fixture:
        batch = make_batch()
        fixture.put_all("batch", **batch)
        teacher = Teacher()
        for name, case in CASES.items():
            put_student(fixture, name, case, teacher, batch)
        put_nearest(fixture, batch)


main()
