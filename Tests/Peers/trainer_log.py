"""The loss of every step of a fine-tuning by Hugging Face's Trainer, for `retort compare`.

    trainer_log.py --model FOLDER --data SST-2/ --out LOG.jsonl [--steps 300 | --epochs 3]
                   [--seed 42] [--work FOLDER] [--resume] [--threads 2]

The report's recipe as the Trainer of transformers 4.44.2 runs it, dropout on: batch 16, AdamW
2e-5, decay 0.01, linear schedule, clipped at 1, padded batch by batch. The seed is set before the
model is made, so that the classifier's first weights are the seed's too. Written is a line of JSON
a step, the loss as the float32 that `training_step` returned (the Trainer's own log rounds to four
decimals), and a line an epoch with the evaluation of the 872 sentences. --work keeps the Trainer's
checkpoints, every 500 steps, from which --resume goes on.
"""

import argparse
import json
import os
import tempfile

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)


class Sentences(torch.utils.data.Dataset):
    def __init__(self, path, tokenizer):
        with open(path, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
        self.labels = [int(label) for _, label in rows]
        self.encoded = tokenizer([sentence for sentence, _ in rows], truncation=True)

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

    def __init__(self, trainer):
        self.trainer = trainer

    def on_evaluate(self, args, state, control, metrics, **kwargs):
        logged = [entry["loss"] for entry in state.log_history if "loss" in entry]
        self.trainer.write(
            epoch=round(state.epoch), step=state.global_step,
            training_loss=logged[-1] if logged else None,
            eval_loss=metrics["eval_loss"], eval_accuracy=metrics["eval_accuracy"],
        )  # fmt: skip


def accuracy(prediction):
    found = prediction.predictions.argmax(-1) == prediction.label_ids
    return dict(accuracy=float(found.mean()))


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
    parser.add_argument("--steps", type=int, default=-1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--work", help="folder of the Trainer's checkpoints")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    work = arguments.work or tempfile.mkdtemp()
    whole = arguments.steps < 0

    set_seed(arguments.seed)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    tokenizer.model_max_length = 512
    model = AutoModelForSequenceClassification.from_pretrained(arguments.model, num_labels=2)
    settings = TrainingArguments(
        output_dir=work,
        seed=arguments.seed,
        num_train_epochs=arguments.epochs,
        max_steps=arguments.steps,
        per_device_train_batch_size=16,
        per_device_eval_batch_size=16,
        learning_rate=2e-5,
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
    trainer = LoggingTrainer(
        model=model,
        args=settings,
        train_dataset=Sentences(os.path.join(arguments.data, "train.tsv"), tokenizer),
        eval_dataset=Sentences(os.path.join(arguments.data, "dev.tsv"), tokenizer),
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=accuracy,
    )
    trainer.add_callback(EpochRows(trainer))
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
