"""The losses of the DistilBERT recipe as its distiller.py computes them, on rows of real tokens."""

import torch.nn.functional as F


def divergence(student, teacher, temperature):
    """T^2 / R * sum over the R rows of KL(softmax(teacher / T) || softmax(student / T)).

    student, teacher: logits [R, V]; the teacher is a constant. Reduction "batchmean".
    """
    kl = F.kl_div(
        F.log_softmax(student / temperature, dim=-1),
        F.softmax(teacher / temperature, dim=-1),
        reduction="batchmean",
    )
    return kl * temperature**2


def cosine_loss(student, teacher):
    """Mean over rows of 1 - cos(student, teacher); hidden states [R, C]."""
    return F.cosine_embedding_loss(student, teacher, student.new_ones(len(student)))
