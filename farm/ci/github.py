"""What GitHub gets: a matrix of jobs, annotations, and a job's summary."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from farm.ci.gitlab import failure_line
from farm.core.errors import FarmError, NothingSelected
from farm.core.plain_words import counted
from farm.planning.vectors import Vector
from farm.report.context import RunContext
from farm.report.digest import digest_run
from farm.report.forms.summary import MAX_BYTES, cut, summary_md
from farm.report.text import first_line, printable, shortened
from farm.store import PastVector, RunView

MAX_JOBS = 256
"""GitHub refuses a larger matrix."""
UNKNOWN_SECONDS = 1.0
"""The estimate for a vector where the store has no run at all."""
MAX_ANNOTATIONS = 10
"""GitHub shows this many errors of a step."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the matrix: one shard of the plan on one selection of boards.

    Attributes:
        boards: the value of `farm sweep --boards`.
        shard: the value of `farm sweep --shard`.
        vectors: how many vectors it runs at most.
        minutes: their estimate.
    """

    boards: str
    shard: str
    vectors: int
    minutes: float

    def as_json(self) -> dict[str, str | int | float]:
        """Return an entry of a matrix's `include`."""
        name = f"{self.boards} {self.shard}"
        return {
            "name": name,
            "boards": self.boards,
            "shard": self.shard,
            "vectors": self.vectors,
            "minutes": self.minutes,
        }


def durations(past: Iterable[PastVector]) -> dict[str, float]:
    """Return the usual seconds of each vector by id, from runs that tried it."""
    seconds_by_vector: dict[str, list[float]] = defaultdict(list)
    for vector in past:
        if vector.attempts:
            seconds_by_vector[vector.vector_id].append(vector.seconds)
    return {vector_id: median(seconds) for vector_id, seconds in seconds_by_vector.items()}


def matrix(
    plans: Mapping[str, Sequence[Vector]],
    usual_seconds: Mapping[str, float],
    minutes: float,
    boards: Mapping[str, int],
    most: int = MAX_JOBS,
) -> list[Job]:
    """Split plans into jobs that keep to a time budget; no job is empty.

    Args:
        plans: the planned vectors by selection of boards.
        usual_seconds: usual seconds by vector id; for other vectors, their median is the estimate.
        minutes: how long a job may run vectors.
        boards: the number of boards of each selection, which run vectors side by side.
        most: the number of jobs at most; beyond it, jobs get longer.

    Raises:
        NothingSelected: no vector can run on any of the boards.
        FarmError: there are more selections of boards than jobs.
    """
    estimate = median(usual_seconds.values()) if usual_seconds else UNKNOWN_SECONDS
    seconds: dict[str, float] = {}
    counts: dict[str, int] = {}
    for name, vectors in plans.items():
        runnable = [vector for vector in vectors if not vector.unrunnable]
        if runnable:
            total = sum(usual_seconds.get(vector.id, estimate) for vector in runnable)
            seconds[name] = total / max(boards[name], 1)
            counts[name] = len(vectors)
    if not counts:
        raise NothingSelected("no vector can run on any of these boards: there is no job to create")
    if len(counts) > most:
        raise FarmError(f"{len(counts)} selections of boards need more than {counted(most, 'job')}: name fewer")
    budget = minutes * 60
    shards = {name: _shards(seconds[name], counts[name], budget) for name in counts}
    while sum(shards.values()) > most:
        budget *= 1.1
        shards = {name: _shards(seconds[name], counts[name], budget) for name in counts}
    return [
        Job(
            boards=name,
            shard=f"{index}/{of}",
            vectors=len(range(index - 1, counts[name], of)),
            minutes=round(seconds[name] / of / 60, 2),
        )
        for name, of in shards.items()
        for index in range(1, of + 1)
    ]


def _shards(seconds: float, count: int, budget: float) -> int:
    return max(1, min(count, math.ceil(seconds / budget)))


def annotation_lines(view: RunView) -> list[str]:
    """Return GitHub's workflow commands: one for each group of failures, largest first, and one for the run."""
    digest = digest_run(view)
    lines = []
    for group in digest.failures[:MAX_ANNOTATIONS]:
        names = ", ".join(f"{first_line(name)} ({count})" for name, count in group.operations[:5])
        title = f"{group.count} {group.verdict.value}: {names}"
        message = shortened(printable(group.example.message[:4000]), 1500) or "(no message)"
        kind = "error" if group.verdict.failed else "warning"
        lines.append(f"::{kind} title={_property(title)}::{_data(message)}")
    lines.append(f"::notice title=farm::{_data(f'{digest.headline} {digest.identity}')}")
    return lines


def plain_lines(view: RunView) -> list[str]:
    """Return the same as lines of a log that people read."""
    digest = digest_run(view)
    return [*(failure_line(group) for group in digest.failures[:MAX_ANNOTATIONS]), digest.headline, digest.identity]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(shortened(text, 200)).replace(":", "%3A").replace(",", "%2C")


def add_summary(view: RunView, context: RunContext, path: Path) -> None:
    """Append a run's summary to a job's summary file (`GITHUB_STEP_SUMMARY`), whose size is limited.

    Raises:
        FarmError: the file can't be written.
    """
    try:
        size = path.stat().st_size if path.exists() else 0
        text = cut(summary_md(view, context).split("\n\n"), max(MAX_BYTES - size, 1000))
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise FarmError(f"the job's summary {path} can't be written ({error.strerror})") from error


def summary_file() -> Path | None:
    """Return the file of a GitHub job's summary; None outside of GitHub."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    return Path(path) if path else None
