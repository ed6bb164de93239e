"""cosine_schedule.h5: the learning rates of transformers' get_cosine_schedule_with_warmup.

/<case>   rates float64 [total_steps + 1], of each step and of one behind the last;
          peak, warmup_steps, total_steps, cycles
"""

import numpy as np
import torch
from transformers import get_cosine_schedule_with_warmup

from fixture_file import FixtureFile, destination

# Peak, warm-up, steps, cycles.
CASES = {
    "half_wave": (5e-4, 5, 100, 0.5),
    "without_warmup": (2e-5, 0, 37, 0.5),
    "two_waves": (1e-3, 3, 60, 2.0),
    "warmup_alone": (1e-3, 8, 8, 0.5),
}


def main():
    with FixtureFile(destination(), 0) as fixture:
        for name, (peak, warmup, total, cycles) in CASES.items():
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
            schedule = get_cosine_schedule_with_warmup(optimizer, warmup, total, num_cycles=cycles)
            rates = []
            for _ in range(total + 1):
                rates.append(schedule.get_last_lr()[0])
                optimizer.step()
                schedule.step()
            fixture.put(f"{name}/rates", np.array(rates), np.float64)
            fixture.attributes(
                name, peak=peak, warmup_steps=warmup, total_steps=total, cycles=cycles
            )


main()
