"""hidden_mse.h5: hidden states of layer pairs, the student's through a projection of each pair.

/<case>   for each pair i, counted from 0: student_<i> [T,C of the student], teacher_<i> and
          projection_<i> [C of the teacher, C of the student], float32; computed in float64:
          loss = sum over the pairs of nn.MSELoss(student_i projection_i^T, teacher_i), and
          student_<i>_gradient, projection_<i>_gradient
"""

import torch
import torch.nn.functional as F

from fixture_file import FixtureFile, destination

SEED = 20241003
# Positions, width of student and teacher, pairs.
CASES = {"7x8_to_12": (7, 8, 12, 2), "13x16_to_16": (13, 16, 16, 1), "20x24_to_10": (20, 24, 10, 2)}


def main():
    generator = torch.Generator().manual_seed(SEED)

    def normal(rows, columns, scale=1.0):
        return torch.randn(rows, columns, generator=generator) * scale

    with FixtureFile(destination(), SEED) as fixture:
        for name, (positions, narrow, wide, pairs) in CASES.items():
            loss, leaves = 0.0, {}
            for i in range(pairs):
                student, teacher = normal(positions, narrow), normal(positions, wide)
                projection = normal(wide, narrow, scale=narrow**-0.5)
                fixture.put(f"{name}/teacher_{i}", teacher)
                for key, value in ((f"student_{i}", student), (f"projection_{i}", projection)):
                    fixture.put(f"{name}/{key}", value)
                    leaves[key] = value.double().requires_grad_()
                projected = F.linear(leaves[f"student_{i}"], leaves[f"projection_{i}"])
                loss = loss + F.mse_loss(projected, teacher.double())
            loss.backward()
            for key, leaf in leaves.items():
                fixture.put(f"{name}/{key}_gradient", leaf.grad)
            fixture.attributes(name, loss=loss.item(), pairs=pairs)


main()
