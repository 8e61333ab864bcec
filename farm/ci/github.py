"""What CI services get: a matrix of jobs, annotations, a summary."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from farm.ci.gitlab import told
from farm.core.errors import FarmError, NothingSelected
from farm.planning.vectors import Vector
from farm.report.context import RunContext
from farm.report.digest import digest
from farm.report.forms.summary import MOST_BYTES, cut, summary_md
from farm.report.text import first_line, printable, shortened
from farm.store import PastVector, RunView

MOST_JOBS = 256
"""GitHub refuses a larger matrix."""
UNKNOWN_SECONDS = 1.0
"""What a vector is taken to need where no run in the store has it or its like."""
MOST_ANNOTATIONS = 10
"""GitHub shows so many errors of a step."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the matrix: one share of the plan on one specification of boards.

    Attributes:
        boards: for `farm sweep --boards`.
        shard: for `farm sweep --shard`.
        vectors: how many it runs, at most.
        minutes: what they are expected to take.
    """

    boards: str
    shard: str
    vectors: int
    minutes: float

    def as_json(self) -> dict[str, str | int | float]:
        """An entry of a matrix's `include`."""
        name = f"{self.boards} {self.shard}"
        return {
            "name": name,
            "boards": self.boards,
            "shard": self.shard,
            "vectors": self.vectors,
            "minutes": self.minutes,
        }


def durations(past: Iterable[PastVector]) -> dict[str, float]:
    """What each vector usually took, in seconds, by id, from runs that executed it."""
    seen: dict[str, list[float]] = defaultdict(list)
    for each in past:
        if each.attempts:
            seen[each.vector_id].append(each.seconds)
    return {vector_id: median(seconds) for vector_id, seconds in seen.items()}


def matrix(
    lanes: Mapping[str, Sequence[Vector]],
    known: Mapping[str, float],
    minutes: float,
    boards: Mapping[str, int],
    most: int = MOST_JOBS,
) -> list[Job]:
    """Splits each lane's plan into jobs that keep to a budget of time; none is empty.

    Args:
        lanes: by specification of boards, what is planned there.
        known: usual seconds by vector id; others are taken for the middle of those.
        minutes: how long a job may run vectors.
        boards: how many boards each lane has: its vectors run side by side.
        most: jobs in all; beyond it, jobs get longer rather than more.

    Raises:
        NothingSelected: no lane can run anything.
        FarmError: there are more lanes than jobs.
    """
    usual = median(known.values()) if known else UNKNOWN_SECONDS
    seconds: dict[str, float] = {}
    counts: dict[str, int] = {}
    for lane, vectors in lanes.items():
        able = [vector for vector in vectors if not vector.unrunnable]
        if able:
            seconds[lane] = sum(known.get(vector.id, usual) for vector in able) / max(boards[lane], 1)
            counts[lane] = len(vectors)
    if not counts:
        raise NothingSelected("no vector can run on any of these boards: there is no job to make")
    if len(counts) > most:
        raise FarmError(f"{len(counts)} specifications of boards make more than {most} jobs: name fewer")
    budget = minutes * 60
    shares = {lane: _shares(seconds[lane], counts[lane], budget) for lane in counts}
    while sum(shares.values()) > most:
        budget *= 1.1
        shares = {lane: _shares(seconds[lane], counts[lane], budget) for lane in counts}
    return [
        Job(
            boards=lane,
            shard=f"{index}/{of}",
            vectors=len(range(index - 1, counts[lane], of)),
            minutes=round(seconds[lane] / of / 60, 2),
        )
        for lane, of in shares.items()
        for index in range(1, of + 1)
    ]


def _shares(seconds: float, count: int, budget: float) -> int:
    return max(1, min(count, math.ceil(seconds / budget)))


def annotation_lines(view: RunView) -> list[str]:
    """GitHub's workflow commands: one for each sort of failure, the most frequent ones."""
    digested = digest(view)
    lines = []
    for group in digested.failures[:MOST_ANNOTATIONS]:
        names = ", ".join(f"{first_line(name)} ({count})" for name, count in group.operations[:5])
        title = f"{group.count} {group.verdict.value}: {names}"
        message = shortened(printable(group.example.message[:4000]), 1500) or "(no message)"
        kind = "error" if group.verdict.failed else "warning"
        lines.append(f"::{kind} title={_property(title)}::{_data(message)}")
    lines.append(f"::notice title=farm::{_data(f'{digested.headline} {digested.identity}')}")
    return lines


def plain_lines(view: RunView) -> list[str]:
    """The same for a log that people read."""
    digested = digest(view)
    return [*(told(group) for group in digested.failures[:MOST_ANNOTATIONS]), digested.headline, digested.identity]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(shortened(text, 200)).replace(":", "%3A").replace(",", "%2C")


def add_summary(view: RunView, known: RunContext, path: Path) -> None:
    """Adds a run's summary to a job's page (`GITHUB_STEP_SUMMARY`), which may not grow beyond a limit.

    Raises:
        FarmError: the file can't be written.
    """
    try:
        there = path.stat().st_size if path.exists() else 0
        text = cut(summary_md(view, known).split("\n\n"), max(MOST_BYTES - there, 1000))
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise FarmError(f"the job's summary {path} can't be written ({error.strerror})") from error


def summary_file() -> Path | None:
    """Where GitHub wants a job's summary; None elsewhere."""
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    return Path(place) if place else None
