"""blocks.h5: one encoder block of each family, forward and backward, in odd shapes.

Letters as in operations.h5. Nothing is stored that both sides can compute (integer_hash.py): weights
are value(name, i) with name the parameter's name within transformers' block, a LayerNorm's scale
1 + value; x [T,C] = unit("<case>/x", i) * 4, upstream [T,C] = unit("<case>/upstream", i). PyTorch
computes in float64, padded and masked; rows of real tokens are taken out.

  /<family>/<case>
    offsets [N+1]
    y_*, gradient_*      norms, projections [n], places, samples [n, 64] as in published_models.h5:
                         y by itself; gradients of x, then of the parameters
    attributes: hidden_size, head_count, feed_forward_size, epsilon, parameter_names ("x" first)
"""

import numpy as np
import torch
from transformers import BertConfig, DistilBertConfig
from transformers.models.bert.modeling_bert import BertLayer
from transformers.models.distilbert.modeling_distilbert import TransformerBlock

import integer_hash
import tiny_models
from fixture_file import FixtureFile, destination
from summaries import put_summaries

SEED = 20240918
EPSILON = 1e-12
CASES = {  # lengths, hidden size, heads, feed-forward size
    "one_token": ([1], 32, 4, 64),
    "one_sequence": ([17], 36, 3, 50),
    "unequal": ([1, 67, 3, 128, 7], 36, 3, 50),
    "long": ([512, 2], 64, 4, 112),
    "equal": ([5, 5, 5], 20, 5, 44),
}


def build(family, hidden, heads, inner):
    if family == "bert":
        config = BertConfig(
            hidden_size=hidden, num_attention_heads=heads, intermediate_size=inner,
            layer_norm_eps=EPSILON, attn_implementation="eager",
        )  # fmt: skip
        block = BertLayer(config)
    else:
        config = DistilBertConfig(
            dim=hidden, n_heads=heads, hidden_dim=inner, attn_implementation="eager"
        )
        block = TransformerBlock(config)
    block = block.double().eval()
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            values = integer_hash.values(name, parameter.shape)
            if tiny_models.is_norm(name) and name.endswith("weight"):
                values = np.float32(1) + values
            parameter.copy_(torch.from_numpy(values))
    return block


def run(family, block, x, mask):
    if family == "bert":
        added = (1 - mask.double())[:, None, None, :] * torch.finfo(torch.float64).min
        return block(x, attention_mask=added)[0]
    return block(x, attn_mask=mask)[-1]


def put_case(fixture, family, case, lengths, hidden, heads, inner):
    group = f"{family}/{case}"
    block = build(family, hidden, heads, inner)
    t = sum(lengths)
    flat = torch.from_numpy(integer_hash.values(f"{case}/x", (t, hidden), 4.0)).double()
    flat.requires_grad_()
    mask = tiny_models.attention_mask(lengths)
    real = mask.bool()
    x = torch.zeros(*mask.shape, hidden, dtype=torch.float64).masked_scatter(
        real[:, :, None].expand(-1, -1, hidden), flat
    )
    y = run(family, block, x, mask)[real]
    upstream = torch.from_numpy(integer_hash.values(f"{case}/upstream", (t, hidden), 1.0))
    (y * upstream.double()).sum().backward()
    named = [("x", flat)] + list(block.named_parameters())
    put_summaries(fixture, group, "y", [("y", y)])
    put_summaries(fixture, group, "gradient", [(name, p.grad) for name, p in named])
    fixture.put(f"{group}/offsets", np.concatenate([[0], np.cumsum(lengths)]))
    fixture.names(group, "parameter_names", [name for name, _ in named])
    fixture.attributes(
        group, hidden_size=hidden, head_count=heads, feed_forward_size=inner, epsilon=EPSILON
    )


def main():
    with FixtureFile(destination(), SEED) as fixture:
        for family in tiny_models.FAMILIES:
            for case, shape in CASES.items():
                put_case(fixture, family, case, *shape)


main()
