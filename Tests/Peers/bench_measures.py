"""What two runs are compared by: which figure of their JSON, in which unit, and what divided by what.

Speeds are so many times the peer's, memory a share of the peer's; what only Retort has stands by
itself.
"""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Measure:
    key: str  # of the JSON that a run prints
    unit: str  # as the record has it
    # "peer/retort": times as fast; "retort/peer": a share; "retort": no peer.
    value: str

    def pair(self, peer, retort):
        """The figures of one round; peer is None where there is none."""
        return {
            "peer": None if self.value == "retort" else float(peer[self.key]),
            "retort": float(retort[self.key]),
        }

    def of(self, pair):
        if self.value == "retort":
            return pair["retort"]
        above, below = self.value.split("/")
        return pair[above] / pair[below]

    def summary(self, pairs):
        """Median, smallest and largest of the rounds' values."""
        values = sorted(self.of(pair) for pair in pairs)
        return median(values), values[0], values[-1]


MEASURES = {
    "speed": Measure(
        "seconds_per_thousand_sentences", "seconds per 1,000 sentences", "peer/retort"
    ),
    "latency": Measure("p50_seconds", "seconds", "peer/retort"),
    "memory": Measure("peak_resident_bytes", "bytes", "retort/peer"),
    "time_with_method": Measure("time_with_method", "", "retort"),
    "step_over_products": Measure("step_over_products", "", "retort"),
    "first_answer": Measure("first_answer_seconds", "seconds", "retort"),
}
