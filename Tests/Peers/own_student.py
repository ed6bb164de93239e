"""What notebook 0 begins with: somebody's labelled reviews, and somebody's teacher.

    own_student.py FOLDER

FOLDER/reviews.csv    300 made-up reviews in three classes: bad, good and mixed
FOLDER/new.csv        12 more without labels
FOLDER/teacher/       a BertForSequenceClassification with a vocabulary of its own, trained on other
                      reviews of the same kind and written by save_pretrained

A mixed review says something good and something bad. Reviews have commas, quotation marks and line
breaks in them, as a table of one's own has.
"""

import csv
import os
import random
import sys

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer
from transformers.models.bert.tokenization_bert import BasicTokenizer

SEED = 20260112
CLASSES = ["bad", "good", "mixed"]
SUBJECTS = """plot|cast|music|ending|dialogue|first hour|second half|camera work|editing|opening scene
|main character|villain|love story|humour|pacing|final chase|script|staging""".replace(
    "\n", ""
).split("|")
TITLES = ["Lantern Street", "The Long Pier", "Cold Harbour", "A Loaf of Bread", "Night Tram"]
GOOD = """is superb|is a joy|works very well|is clever and warm|kept me awake with delight|is the best of the year
|is sharp and funny|moved me to tears|is worth the ticket alone|never puts a foot wrong|is a quiet triumph
|is beautifully judged|has real charm|is fresh and brave""".replace("\n", "").split("|")
BAD = """is dull|is a mess|does not work|is hard to sit through|sent my friend to sleep|is the worst of the year
|is flat and tired|left me cold|is not worth the ticket|falls apart|is a slow failure
|is clumsy and loud|has no charm at all|is stale and timid""".replace("\n", "").split("|")
JOINTS = [" and ", ", and ", "; ", ".\n", ". "]
TURNS = [", but ", ", although ", "; still, ", ".\nBut ", ", while "]
ENDS = [".", "!", ".", ", I think.", ", honestly."]


def review(kind, draw):
    subjects = draw.sample(SUBJECTS, 3)
    first, second = {"good": (GOOD, GOOD), "bad": (BAD, BAD)}.get(kind) or draw.sample(
        [GOOD, BAD], 2
    )
    clauses = [
        f"the {subjects[0]} {draw.choice(first)}",
        f"the {subjects[1]} {draw.choice(second)}",
    ]
    if draw.random() < 0.3:
        clauses.append(f"the {subjects[2]} {draw.choice(draw.choice([first, second]))}")
    if draw.random() < 0.25:
        clauses[0] = f'In "{draw.choice(TITLES)}" {clauses[0]}'
    text = clauses[0]
    for number, clause in enumerate(clauses[1:]):
        joints = TURNS if kind == "mixed" and number == 0 else JOINTS
        joint = draw.choice(joints)
        text += joint + (
            clause[0].upper() + clause[1:] if joint[0] == "." and "But" not in joint else clause
        )
    return text[0].upper() + text[1:] + draw.choice(ENDS)


def reviews(count, draw, known=()):
    """`count` pairs of text and class, as many of each class, no text twice and none that is known."""
    seen, result = set(known), []
    while len(result) < count:
        kind = CLASSES[len(result) % 3]
        text = review(kind, draw)
        if text not in seen:
            seen.add(text)
            result.append((text, kind))
    draw.shuffle(result)
    return result


def write_table(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_vocabulary(path, texts):
    """Special tokens, the words of the texts, letters and their continuations."""
    split = BasicTokenizer(do_lower_case=True).tokenize
    words = sorted({word for text in texts for word in split(text)})
    letters = [letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789" if letter not in words]
    pieces = ["##" + letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
    with open(path, "w", encoding="utf-8") as file:
        for token in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words + letters + pieces:
            file.write(token + "\n")


def train(model, tokenizer, examples, draw):
    """Six passes over the examples, the rate falling to zero."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    batches = [examples[start : start + 32] for start in range(0, len(examples), 32)]
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, 6 * len(batches))
    model.train()
    for _ in range(6):
        draw.shuffle(batches)
        for batch in batches:
            inputs = tokenizer([text for text, _ in batch], padding=True, return_tensors="pt")
            labels = torch.tensor([CLASSES.index(kind) for _, kind in batch])
            model(**inputs, labels=labels).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    return model.eval()


def accuracy(model, tokenizer, examples):
    inputs = tokenizer([text for text, _ in examples], padding=True, return_tensors="pt")
    with torch.inference_mode():
        answers = model(**inputs).logits.argmax(1).tolist()
    return sum(CLASSES[answer] == kind for answer, (_, kind) in zip(answers, examples)) / len(
        examples
    )


def write_teacher(folder, own, draw):
    examples = reviews(3000, draw, known=[text for text, _ in own])
    os.makedirs(folder, exist_ok=True)
    write_vocabulary(os.path.join(folder, "vocab.txt"), [text for text, _ in examples])
    tokenizer = BertTokenizer(os.path.join(folder, "vocab.txt"), model_max_length=64)
    torch.manual_seed(SEED)
    configuration = BertConfig(
        vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=4, num_attention_heads=4,
        intermediate_size=96, max_position_embeddings=64, initializer_range=0.08,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=len(CLASSES),
        id2label=dict(enumerate(CLASSES)), label2id={name: k for k, name in enumerate(CLASSES)},
    )  # fmt: skip
    model = train(BertForSequenceClassification(configuration), tokenizer, examples, draw)
    print(
        f"the teacher is right in {accuracy(model, tokenizer, own):.3f} of reviews.csv and new.csv"
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} FOLDER")
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    draw = random.Random(SEED)
    own = reviews(312, draw)
    write_table(os.path.join(folder, "reviews.csv"), ["review", "verdict"], own[:300])
    rows = [(number + 1, text) for number, (text, _) in enumerate(own[300:])]
    write_table(os.path.join(folder, "new.csv"), ["id", "review"], rows)
    write_teacher(os.path.join(folder, "teacher"), own, draw)


main()
