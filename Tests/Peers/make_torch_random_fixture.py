"""torch_random.h5: what torch's CPU generator gives, call by call, from a stated seed.

integers        a dropout of 3 units, then torch.empty((), int64).random_(), four times over:
                values int64 [4] as int32 halves high [4], low [4] (63 bits in all)
dropout_10, dropout_20
                keep [3, 2, 5, 7]: units that nn.functional.dropout keeps, by its float64
                probability .1 or .2; then next [2], the same call on two units, whose seed is the
                generator's following draw
edges_10, edges_20
                indices [E] of units within 400 of the bound among the first 14 million of a dropout
                from seed 3, and keep [E]: where float32 and float64 disagree
normal_<n>      values [n]: torch.empty(n).normal_(0, std) for n of 10 (one by one), 48 (a whole
                number of sixteens) and 77 (the last sixteen drawn again); then next [1]
classifier      weight [2, 384], pooler [384, 384]'s first 64 values: a
                BertForSequenceClassification whose pooler and classifier are drawn anew after
                set_seed, as from_pretrained does for weights a folder lacks
attributes: seed, and std or probability
"""

import tempfile

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel, set_seed

from fixture_file import FixtureFile, destination

SEED = 20240917
EDGE_SEED, EDGE_UNITS = 3, 14_000_000
MODULUS, MULTIPLIER = 2**31 - 1, 1132489760


def keep(probability, *shape):
    return torch.nn.functional.dropout(torch.ones(*shape), probability, True) != 0


def near_the_bound(probability):
    """Which of the first units have a value of the congruential generator near the bound."""
    powers, step = np.ones(1, np.uint64), MULTIPLIER
    while len(powers) < EDGE_UNITS:
        powers = np.concatenate([powers, powers * np.uint64(step) % np.uint64(MODULUS)])
        step = step * step % MODULUS
    seed = np.random.RandomState(EDGE_SEED).randint(0, 2**32, dtype=np.uint64)
    values = powers[:EDGE_UNITS] * (seed % np.uint64(MODULUS)) % np.uint64(MODULUS)
    return np.nonzero(np.abs(values.astype(np.float64) - probability * MODULUS) < 400)[0]


def halves(values):
    array = np.array(values, dtype=np.uint64)
    high, low = array >> np.uint64(32), array & np.uint64(0xFFFFFFFF)
    return high.astype(np.uint32).view(np.int32), low.astype(np.uint32).view(np.int32)


def newly_made_heads():
    """The model that from_pretrained makes of an encoder alone."""
    config = BertConfig(
        vocab_size=32, hidden_size=384, num_hidden_layers=1, num_attention_heads=12,
        intermediate_size=64, max_position_embeddings=16,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)
        set_seed(SEED)
        return BertForSequenceClassification.from_pretrained(folder)


def main():
    with FixtureFile(destination(), SEED) as fixture:
        torch.manual_seed(SEED)
        values = []
        for _ in range(4):
            keep(0.1, 3)
            values.append(torch.empty((), dtype=torch.int64).random_().item())
        high, low = halves(values)
        fixture.put("integers/high", high, np.int32)
        fixture.put("integers/low", low, np.int32)
        fixture.attributes("integers", seed=SEED)

        for probability in (0.1, 0.2):
            group = f"dropout_{round(probability * 100)}"
            torch.manual_seed(SEED)
            fixture.put(f"{group}/keep", keep(probability, 3, 2, 5, 7).int(), np.int32)
            fixture.put(f"{group}/next", keep(probability, 2).int(), np.int32)
            fixture.attributes(group, seed=SEED, probability=probability)

        for probability in (0.1, 0.2):
            group = f"edges_{round(probability * 100)}"
            torch.manual_seed(EDGE_SEED)
            kept = keep(probability, EDGE_UNITS)
            indices = near_the_bound(1 - probability)
            fixture.put(f"{group}/indices", indices, np.int32)
            fixture.put(f"{group}/keep", kept[indices].int(), np.int32)
            fixture.attributes(group, seed=EDGE_SEED, probability=probability)

        for count in (10, 48, 77):
            torch.manual_seed(SEED)
            group = f"normal_{count}"
            fixture.put(f"{group}/values", torch.empty(count).normal_(0, 0.02))
            fixture.put(f"{group}/next", torch.empty(1).normal_(0, 0.02))
            fixture.attributes(group, seed=SEED, std=0.02)

        model = newly_made_heads()
        fixture.put("classifier/weight", model.classifier.weight)
        fixture.put("classifier/pooler", model.bert.pooler.dense.weight.flatten()[:64])
        fixture.attributes("classifier", seed=SEED, std=0.02)


main()
