"""early_stopping.h5: when Hugging Face's Trainer stops early, on metrics that are made up.

The Trainer itself trains a model of one weight, is evaluated after each step, and finds the values of a
list in place of a loss or an accuracy. Lists have ties, improvements below the threshold and above it,
and values that are best and yet no improvement.

  offsets [cases+1]             where each list begins
  values float64 [E]            what the evaluations of all cases found, up to the one that stopped it
  counter [E]                   EarlyStoppingCallback's counter after each of them
  patience [cases], threshold float64 [cases], greater_is_better [cases]
  stops_at [cases]              the evaluation from 0, or -1
"""

import tempfile

import numpy as np
import torch
from transformers import EarlyStoppingCallback, Trainer, TrainingArguments
from transformers.trainer_utils import EvalLoopOutput

from fixture_file import FixtureFile, destination

SEED = 20261128
CASES, LONGEST = 120, 9


class OneWeight(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x, labels=None):
        return dict(loss=(self.weight * x).sum(), logits=x)


class Counting(EarlyStoppingCallback):
    def on_evaluate(self, args, state, control, metrics, **kwargs):
        super().on_evaluate(args, state, control, metrics, **kwargs)
        self.counters.append(self.early_stopping_patience_counter)


class GivenMetrics(Trainer):
    def evaluation_loop(self, *arguments, **options):
        value = self.given[self.state.global_step - 1]
        return EvalLoopOutput(None, None, {f"eval_{self.metric}": value}, 1)


def counters(values, greater, patience, threshold, folder):
    """The counter after each evaluation, as long as the Trainer goes on."""
    metric = "accuracy" if greater else "loss"
    data = [dict(x=torch.ones(1), labels=torch.zeros(1))] * 2
    callback = Counting(patience, threshold)
    callback.counters = []
    trainer = GivenMetrics(
        model=OneWeight(),
        args=TrainingArguments(
            folder, max_steps=len(values), eval_strategy="steps", eval_steps=1,
            save_strategy="steps", save_steps=1, save_total_limit=1, load_best_model_at_end=True,
            metric_for_best_model=metric, use_cpu=True, report_to="none", disable_tqdm=True,
            logging_strategy="no", save_only_model=True,
        ),
        train_dataset=data,
        eval_dataset=data,
        callbacks=[callback],
    )  # fmt: skip
    trainer.given, trainer.metric = values, metric
    trainer.train()
    assert trainer.state.global_step == len(callback.counters)
    return callback.counters


def main():
    random = np.random.default_rng(SEED)
    lists, counts, settings = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(CASES):
            # Few levels, so that there are ties and steps of the threshold's size.
            values = [float(v) for v in random.integers(0, 7, random.integers(1, LONGEST + 1)) / 8]
            greater = bool(random.integers(2))
            patience = int(random.integers(1, 4))
            threshold = float(random.choice([0.0, 0.0, 0.125, 0.2, 0.25]))
            found = counters(values, greater, patience, threshold, folder)
            lists.append(values[: len(found)])
            counts.append(found)
            stop = len(found) - 1 if found[-1] >= patience else -1
            settings.append((patience, threshold, greater, stop))
    patience, threshold, greater, stops = map(np.array, zip(*settings, strict=True))
    with FixtureFile(destination(), SEED) as fixture:
        fixture.put("offsets", np.cumsum([0] + [len(values) for values in lists]))
        fixture.put("values", np.concatenate(lists), np.float64)
        fixture.put("counter", np.concatenate(counts))
        fixture.put("patience", patience)
        fixture.put("threshold", threshold, np.float64)
        fixture.put("greater_is_better", greater)
        fixture.put("stops_at", stops)


main()
