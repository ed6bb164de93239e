"""reverse_kl.h5: the divergence of the teacher's softened distribution from the student's.

/<case>   student, teacher [R,V] float32; temperature; computed in float64:
          loss = T^2 / R * sum over the R rows of KL(softmax(s/T) || softmax(t/T)), and
          student_gradient [R,V]
"""

import torch
import torch.nn.functional as F

from fixture_file import FixtureFile, destination

SEED = 20241001
# Rows, words, temperature, spread of the logits.
CASES = {
    "1x2_t1": (1, 2, 1.0, 1.0),
    "6x37_t2": (6, 37, 2.0, 1.0),
    "5x151_t2": (5, 151, 2.0, 3.0),
    "4x97_t8": (4, 97, 8.0, 2.0),
    "4x97_peaked": (4, 97, 0.5, 6.0),
}


def main():
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        for name, (rows, words, temperature, spread) in CASES.items():
            student, teacher = (
                torch.randn(rows, words, generator=generator) * spread for _ in range(2)
            )
            leaf = student.double().requires_grad_()
            loss = temperature**2 * F.kl_div(
                F.log_softmax(teacher.double() / temperature, dim=-1),
                F.log_softmax(leaf / temperature, dim=-1),
                reduction="batchmean", log_target=True,
            )  # fmt: skip
            loss.backward()
            fixture.put_all(name, student=student, teacher=teacher, student_gradient=leaf.grad)
            fixture.attributes(name, loss=loss.item(), temperature=temperature)


main()
