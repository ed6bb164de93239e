"""Batches as transformers reads them: padded to their longest sequence, with a mask."""

import torch


def padded(sequences):
    """input_ids and attention_mask, int64 [B, longest of the batch]."""
    rows = [torch.tensor(ids) for ids in sequences]
    input_ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(input_ids.shape[1])[None] < lengths[:, None]).long()
    return dict(input_ids=input_ids, attention_mask=mask)
