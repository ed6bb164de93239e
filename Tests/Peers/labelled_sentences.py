"""Files of "sentence<TAB>label" lines, their token ids, and batches of them."""

from tokenizers import BertWordPieceTokenizer

LONGEST = 512


def read(path):
    """Sentences and labels, in the file's order."""
    sentences, labels = [], []
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            sentence, tab, label = line.rstrip("\n").rpartition("\t")
            if not tab or not label.isdigit():
                raise SystemExit(f"{path}:{number}: expected a sentence, a tab and a label")
            sentences.append(sentence)
            labels.append(int(label))
    return sentences, labels


def write(path, examples):
    """examples: pairs of sentence and label."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{sentence}\t{label}\n" for sentence, label in examples)


def token_ids(sentences, vocabulary):
    """Ids of each sentence by a vocab.txt, [CLS] and [SEP] included, cut at 512."""
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    tokenizer.enable_truncation(LONGEST)
    return [encoding.ids for encoding in tokenizer.encode_batch(sentences)]


def batches(items, size):
    """Consecutive runs of `size` items; the last may be shorter."""
    return [items[start : start + size] for start in range(0, len(items), size)]
