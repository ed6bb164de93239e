"""word_candidates.h5: words that the masked LMs of tiny_models.h5 put in the place of others.

  /             attributes: vocabulary (a token a line, the 200 words of the tiny models),
                sentences (one a line), count (candidates of a word, before any is dropped)
  /<family>     family is bert or distilbert, which has no token types; attribute words: a line a content word,
                  sentence TAB word's number TAB word TAB how TAB candidates with blanks between
                how: masked_lm (a word of one piece), neighbours (of several), beyond (no position for it)

The rule is that of TinyBERT's data_augmentation.py (huawei-noah/Pretrained-Language-Model@170f475), restated: the
sentence with one piece masked, and the whole sentence as a second segment; the sequence is cut at the model's
positions; of the `count` most probable pieces those that begin with ## are dropped. In place of GloVe's vectors stand the
model's word embeddings: a word in pieces is the mean of its pieces' rows, its neighbours are entries of letters alone.

In float64 from the float32 weights. Sentences are such that no two candidates next to each other in order are so close
that rounding could turn them around.
"""

import os

import torch
from transformers import BertTokenizer

import tiny_models
from fixture_file import FixtureFile, destination

SEED = 20261129
COUNT = 15
# Between candidates next to each other, at the least: float32 rounds these logits by some 3e-7, cosines by 1e-7.
LOGIT_GAP = 2e-6
COSINE_GAP = 1e-6
STOP = {"the", "a", "is", "of", "and", "it", "was", "not", "in", "to"}
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
STOPS = sorted(STOP)
WORDS = """film story plot actor scene good bad dull fine slow long short warm cold funny sad great small music voice camera
director ending dialogue laugh tears heart mind hand eyes night morning city house road river light dark color sound
silence watch see feel think find make take give leave run walk talk play write read love hate hope fear wish
never often always soon today""".split()
MARKS = list(".,!?'-0123456789")
PIECES = [
    "##" + ending
    for ending in ["s", "ed", "ing", "er", "est", "ly", "ness", "ful", "less", "un", "re", "e", "y"]
]
LETTERS = list("abcdefghijklmnopqrstuvwxyz")
SENTENCES = [
    "the film is good , and the plot of it was never dull .",
    "Walking slowly , the actor talked to the director .",
    "a warmer , funnier ending : 10 laughs !",
    "it was not the .",
    "great",
    "hopeless fearful loveless coldness is sadness",
    # More pieces than half the positions: the second segment is cut.
    "the " + " ".join(WORDS[:34]) + " is good .",
    # More than all positions: the last words have none.
    " ".join(WORDS + WORDS[:20]) + " and it was good",
]


def vocabulary():
    tokens = SPECIALS + STOPS + WORDS + MARKS + PIECES
    tokens += [letter for letter in LETTERS if letter not in tokens]
    tokens += ["##" + letter for letter in LETTERS if "##" + letter not in tokens]
    tokens += [f"[unused{n}]" for n in range(tiny_models.VOCABULARY - len(tokens))]
    assert len(tokens) == len(set(tokens)) == tiny_models.VOCABULARY, len(tokens)
    return tokens


def largest(values, count, gap):
    """The places of the largest, the largest first; their order must not hang on rounding."""
    order = torch.argsort(values, descending=True)
    top = values[order[: count + 1]]
    assert (top[:-1] - top[1:]).min() > gap, (top[:-1] - top[1:]).min()
    return order[:count].tolist()


def of_masked_lm(model, tokenizer, pieces, place):
    most = model.config.max_position_embeddings
    masked = list(pieces)
    masked[place] = tokenizer.mask_token
    sequence = ["[CLS]"] + masked + ["[SEP]"] + pieces + ["[SEP]"]
    types = [0] * (len(pieces) + 2) + [1] * (len(pieces) + 1)
    inputs = {"input_ids": torch.tensor([tokenizer.convert_tokens_to_ids(sequence[:most])])}
    if model.config.model_type == "bert":
        inputs["token_type_ids"] = torch.tensor([types[:most]])
    with torch.no_grad():
        logits = model(**inputs).logits[0, place + 1]
    return tokenizer.convert_ids_to_tokens(largest(logits, COUNT, LOGIT_GAP))


def neighbours(model, tokenizer, pieces):
    matrix = model.get_input_embeddings().weight.detach()
    vector = matrix[tokenizer.convert_tokens_to_ids(pieces)].mean(0)
    cosines = torch.nn.functional.cosine_similarity(matrix, vector[None])
    tokens = tokenizer.convert_ids_to_tokens(range(len(matrix)))
    whole = torch.tensor([token.isalpha() for token in tokens])
    cosines = cosines.masked_fill(~whole, -torch.inf)
    return [tokens[i] for i in largest(cosines, COUNT, COSINE_GAP)]


def lines(model, tokenizer):
    for number, sentence in enumerate(SENTENCES):
        words = tokenizer.basic_tokenizer.tokenize(sentence)
        split = [tokenizer.wordpiece_tokenizer.tokenize(word) for word in words]
        pieces = [piece for parts in split for piece in parts]
        assert pieces == tokenizer.tokenize(sentence)
        place = 0
        for word, parts, index in zip(words, split, range(len(words))):
            if word.isalpha() and word not in STOP:
                if len(parts) > 1:
                    how, found = "neighbours", neighbours(model, tokenizer, parts)
                elif place + 1 < model.config.max_position_embeddings:
                    how, found = "masked_lm", of_masked_lm(model, tokenizer, pieces, place)
                    found = [token for token in found if not token.startswith("##")]
                else:
                    how, found = "beyond", []
                yield f"{number}\t{index}\t{word}\t{how}\t{' '.join(found)}"
            place += len(parts)


def main():
    tokens = vocabulary()
    path = destination() + ".vocabulary"
    with open(path, "w") as file:
        file.write("".join(token + "\n" for token in tokens))
    tokenizer = BertTokenizer(path, clean_up_tokenization_spaces=False)
    os.remove(path)
    with FixtureFile(destination(), SEED) as fixture:
        fixture.attributes(
            "/", vocabulary="\n".join(tokens), sentences="\n".join(SENTENCES), count=COUNT
        )
        for family in tiny_models.FAMILIES:
            model = tiny_models.masked_language_model(family).double()
            found = list(lines(model, tokenizer))
            hows = {line.split("\t")[3] for line in found}
            assert hows == {"masked_lm", "neighbours", "beyond"}, hows
            fixture.attributes(family, words="\n".join(found))


main()
