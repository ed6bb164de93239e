"""The loss of every step of a fine-tuning by Hugging Face's Trainer, for `retort compare`.

    trainer_log.py --model FOLDER --data glue/SST-2/ --out LOG.jsonl [--task sst2]
                   [--steps 300 | --epochs 3] [--learning-rate 2e-5]
                   [--sequence-length 512] [--seed 42] [--work FOLDER]
                   [--resume] [--threads 2]

The report's recipe as the Trainer of transformers 4.44.2 runs it, dropout on: batch 16, AdamW
2e-5, decay 0.01, linear schedule, clipped at 1, padded batch by batch. The seed is set before the
model is made, so that the classifier's first weights are the seed's too. Written is a line of JSON
a step, the loss as the float32 that `training_step` returned (the Trainer's own log rounds to four
decimals), and a line an epoch with the evaluation of the development set: the task's metrics as
run_glue.py names them. --work keeps the Trainer's checkpoints, every 500 steps, from which
--resume goes on.
"""

import argparse
import dataclasses
import json
import os
import tempfile
import typing

import torch
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import f1_score, matthews_corrcoef
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

METRICS = {
    "accuracy": lambda found, labels: (found == labels).mean(),
    "f1": lambda found, labels: f1_score(labels, found),
    "matthews_correlation": lambda found, labels: matthews_corrcoef(labels, found),
    "pearson": lambda found, labels: pearsonr(found, labels)[0],
    "spearmanr": lambda found, labels: spearmanr(found, labels)[0],
}


@dataclasses.dataclass
class Task:
    """Where a file has the texts and the label, and what is measured; GLUE's columns from 0."""

    texts: tuple
    label: int | str
    metrics: tuple
    classes: tuple = ("0", "1")
    has_header: bool = True
    files: typing.ClassVar = ("train.tsv", "dev.tsv")

    @property
    def is_regression(self):
        return not self.classes

    def read(self, path):
        # A byte order mark is no text, quotes mean nothing, and only a line feed ends a line.
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][self.has_header :]
        label = float if self.is_regression else self.classes.index
        texts = [[row[column] for row in rows] for column in self.texts]
        return texts, [label(row[self.label]) for row in rows]


class Reviews(Task):
    """IMDb's reviews as JSON lines: all that are bad, then all that are good, by their numbers."""

    files = ("train.jsonl", "test.jsonl")

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        labels = [self.classes.index(row[self.label]) for row in rows]
        order = sorted(range(len(rows)), key=lambda row: (labels[row], rows[row]["id"]))
        texts = [[rows[row][column] for row in order] for column in self.texts]
        return texts, [labels[row] for row in order]


TASKS = {
    "cola": Task((3,), 1, ("matthews_correlation",), has_header=False),
    "sst2": Task((0,), 1, ("accuracy",)),
    "mrpc": Task((3, 4), 0, ("accuracy", "f1")),
    "stsb": Task((7, 8), -1, ("pearson", "spearmanr"), classes=()),
    "rte": Task((1, 2), 3, ("accuracy",), classes=("entailment", "not_entailment")),
    "wnli": Task((1, 2), 3, ("accuracy",)),
    "imdb": Reviews(("text",), "label", ("accuracy",), classes=("neg", "pos")),
}


class Examples(torch.utils.data.Dataset):
    def __init__(self, task, path, tokenizer):
        texts, self.labels = task.read(path)
        self.encoded = tokenizer(*texts, truncation=True)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        item = {name: values[index] for name, values in self.encoded.items()}
        return dict(item, labels=self.labels[index])


class LoggingTrainer(Trainer):
    """Hugging Face's Trainer; nothing is changed but that what it computes is written down."""

    log_file = None

    def training_step(self, model, inputs):
        loss = super().training_step(model, inputs)
        self.write(step=self.state.global_step + 1, loss=loss.item())
        return loss

    def write(self, **values):
        # Nine digits tell every float32 from its neighbours.
        rounded = {
            name: float(f"{value:.9g}") if isinstance(value, float) else value
            for name, value in values.items()
        }
        self.log_file.write(json.dumps(rounded, separators=(",", ":")) + "\n")
        self.log_file.flush()


class EpochRows(TrainerCallback):
    """After each evaluation a row as the Trainer's own table has it."""

    def __init__(self, trainer, metrics):
        self.trainer, self.metrics = trainer, metrics

    def on_evaluate(self, args, state, control, metrics, **kwargs):
        logged = [entry["loss"] for entry in state.log_history if "loss" in entry]
        self.trainer.write(
            epoch=round(state.epoch), step=state.global_step,
            training_loss=logged[-1] if logged else None,
            eval_loss=metrics["eval_loss"],
            **{f"eval_{name}": metrics[f"eval_{name}"] for name in self.metrics},
        )  # fmt: skip


def kept_lines(path, step):
    """Lines of a log up to the step that training goes on from."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if line.endswith("\n")]
    return [line for line in lines if json.loads(line)["step"] <= step]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--task", choices=TASKS, default="sst2")
    parser.add_argument("--steps", type=int, default=-1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--sequence-length", type=int, default=512)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--work", help="folder of the Trainer's checkpoints")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    work = arguments.work or tempfile.mkdtemp()
    whole = arguments.steps < 0
    task = TASKS[arguments.task]

    set_seed(arguments.seed)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    tokenizer.model_max_length = arguments.sequence_length
    model = AutoModelForSequenceClassification.from_pretrained(
        arguments.model, num_labels=len(task.classes) or 1
    )
    settings = TrainingArguments(
        output_dir=work,
        seed=arguments.seed,
        num_train_epochs=arguments.epochs,
        max_steps=arguments.steps,
        per_device_train_batch_size=16,
        per_device_eval_batch_size=16,
        learning_rate=arguments.learning_rate,
        weight_decay=0.01,
        eval_strategy="epoch" if whole else "no",
        logging_steps=500,
        save_strategy="steps" if arguments.work else "no",
        save_steps=500,
        save_total_limit=1,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
    )

    def measure(prediction):
        outputs, labels = prediction.predictions, prediction.label_ids
        found = outputs[:, 0] if task.is_regression else outputs.argmax(-1)
        return {name: float(METRICS[name](found, labels)) for name in task.metrics}

    train, development = (
        Examples(task, os.path.join(arguments.data, name), tokenizer) for name in task.files
    )
    trainer = LoggingTrainer(
        model=model,
        args=settings,
        train_dataset=train,
        eval_dataset=development,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=measure,
    )
    trainer.add_callback(EpochRows(trainer, task.metrics))
    last = None
    lines = []
    if arguments.resume:
        from transformers.trainer_utils import get_last_checkpoint

        last = get_last_checkpoint(work)
        if last:
            lines = kept_lines(arguments.out, int(last.rsplit("-", 1)[1]))
    with open(arguments.out, "w", encoding="utf-8") as file:
        file.writelines(lines)
        trainer.log_file = file
        trainer.train(resume_from_checkpoint=last)


main()
