"""logit_mse.h5: the mean squared difference between logits.

/<case>   student, teacher [R,V] float32; computed in float64: loss = nn.MSELoss of them, and
          student_gradient [R,V]
"""

import torch
import torch.nn.functional as F

from fixture_file import FixtureFile, destination

SEED = 20241002
CASES = {"1x2": (1, 2), "6x37": (6, 37), "5x151": (5, 151)}


def main():
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        for name, (rows, words) in CASES.items():
            student, teacher = (torch.randn(rows, words, generator=generator) * 3 for _ in range(2))
            leaf = student.double().requires_grad_()
            loss = F.mse_loss(leaf, teacher.double())
            loss.backward()
            fixture.put_all(name, student=student, teacher=teacher, student_gradient=leaf.grad)
            fixture.attributes(name, loss=loss.item())


main()
