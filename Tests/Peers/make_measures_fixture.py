"""measures.h5: what models are measured by, made by torch, scipy and scikit-learn in float64.

/words       ids [T] with words masked, true_ids [T], offsets [N+1], labels [T] (-1: not masked); by sequence [N] float64,
             sums over its masked words: loss, entropy_1, entropy_2 of the student, kl_1, kl_2, same; over all tokens of
             the text as it is: all_kl, all_same. Teacher bert, student distilbert of tiny_models.h5
/vectors     cosine [N] of the vectors of the same text (true_ids), means over the tokens; shared_1, shared_5 [N]: shared
             nearest neighbours among k; attribute spearman of the cosines of all pairs
/classes     logits [n, 3], labels [n]; attributes ece_10, ece_15, accuracy, mean_confidence
/regression_<K>   features [n, 6], labels [n], tested [m, 6]; coefficients [K or 1, 7], the bias last; predicted [m];
             attribute inverse_penalty

The calibration error is that of Guo et al. 2017 written out; all else is a call of the library.
"""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

import tiny_models
from fixture_file import FixtureFile, destination

SEED = 20261129
SEQUENCES = 70  # more than two groups of 32


def words(fixture, generator):
    lengths = torch.randint(3, 12, (SEQUENCES,), generator=generator).tolist()
    count = sum(lengths)
    true_ids = torch.randint(5, tiny_models.VOCABULARY, (count,), generator=generator)
    masked = torch.rand(count, generator=generator) < 0.25
    masked[: lengths[0]] = False  # none in the first sequence
    masked[lengths[0]] = True
    ids = torch.where(masked, torch.full_like(true_ids, 4), true_ids)
    labels = torch.where(masked, true_ids, torch.full_like(true_ids, -1))
    fixture.put_all(
        "words", ids=ids, true_ids=true_ids, labels=labels,
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
    )  # fmt: skip
    mask = tiny_models.attention_mask(lengths).bool()
    models = [tiny_models.masked_language_model(name).double() for name in ("bert", "distilbert")]

    def logits(ids):
        inputs = dict(input_ids=tiny_models.padded(ids, lengths, 0), attention_mask=mask.long())
        with torch.no_grad():
            return [model(**inputs).logits[mask] for model in models]

    def by_sequence(rows, chosen):
        return np.array(
            [
                part[which].sum().item()
                for part, which in zip(torch.split(rows, lengths), torch.split(chosen, lengths))
            ]
        )

    def divergence(t, s, temperature):
        q = F.log_softmax(t / temperature, -1)
        return F.kl_div(
            F.log_softmax(s / temperature, -1), q, reduction="none", log_target=True
        ).sum(-1)

    t, s = logits(ids)
    loss = F.cross_entropy(s, labels, ignore_index=-1, reduction="none")
    values = dict(loss=loss, same=(t.argmax(-1) == s.argmax(-1)).double())
    for temperature in (1, 2):
        p = F.log_softmax(s / temperature, -1)
        values[f"entropy_{temperature}"] = -(p.exp() * p).sum(-1)
        values[f"kl_{temperature}"] = divergence(t, s, temperature)
    for name, rows in values.items():
        fixture.put(f"words/{name}", by_sequence(rows, masked), np.float64)
    t, s = logits(true_ids)
    everything = torch.ones_like(masked)
    fixture.put("words/all_kl", by_sequence(divergence(t, s, 1), everything), np.float64)
    same = (t.argmax(-1) == s.argmax(-1)).double()
    fixture.put("words/all_same", by_sequence(same, everything), np.float64)
    return lengths, true_ids


def vectors(fixture, lengths, ids):
    mask = tiny_models.attention_mask(lengths)
    inputs = dict(input_ids=tiny_models.padded(ids, lengths, 0), attention_mask=mask)
    pooled = []
    for name in ("bert", "distilbert"):
        model = tiny_models.masked_language_model(name).double()
        with torch.no_grad():
            states = model(**inputs, output_hidden_states=True).hidden_states[-1]
        weights = mask[..., None].double()
        pooled.append(F.normalize((states * weights).sum(1) / weights.sum(1), dim=-1))
    v, u = pooled
    fixture.put("vectors/cosine", (u * v).sum(-1).numpy(), np.float64)
    pairs = np.triu_indices(len(lengths), 1)
    rank = spearmanr((u @ u.T).numpy()[pairs], (v @ v.T).numpy()[pairs])[0]
    fixture.attributes("vectors", spearman=float(rank))
    for k in (1, 5):
        # Of vectors of length 1 the nearest are those of the largest cosine; the first is the sentence itself.
        near = [
            NearestNeighbors(n_neighbors=k + 1).fit(x.numpy()).kneighbors(x.numpy())[1][:, 1:]
            for x in (u, v)
        ]
        shared = [len(set(a) & set(b)) / k for a, b in zip(*near)]
        fixture.put(f"vectors/shared_{k}", np.array(shared), np.float64)


def classes(fixture, generator):
    logits = 2 * torch.randn(200, 3, generator=generator)
    labels = torch.randint(0, 3, (200,), generator=generator)
    probabilities = F.softmax(logits.double(), -1).numpy()
    confidence, predicted = probabilities.max(1), probabilities.argmax(1)
    correct = (predicted == labels.numpy()).astype(float)
    errors = {}
    for bins in (10, 15):
        total = 0.0
        for b in range(bins):
            inside = (confidence > b / bins) & (confidence <= (b + 1) / bins)
            if inside.any():
                gap = abs(correct[inside].mean() - confidence[inside].mean())
                total += inside.mean() * gap
        errors[f"ece_{bins}"] = float(total)
    fixture.put_all("classes", logits=logits, labels=labels)
    fixture.attributes(
        "classes",
        accuracy=float(correct.mean()),
        mean_confidence=float(confidence.mean()),
        **errors,
    )


def regressions(fixture, generator):
    for count, inverse_penalty in ((2, 0.7), (3, 1.0)):
        features = torch.randn(300, 6, generator=generator) * torch.tensor([1, 5, 0.1, 1, 1, 2.0])
        noise = 2 * torch.randn(300, count, generator=generator)
        scores = features @ torch.randn(6, count, generator=generator) + noise
        labels = (scores + torch.arange(count)).argmax(-1)
        tested = torch.randn(50, 6, generator=generator)
        model = LogisticRegression(
            C=inverse_penalty, solver="newton-cg", tol=1e-13, max_iter=10000
        ).fit(features.double().numpy(), labels.numpy())
        group = f"regression_{count}"
        fixture.put_all(
            group, features=features, labels=labels, tested=tested,
            predicted=model.predict(tested.double().numpy()),
        )  # fmt: skip
        coefficients = np.concatenate([model.coef_, model.intercept_[:, None]], 1)
        fixture.put(f"{group}/coefficients", coefficients, np.float64)
        fixture.attributes(group, inverse_penalty=inverse_penalty)


def main():
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        lengths, ids = words(fixture, generator)
        vectors(fixture, lengths, ids)
        classes(fixture, generator)
        regressions(fixture, generator)


if __name__ == "__main__":
    main()
