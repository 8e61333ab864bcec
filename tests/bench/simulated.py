"""The scheduler on a simulated clock, over what the shipped master's vectors took on a mock board."""

from __future__ import annotations

import heapq
import json
import random
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from scheduler import SetupCosts, Work
from scheduler.simulation import Job, Simulated, simulate

MEAN_SECONDS = 0.5
DURATIONS: dict[str, list[float]] = json.loads(Path(__file__).with_name("durations.json").read_text("utf-8"))


def everywhere(kind: object, key: object) -> bool:
    return True


def jobs(count: int, known: str, mean: float = MEAN_SECONDS) -> list[Job]:
    """Jobs as long as traced vectors are among each other, in four device configs.

    Args:
        count: how many.
        known: what the scheduler is told: `exactly`, from one `run` before (which differs by 15 %), or `nothing`.
        mean: their mean, in seconds.
    """
    dice = random.Random(1)
    all_of = [(operation, seconds) for operation, took in DURATIONS.items() for seconds in took]
    scale = mean / (sum(seconds for _, seconds in all_of) / len(all_of))
    keys, weights = ("a", "b", "c", "d"), (8, 4, 2, 1)
    made = []
    for number in range(count):
        operation, seconds = dice.choice(all_of)
        seconds *= scale * dice.lognormvariate(0, 0.2)
        told = {"exactly": seconds, "run": seconds * dice.lognormvariate(0, 0.15), "nothing": 0.02}[known]
        key = dice.choices(keys, weights)[0]
        made.append(Job(Work(f"v{number}", key, operation, told, guess=known == "nothing"), seconds))
    return made


def blind(count: int, boards: int) -> float:
    """Makespan over lower bound if it is known which operation is slow, but not which of its vectors: of nine orders.

    Boards take the slowest operation's vectors first, by chance among each other; the rest is known. A scheduler that
    knows nothing at first can't be expected to do better than the median of such orders.
    """
    planned = jobs(count, "nothing")
    total: defaultdict[str, float] = defaultdict(float)
    for job in planned:
        total[job.work.group] += job.seconds
    slowest = max(total, key=total.__getitem__)
    bound = max(1.0 + sum(total.values()) / boards, 1.0 + max(job.seconds for job in planned))
    found = []
    for seed in range(9):
        random.Random(seed).shuffle(planned)
        planned.sort(key=lambda job: -1e9 if job.work.group == slowest else -job.seconds)
        free = [1.0] * boards
        for job in planned:
            heapq.heapreplace(free, free[0] + job.seconds)
        found.append(max(free) / bound)
    return median(found)


def run(count: int, boards: int, known: str, mean: float = MEAN_SECONDS) -> tuple[Simulated, float]:
    """The simulation, and the seconds it took."""
    there = [(f"b{number}", "n300") for number in range(boards)]
    planned = jobs(count, known, mean)
    began = time.perf_counter()
    return simulate(there, planned, everywhere, setup_costs=SetupCosts(switch=1.0)), time.perf_counter() - began


if __name__ == "__main__":
    found, took = run(int(sys.argv[1]), int(sys.argv[2]), "exactly", float(sys.argv[3]))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": took, "over": found.over_lower_bound, "megabytes": most}))
