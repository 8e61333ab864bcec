"""Run the scheduler on a simulated clock, with the durations of the shipped master's vectors on a mock board."""

from __future__ import annotations

import heapq
import json
import random
import resource
import sys
import time
from collections import defaultdict
from enum import Enum
from pathlib import Path
from statistics import median

from scheduler import SetupCosts, Task
from scheduler.simulation import Job, Simulated, simulate

MEAN_SECONDS = 0.5
DURATIONS: dict[str, list[float]] = json.loads(Path(__file__).with_name("durations.json").read_text("utf-8"))


class Knowledge(Enum):
    """What the scheduler knows of durations beforehand."""

    EXACT = "exactly"
    ONE_RUN = "one run before, which differs by 15 %"
    NONE = "nothing"


def everywhere(kind: object, key: object) -> bool:
    """Let every board run everything."""
    return True


def jobs(count: int, knowledge: Knowledge, mean: float = MEAN_SECONDS) -> list[Job]:
    """Make jobs whose durations are distributed as those of traced vectors, in four device configs.

    Args:
        count: how many.
        knowledge: what the scheduler knows of their durations.
        mean: their mean duration, in seconds.
    """
    dice = random.Random(1)
    measured = [(operation, seconds) for operation, durations in DURATIONS.items() for seconds in durations]
    scale = mean / (sum(seconds for _, seconds in measured) / len(measured))
    keys, weights = ("a", "b", "c", "d"), (8, 4, 2, 1)
    planned = []
    for number in range(count):
        operation, seconds = dice.choice(measured)
        seconds *= scale * dice.lognormvariate(0, 0.2)
        estimate = {
            Knowledge.EXACT: seconds,
            Knowledge.ONE_RUN: seconds * dice.lognormvariate(0, 0.15),
            Knowledge.NONE: 0.02,
        }[knowledge]
        key = dice.choices(keys, weights)[0]
        task = Task(f"v{number}", key, operation, estimate, guess=knowledge is Knowledge.NONE)
        planned.append(Job(task, seconds))
    return planned


def blind(count: int, boards: int) -> float:
    """Return the makespan over its lower bound if it is known which operation is slow, but not which of its vectors.

    Boards take the slowest operation's vectors first, in random order; the rest is known. A scheduler that knows
    nothing at first can't be expected to do better than the median of nine such orders, which is returned.
    """
    planned = jobs(count, Knowledge.NONE)
    total: defaultdict[str, float] = defaultdict(float)
    for job in planned:
        total[job.task.group] += job.seconds
    slowest = max(total, key=total.__getitem__)
    bound = max(1.0 + sum(total.values()) / boards, 1.0 + max(job.seconds for job in planned))
    ratios = []
    for seed in range(9):
        random.Random(seed).shuffle(planned)
        planned.sort(key=lambda job: -1e9 if job.task.group == slowest else -job.seconds)
        free = [1.0] * boards
        for job in planned:
            heapq.heapreplace(free, free[0] + job.seconds)
        ratios.append(max(free) / bound)
    return median(ratios)


def run(count: int, boards: int, knowledge: Knowledge, mean: float = MEAN_SECONDS) -> tuple[Simulated, float]:
    """Run a simulation; return it, and the seconds it took."""
    fleet = [(f"b{number}", "n300") for number in range(boards)]
    planned = jobs(count, knowledge, mean)
    start = time.perf_counter()
    return simulate(fleet, planned, everywhere, setup_costs=SetupCosts(switch=1.0)), time.perf_counter() - start


if __name__ == "__main__":
    simulation, seconds = run(int(sys.argv[1]), int(sys.argv[2]), Knowledge.EXACT, float(sys.argv[3]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "over": simulation.over_lower_bound, "megabytes": peak}))
